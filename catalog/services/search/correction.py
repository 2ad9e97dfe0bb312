"""What somebody meant who misspelt a word: the nearest words of the catalogue that lead to a Book."""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby, islice, product
from operator import itemgetter

from django.db.models import Q, QuerySet

from catalog.domain.spelling import SHORTEST, least_slips, skeleton, slips, tolerated
from catalog.domain.text import words_sought
from catalog.models import WordRow
from catalog.services.search.matches import numbers_found
from catalog.services.search.search_query import AFTER_ALL, Sought
from shared_kernel.sql import CompiledQuery, Param

#: So many words are tried for each misspelt one, and so many ways of putting them together.
_CANDIDATES, _WAYS = 3, 8
# Given values are no words or numbers to the stubs of `filter`; a Q takes them.
_OF_ABOUT_THE_LENGTH = Q(
    ("length__in", [Param(WordRow, "length", name) for name in ("shorter", "as_long", "longer")])
)
_SWAPPED = Q(("word__in", [Param(WordRow, "word", f"swapped_{boundary}") for boundary in range(3)]))


def corrected(q: str, sought: Sought) -> str | None:
    """The text with its misspelt words mended, if that finds anything; asked only where `q` finds nothing.

    A word is misspelt if no word of the catalogue begins with it. Of the words that are equally near, the one
    that finds the most is taken.
    """
    misspelt = [word for word in sought.unknown if len(word) >= SHORTEST]
    if not misspelt:
        return None
    # Hardly anybody slips twice, and the words that are so near are far fewer.
    return _mended_by(_one_slip_away, misspelt, q, sought) or _mended_by(_similar, misspelt, q, sought)


def _mended_by(
    alike_to: Callable[[str], list[str]], misspelt: Sequence[str], q: str, sought: Sought
) -> str | None:
    nearest = [_nearest(word, alike_to(word)) for word in misspelt]
    ways = sorted(product(*nearest), key=lambda way: (sum(weight for weight, _ in way), way))
    for _, alike in groupby(islice(ways, _WAYS), key=lambda way: sum(weight for weight, _ in way)):
        tried = [dict(zip(misspelt, _words(way), strict=True)) for way in alike]
        numbers = numbers_found(*(sought.with_words(it) for it in tried))
        number, best = max(zip(numbers, tried, strict=True), key=itemgetter(0))
        if number:
            return _written(q, best)
    return None


def _words(way: Iterable[tuple[int, str]]) -> list[str]:
    return [word for _, word in way]


def _nearest(word: str, others: Iterable[str]) -> list[tuple[int, str]]:
    """Those of the others that it may be, each with the weight of the slips, the nearest first."""
    most, near = tolerated(word), list[tuple[int, str]]()
    for least, other in sorted((least_slips(word, other), other) for other in others):
        if least > most:
            break
        weight = slips(word, other, most=most)
        if weight is not None:
            # The first letter is hardly ever the wrong one.
            near = sorted([*near, (weight, other)], key=lambda it: (it[0], it[1][0] != word[0], it[1]))
            near = near[:_CANDIDATES]
            most = near[-1][0] if len(near) == _CANDIDATES else most
    return near


def _one_slip_away(word: str) -> list[str]:
    """The words that become this one by one slip, those with the same skeleton, and some others.

    A slip is in one quarter of a word, and leaves the others as they are; or it has swapped the letters on
    both sides of a boundary between two of them.
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
    return {name: beginning, f"{name}_after": beginning + AFTER_ALL}


def _about(length: int) -> dict[str, int]:
    return {"shorter": length - 1, "as_long": length, "longer": length + 1}


def _beginning_with(column: str, name: str) -> Q:
    """The words, or the reversed ones, that begin so; the databases read their index alone."""
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
    """Words of about this length that begin or end like it, and those with the same skeleton."""
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


def _written(q: str, mended: dict[str, str]) -> str:
    """The text with the mended words in it; the others as they were typed."""
    parts = ((part, words_sought(part)) for part in q.split())
    return " ".join(_mended(part, words, mended) for part, words in parts)


def _mended(part: str, words: Sequence[str], mended: dict[str, str]) -> str:
    if not any(word in mended for word in words):
        return part
    return " ".join(mended.get(word, word) for word in words)
