from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from catalog.domain.book import Book
from catalog.domain.book_events import BookAdded, BookRemoved, BookRevised
from catalog.domain.description import Description
from catalog.domain.title import Title
from shared_kernel.domain.errors import Refused

AT = datetime(2024, 1, 15, 10, tzinfo=UTC)
LATER = datetime(2024, 1, 16, 10, tzinfo=UTC)


def description(**values: Any) -> Description:
    return Description.parse(**{"title": "Middlemarch", "authors": ["Eliot, George"], **values})


def codes_of(**values: Any) -> list[str]:
    with pytest.raises(Refused) as refused:
        description(**values)
    return [each.code for each in refused.value.refusals]


class TestADescription:
    def test_names_every_value_that_is_out_of_bounds(self) -> None:
        assert codes_of(
            title=" ",
            authors=[],
            isbns=["123"],
            year=10_000,
            language="klingon",
            publisher="\u200b",
            subjects=["x" * 301],
        ) == [
            "invalid_title",
            "invalid_authors",
            "invalid_isbn",
            "invalid_year",
            "invalid_language",
            "invalid_publisher",
            "invalid_subjects",
        ]

    @pytest.mark.parametrize("authors", [["Eliot", " "], ["\u200b"], ["x" * 301], ["a\nb"], ["x"] * 101])
    def test_has_authors_that_show_something(self, authors: list[str]) -> None:
        assert codes_of(authors=authors) == ["invalid_authors"]

    def test_names_each_author_and_subject_once(self) -> None:
        twice = description(authors=["Eliot ", "Eliot"], subjects=["Marriage", " Marriage"])
        assert (twice.authors, twice.subjects) == (("Eliot",), ("Marriage",))

    @pytest.mark.parametrize(("code", "kept"), [("EN", "en"), ("ger", "ger"), ("PT-BR", "pt-BR"), ("", None)])
    def test_knows_languages_by_their_codes(self, code: str, kept: str | None) -> None:
        assert description(language=code).language == kept

    @pytest.mark.parametrize("code", ["e", "engl", "e1", "en_GB", "en-", "ën", "en\n"])
    def test_refuses_what_is_no_code_of_a_language(self, code: str) -> None:
        assert codes_of(language=code) == ["invalid_language"]

    @pytest.mark.parametrize("year", [-720, 0, 1871, 9999])
    def test_may_be_of_any_year_of_writing(self, year: int) -> None:
        assert description(year=year).year == year

    def test_counts_the_isbn_10_and_13_of_one_book_as_one(self) -> None:
        both = description(isbns=["0-14-143954-8", "978-0-14-143954-9"])
        assert [isbn.digits for isbn in both.isbns] == ["9780141439549"]

    def test_has_the_fingerprint_of_the_same_record_written_otherwise(self) -> None:
        one = description(title="L'Étranger", authors=["Camus, Albert"], year=1942, publisher="Gallimard")
        other = description(
            title="l’etranger /", authors=["CAMUS, Albert."], year=1942, publisher="Gallimard,"
        )
        assert one.fingerprint == other.fingerprint
        assert one.fingerprint != replace(one, year=1943).fingerprint
        assert one.fingerprint != replace(one, publisher=None).fingerprint

    def test_is_overlaid_by_what_a_newer_one_says(self) -> None:
        old = description(isbns=["9780141439549"], year=1871, language="en", subjects=["Marriage"])
        newer = description(title="Middlemarch!", isbns=["9780743273565"], year=0, publisher="Penguin")
        overlaid = old.overlaid_by(newer)
        assert overlaid == description(
            title="Middlemarch!",
            isbns=["9780743273565", "9780141439549"],
            year=0,
            language="en",
            publisher="Penguin",
            subjects=["Marriage"],
        )


class TestABook:
    def test_tells_that_it_was_added_but_not_by_whom_it_was_written(self) -> None:
        book = Book.add(id=uuid4(), description=description(isbns=["0141439548"], year=1871), at=AT)
        (recorded,) = book.pull_events()
        assert recorded.version == 1
        assert recorded.event == BookAdded(
            aggregate_id=book.id,
            occurred_at=AT,
            title="Middlemarch",
            isbn="9780141439549",
            year=1871,
            language=None,
            publisher=None,
        )

    def test_tells_what_a_revision_changed(self) -> None:
        book = Book(id=uuid4(), version=1, description=description(year=1871), added_at=AT)
        assert book.revise(replace(book.description, title=Title("Middlemarch II"), year=1872), at=LATER)
        (recorded,) = book.pull_events()
        assert recorded.version == 2
        assert isinstance(recorded.event, BookRevised)
        assert recorded.event.changed == ("title", "year")
        assert recorded.event.title == "Middlemarch II"

    def test_is_not_changed_by_a_revision_that_says_the_same(self) -> None:
        book = Book(id=uuid4(), version=1, description=description(), added_at=AT)
        assert not book.revise(description(), at=LATER)
        assert not book.has_changed

    def test_tells_that_it_leaves(self) -> None:
        book = Book(id=uuid4(), version=1, description=description(), added_at=AT)
        book.remove(at=LATER)
        (recorded,) = book.pull_events()
        assert recorded.event == BookRemoved(aggregate_id=book.id, occurred_at=LATER, title="Middlemarch")
