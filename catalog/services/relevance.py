"""Which of the Books that were found comes first."""

from collections.abc import Sequence

from catalog.services.search import Hit

#: What it is worth that the title is what was looked for, begins with it, has all of its words, has words
#: that begin with them. Popularity grows by 100 each time that a Book is borrowed twice as often.
_IS, _BEGINS, _HAS, _HAS_BEGINNINGS = 1200, 400, 200, 100


def ranked(hits: Sequence[Hit], words: Sequence[str]) -> list[tuple[int, Hit]]:
    """The hits with their ranks, the best first, and in the order of their titles where they are as good."""
    phrase = " ".join(words)
    found = [(-_worth(hit.sort_key, phrase, words) - hit.popularity, hit) for hit in hits]
    return sorted(found, key=lambda each: (each[0], each[1].sort_key, each[1].id))


def _worth(title: str, phrase: str, words: Sequence[str]) -> int:
    if not words:
        return 0
    if title.startswith(phrase) and title[len(phrase) : len(phrase) + 1] in {"", " "}:
        return _IS if len(title) == len(phrase) else _BEGINS
    in_title = title.split()
    if all(word in in_title for word in words):
        return _HAS
    begin = all(any(each.startswith(word) for each in in_title) for word in words)
    return _HAS_BEGINNINGS if begin else 0
