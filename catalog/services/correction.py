"""What somebody meant who misspelt a word: the nearest words of the catalogue that lead to a Book."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, islice, product

from django.db.models import QuerySet

from catalog.domain.spelling import SHORTEST, least_slips, skeleton, slips, tolerated
from catalog.domain.text import words_sought
from catalog.models import WordRow
from catalog.services.indexing import is_spelt
from catalog.services.search import Sought, number_found
from shared_kernel.sql import Given, GivenAny, Prepared

#: So many words are tried for each misspelt one, and so many ways of putting them together.
_CANDIDATES, _WAYS = 3, 8
_AFTER_ALL = "\U0010ffff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """What was looked for instead: `text` as one would write it, and how many Books it finds."""

    text: str
    sought: Sought
    number_found: int


def corrected(q: str, sought: Sought) -> Corrected | None:
    """The text with its misspelt words mended, if that finds anything; asked only where `q` finds nothing.

    A word is misspelt if no word of the catalogue begins with it. Of the words that are equally near, the one
    that finds the most is taken.
    """
    misspelt = [word for word in sought.words if _is_misspelt(word)]
    nearest = [_nearest(word) for word in misspelt]
    if not misspelt or not all(nearest):
        return None
    ways = sorted(product(*nearest), key=lambda way: (sum(weight for weight, _ in way), way))
    for _, alike in groupby(islice(ways, _WAYS), key=lambda way: sum(weight for weight, _ in way)):
        tried = [_tried(q, sought, dict(zip(misspelt, _words(way), strict=True))) for way in alike]
        best = max(tried, key=lambda it: it.number_found)
        if best.number_found:
            return best
    return None


def _words(way: Iterable[tuple[int, str]]) -> list[str]:
    return [word for _, word in way]


def _is_misspelt(word: str) -> bool:
    if len(word) < SHORTEST or not is_spelt(word):
        return False
    return not _beginning(word=word, until=word + _AFTER_ALL)


_beginning = Prepared(
    lambda: (
        WordRow.objects.filter(word__gte=Given(WordRow, "word"), word__lt=Given(WordRow, "word", "until"))
        .order_by("word")
        .values_list("word")[:1]
    )
)


def _nearest(word: str) -> list[tuple[int, str]]:
    """The words of the catalogue that it may be, each with the weight of the slips, the nearest first."""
    most, near = tolerated(word), list[tuple[int, str]]()
    for least, other in sorted((least_slips(word, other), other) for other in _similar(word)):
        if least > most:
            break
        weight = slips(word, other, most=most)
        if weight is not None:
            # The first letter is hardly ever the wrong one.
            near = sorted([*near, (weight, other)], key=lambda it: (it[0], it[1][0] != word[0], it[1]))
            near = near[:_CANDIDATES]
            most = near[-1][0] if len(near) == _CANDIDATES else most
    return near


def _similar(word: str) -> list[str]:
    """Words of about this length that begin or end like it, and those with the same skeleton.

    One slip leaves the beginning or the end of a word as it is, so none that is one slip away is missed.
    """
    length, head, tail = len(word), word[: len(word) // 2], word[::-1][: max(2, (len(word) - 1) // 2)]
    found = _like(
        length=range(length - 1, length + 2),
        head=head,
        after_head=head + _AFTER_ALL,
        tail=tail,
        after_tail=tail + _AFTER_ALL,
        skeleton=skeleton(word),
    )
    return [other for (other,) in found]


def _words_like() -> QuerySet[WordRow, tuple[str]]:
    of_length = WordRow.objects.filter(length__in=GivenAny(WordRow, "length"))
    begin = {
        "word__gte": Given(WordRow, "word", "head"),
        "word__lt": Given(WordRow, "word", "after_head"),
    }
    end = {
        "reversed__gte": Given(WordRow, "reversed", "tail"),
        "reversed__lt": Given(WordRow, "reversed", "after_tail"),
    }
    alike = WordRow.objects.filter(skeleton=Given(WordRow, "skeleton"))
    ways = (of_length.filter(**begin), of_length.filter(**end), alike)
    first, *others = (way.order_by().values_list("word") for way in ways)
    return first.union(*others)


_like = Prepared(_words_like)


def _tried(q: str, sought: Sought, mended: dict[str, str]) -> Corrected:
    tried = sought.but([mended.get(word, word) for word in sought.words])
    return Corrected(text=_written(q, mended), sought=tried, number_found=number_found(tried))


def _written(q: str, mended: dict[str, str]) -> str:
    """The text with the mended words in it; the others as they were typed."""
    parts = ((part, words_sought(part)) for part in q.split())
    return " ".join(_mended(part, words, mended) for part, words in parts)


def _mended(part: str, words: Sequence[str], mended: dict[str, str]) -> str:
    if not any(word in mended for word in words):
        return part
    return " ".join(mended.get(word, word) for word in words)
