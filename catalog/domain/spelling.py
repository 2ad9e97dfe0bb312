"""Slips of the pen: how far a word that somebody typed is from one that exists."""

from itertools import groupby

MIN_WORD_LENGTH = 4
"""Words shorter than this aren't corrected: a slip can't be distinguished from another word."""

_VOWELS = frozenset("aeiouy")
#: What each slip weighs: swapping or doubling letters happens more easily than taking one for another.
_EASY, _VOWEL, _ANY = 2, 3, 4
_ONE_SLIP, _TWO_SLIPS = 4, 8
_LONG = 7


def skeleton(word: str) -> str:
    """The word without vowels and doubled letters: what most misspellings of it have in common."""
    return "".join(letter for letter, _ in groupby(word) if letter not in _VOWELS)


def max_distance(word: str) -> int:
    """The largest weight of slips that are corrected in a word of this length; long words may have two."""
    return _TWO_SLIPS if len(word) >= _LONG else _ONE_SLIP


def distance_lower_bound(typed: str, meant: str) -> float:
    """What the slips between two words weigh at least, at a glance: by the letters that only one of them has.

    A wrong letter accounts for two of these, one too many or too few for one.
    """
    only_in_one = []
    for letter in meant:
        if letter in typed:
            typed = typed.replace(letter, "", 1)
        else:
            only_in_one.append(letter)
    only_in_one += typed
    vowels = sum(map(_VOWELS.__contains__, only_in_one))
    return (_VOWEL * vowels + _ANY * (len(only_in_one) - vowels)) / 2


def edit_distance(typed: str, meant: str, *, most: int) -> int | None:
    """The weight of the fewest slips by which one word becomes the other; None if it is above `most`.

    A slip is a letter too many, too few or wrong, or two that changed places (optimal string alignment).
    """
    if abs(len(typed) - len(meant)) * _EASY > most:
        return None
    typed, meant = _differing(typed, meant)
    before: list[int] = []
    above = _row_of_insertions(meant)
    for i, letter in enumerate(typed):
        row = [above[0] + _once_more(typed, i)]
        for j, other in enumerate(meant):
            best = min(
                above[j + 1] + _once_more(typed, i),
                row[j] + _once_more(meant, j),
                above[j] + _instead(letter, other),
            )
            if i and j and letter == meant[j - 1] and typed[i - 1] == other:
                best = min(best, before[j - 1] + _EASY)
            row.append(best)
        if min(row) > most and min(above) > most:
            return None
        before, above = above, row
    return above[-1] if above[-1] <= most else None


def _differing(one: str, other: str) -> tuple[str, str]:
    """Both without what they begin and end with alike, but for a letter on each side, for doubled ones."""
    start, shorter = 0, min(len(one), len(other))
    while start < shorter and one[start] == other[start]:
        start += 1
    end = 0
    while end < shorter - start and one[-1 - end] == other[-1 - end]:
        end += 1
    start, end = max(start - 1, 0), max(end - 1, 0)
    return one[start : len(one) - end], other[start : len(other) - end]


def _row_of_insertions(word: str) -> list[int]:
    row = [0]
    for i in range(len(word)):
        row.append(row[-1] + _once_more(word, i))
    return row


def _once_more(word: str, i: int) -> int:
    return _EASY if i and word[i] == word[i - 1] else _ANY


def _instead(letter: str, other: str) -> int:
    if letter == other:
        return 0
    return _VOWEL if letter in _VOWELS and other in _VOWELS else _ANY
