"""Correct the spelling of a search: replace unknown words with the nearest ones that find a Book."""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby, islice, product
from operator import itemgetter

from django.db.models import Q, QuerySet

from catalog.domain.spelling import (
    MIN_WORD_LENGTH,
    distance_lower_bound,
    edit_distance,
    max_distance,
    skeleton,
)
from catalog.domain.text import query_words
from catalog.models import WordRow
from catalog.services.search.matches import match_counts
from catalog.services.search.search_query import HIGHEST_CHAR, SearchQuery
from shared_kernel.sql.queries import CompiledQuery, Param

#: Candidates per misspelt word, and combinations of them that are tried.
_CANDIDATES, _WAYS = 3, 8
# The stubs of `filter` reject Param values; a Q takes them.
_OF_ABOUT_THE_LENGTH = Q(
    ("length__in", [Param(WordRow, "length", name) for name in ("shorter", "as_long", "longer")])
)
_SWAPPED = Q(("word__in", [Param(WordRow, "word", f"swapped_{boundary}") for boundary in range(3)]))


def corrected_text(q: str, search: SearchQuery) -> str | None:
    """The text with its misspelt words corrected; None if no correction finds a Book.

    Call it only where `q` finds nothing. A word is misspelt if no word of the catalogue begins with it. Among
    equally near words, the one with the most matches wins.
    """
    misspelt = [word for word in search.unknown_words if len(word) >= MIN_WORD_LENGTH]
    if not misspelt:
        return None
    # Most misspelt words have one typo, and far fewer words are that near.
    return _best_correction(_one_slip_away, misspelt, q, search) or _best_correction(
        _similar, misspelt, q, search
    )


def _best_correction(
    alike_to: Callable[[str], list[str]], misspelt: Sequence[str], q: str, search: SearchQuery
) -> str | None:
    nearest = [_nearest(word, alike_to(word)) for word in misspelt]
    ways = sorted(product(*nearest), key=lambda way: (sum(weight for weight, _ in way), way))
    for _, alike in groupby(islice(ways, _WAYS), key=lambda way: sum(weight for weight, _ in way)):
        tried = [dict(zip(misspelt, _words(way), strict=True)) for way in alike]
        numbers = match_counts(*(search.with_words(it) for it in tried))
        number, best = max(zip(numbers, tried, strict=True), key=itemgetter(0))
        if number:
            return _with_corrections(q, best)
    return None


def _words(way: Iterable[tuple[int, str]]) -> list[str]:
    return [word for _, word in way]


def _nearest(word: str, others: Iterable[str]) -> list[tuple[int, str]]:
    """The candidates within the tolerated distance, nearest first, each with its distance."""
    most, near = max_distance(word), list[tuple[int, str]]()
    for least, other in sorted((distance_lower_bound(word, other), other) for other in others):
        if least > most:
            break
        weight = edit_distance(word, other, most=most)
        if weight is not None:
            # The first letter is hardly ever the wrong one.
            near = sorted([*near, (weight, other)], key=lambda it: (it[0], it[1][0] != word[0], it[1]))
            near = near[:_CANDIDATES]
            most = near[-1][0] if len(near) == _CANDIDATES else most
    return near


def _one_slip_away(word: str) -> list[str]:
    """The words that are one typo away, those with the same skeleton, and some others.

    A typo either lies in one quarter of the word and leaves the other three alone, or swaps the two letters
    at a boundary between quarters.
    """
    length = len(word)
    first, middle, last = length // 4, length // 2, length - length // 4
    found = _but_for_one_quarter(
        **_about(length),
        **_between("three", word[:last]),
        **_between("two", word[:middle]),
        end=word[last:],
        **_between("last_three", word[first:][::-1]),
        **_between("last_two", word[middle:][::-1]),
        beginning=word[:first][::-1],
        **{f"swapped_{n}": _swapped(word, at) for n, at in enumerate((first, middle, last))},
        skeleton=skeleton(word),
    )
    return [other for (other,) in found]


def _swapped(word: str, at: int) -> str:
    return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]


def _between(name: str, beginning: str) -> dict[str, str]:
    return {name: beginning, f"{name}_after": beginning + HIGHEST_CHAR}


def _about(length: int) -> dict[str, int]:
    return {"shorter": length - 1, "as_long": length, "longer": length + 1}


def _beginning_with(column: str, name: str) -> Q:
    """The words, or reversed words, with this prefix; answered from the index alone."""
    least, after = Param(WordRow, column, name), Param(WordRow, column, f"{name}_after")
    return Q((f"{column}__gte", least), (f"{column}__lt", after))


def _words_but_for_one_quarter() -> QuerySet[WordRow, tuple[str]]:
    words, of_length = WordRow.objects, WordRow.objects.filter(_OF_ABOUT_THE_LENGTH)
    return _any_of(
        words.filter(_beginning_with("word", "three")),
        of_length.filter(_beginning_with("word", "two"), word__endswith=Param(WordRow, "word", "end")),
        of_length.filter(_beginning_with("reversed", "last_three")),
        of_length.filter(
            _beginning_with("reversed", "last_two"),
            reversed__endswith=Param(WordRow, "reversed", "beginning"),
        ),
        words.filter(_SWAPPED),
        words.filter(skeleton=Param(WordRow, "skeleton")),
    )


def _similar(word: str) -> list[str]:
    """Words of similar length with the same beginning or end, and those with the same skeleton."""
    length, head, tail = len(word), word[: len(word) // 2], word[::-1][: max(2, (len(word) - 1) // 2)]
    found = _like(
        **_about(length),
        **_between("head", head),
        **_between("tail", tail),
        skeleton=skeleton(word),
    )
    return [other for (other,) in found]


def _words_like() -> QuerySet[WordRow, tuple[str]]:
    of_length = WordRow.objects.filter(_OF_ABOUT_THE_LENGTH)
    return _any_of(
        of_length.filter(_beginning_with("word", "head")),
        of_length.filter(_beginning_with("reversed", "tail")),
        WordRow.objects.filter(skeleton=Param(WordRow, "skeleton")),
    )


def _any_of(*ways: QuerySet[WordRow]) -> QuerySet[WordRow, tuple[str]]:
    first, *others = (way.order_by().values_list("word") for way in ways)
    return first.union(*others)


_but_for_one_quarter, _like = CompiledQuery(_words_but_for_one_quarter), CompiledQuery(_words_like)


def _with_corrections(q: str, corrections: dict[str, str]) -> str:
    """The text with the corrections; the other words stay as typed."""
    parts = ((part, query_words(part)) for part in q.split())
    return " ".join(_replaced(part, words, corrections) for part, words in parts)


def _replaced(part: str, words: Sequence[str], corrections: dict[str, str]) -> str:
    if not any(word in corrections for word in words):
        return part
    return " ".join(corrections.get(word, word) for word in words)
