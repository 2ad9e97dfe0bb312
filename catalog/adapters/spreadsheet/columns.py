"""Which column of a spreadsheet holds what, whatever its makers call it."""

from collections.abc import Sequence
from typing import Literal

from shared_kernel.domain.text import fold

Column = Literal["title", "authors", "isbn", "isbn13", "year", "language", "publisher", "subjects"]

#: Better names first: a file may have several of them.
_NAMES: dict[Column, tuple[str, ...]] = {
    "title": ("title", "booktitle", "fulltitle", "name", "titel", "titre", "titulo", "originaltitle"),
    "authors": (
        *("authors", "author", "bookauthor", "authornames", "authorname", "creators", "creator"),
        *("writer", "autor", "auteur", "mainauthor"),
    ),
    "isbn": ("isbn", "isbn10"),
    "isbn13": ("isbn13", "ean", "ean13"),
    "year": (
        *("year", "publicationyear", "originalpublicationyear", "yearofpublication", "published"),
        *("publicationdate", "publishedyear", "publisheddate", "jahr", "annee"),
    ),
    "language": ("language", "languagecode", "lang", "sprache", "langue"),
    "publisher": ("publisher", "publishername", "imprint", "verlag", "editeur"),
    "subjects": ("subjects", "subject", "genres", "genre", "categories", "category", "tags", "keywords"),
}


def columns_of(header: Sequence[str]) -> dict[Column, int]:
    """Where each column stands that the header names; none twice."""
    names = ["".join(char for char in fold(cell) if char.isalnum()) for cell in header]
    places: dict[Column, int] = {}
    for column, known in _NAMES.items():
        place = next((names.index(name) for name in known if name in names), None)
        if place is not None:
            places[column] = place
    return places


def is_plural(header: Sequence[str], place: int) -> bool:
    """Whether the column's own name says that it holds several, separated by commas."""
    return fold(header[place]).strip().endswith("s")
