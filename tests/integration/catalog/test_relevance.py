"""Which of the Books that a search finds comes first, and what it makes of a slip of the pen."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from rest_framework.test import APIClient

from catalog.models import BookRow, BorrowingCountRow
from catalog.services.commands.count_borrowing import CountBorrowing, RecomputePopularity
from catalog.services.commands.revise_book import ReviseBook
from catalog.services.queries.list_books import BookPage, ListBooks
from catalog.tasks import reckon_popularity
from shared_kernel.services.commands import dispatch
from shared_kernel.services.pagination import PageRequest
from shared_kernel.services.queries import ask
from shared_kernel.services.request_context import with_context
from tests.factories import a_book, a_copy, a_loan

pytestmark = pytest.mark.django_db

JANUARY = datetime(2024, 1, 15, tzinfo=UTC)


def search(q: str, **filters: Any) -> BookPage:
    return ask(ListBooks(q=q, page=PageRequest(size=100), **filters))


def titles(q: str, **filters: Any) -> list[str]:
    return [book.title for book in search(q, **filters).results]


def borrowed(book: UUID, times: int, month: date = date(2024, 1, 1)) -> None:
    for _ in range(times):
        dispatch(CountBorrowing(book=book, month=month))


def reckoned(at: datetime = JANUARY) -> int:
    with with_context(acts_at=at):
        return dispatch(RecomputePopularity())


class TestRelevance:
    def test_puts_the_title_that_was_meant_first(self) -> None:
        for title in ("The sea", "Sea stories", "Sea", "Seaside", "A storm"):
            a_book(title=title, subjects=("Sea",))
        assert titles("sea") == ["Sea", "Sea stories", "The sea", "Seaside", "A storm"]

    def test_puts_what_is_borrowed_more_often_first(self) -> None:
        for title, times in (("Sea a", 0), ("Sea b", 2), ("Sea c", 3), ("Sea d", 1)):
            borrowed(a_book(title=title).id, times)
        assert reckoned() == 3
        assert titles("sea") == ["Sea c", "Sea b", "Sea d", "Sea a"]

    def test_weighs_popularity_against_the_title(self) -> None:
        a_book(title="Potter and clay")
        borrowed(a_book(title="Harry Potter").id, 20)
        a_book(title="Potter")
        reckoned()
        assert titles("potter") == ["Potter", "Harry Potter", "Potter and clay"]

    @pytest.mark.parametrize("size", [1, 2, 3, 10])
    def test_comes_in_pages_both_ways(self, anybody: APIClient, size: int) -> None:
        for number in range(7):
            borrowed(a_book(title=f"Sea {number % 2}", copies=1).id, number % 3)
        reckoned()
        whole = [str(book.id) for book in search("sea").results]
        there: list[str] = []
        back: list[str] = []
        page = anybody.get("/api/v1/books", {"q": "sea", "page_size": str(size)}).json()
        assert page["previous"] is None
        while True:
            there += [book["id"] for book in page["results"]]
            if page["next"] is None:
                break
            page = anybody.get(page["next"]).json()
        while page["previous"]:
            page = anybody.get(page["previous"]).json()
            back[:0] = [book["id"] for book in page["results"]]
        assert there == whole
        assert back == whole[: (len(whole) - 1) // size * size]

    def test_gives_way_to_an_order_that_is_asked_for(self) -> None:
        for title, year in (("Sea", 2001), ("Sea b", 1999), ("Sea a", 2000)):
            a_book(title=title, year=year)
        assert titles("sea", ordering="-title") == ["Sea b", "Sea a", "Sea"]
        assert titles("sea", ordering="year") == ["Sea b", "Sea a", "Sea"]
        assert titles("", ordering="relevance") == ["Sea", "Sea a", "Sea b"]

    def test_goes_along_with_every_filter(self) -> None:
        a_copy(book=a_book(title="Sea free", language="en", isbn="9780140434705").id)
        a_loan(copy_barcode=a_copy(book=a_book(title="Sea lent", language="pt-BR").id).barcode)
        assert titles("sea", available=True) == ["Sea free"]
        assert titles("sea", available=False) == ["Sea lent"]
        assert titles("sea", language="pt-br") == ["Sea lent"]
        assert titles("sea", language="PT") == []
        assert titles("sea", isbn="0-14-043470-4") == ["Sea free"]
        assert titles("sea", author="eliot", language="en") == ["Sea free"]
        assert titles("sea", author="melville") == []

    def test_finds_what_can_be_borrowed_however_far_down(self) -> None:
        for number in range(15):
            a_book(title=f"Sea {number:02}", copies=int(number in {0, 1, 13, 14}))
        found: list[str] = []
        page = PageRequest(size=1)
        while page.keys is not None or not found:
            books = ask(ListBooks(q="sea", available=True, page=page))
            found += [book.title for book in books.results]
            page = PageRequest(size=1, keys=books.next)
        assert found == ["Sea 00", "Sea 01", "Sea 13", "Sea 14"]

    def test_is_not_looked_for_under_another_word_behind_its_end(self) -> None:
        for title in ("Seas1", "Seal"):
            a_book(title=title)
        end = PageRequest(keys=(0, "zzz", UUID(int=2**128 - 1)))
        page = ask(ListBooks(q="seas", page=end))
        assert (page.results, page.corrected_to) == ([], None)
        assert titles("seas") == ["Seas1"]

    def test_follows_a_books_language(self) -> None:
        book = a_book(title="Sea", language="en")
        dispatch(ReviseBook(book=book.id, language="de"))
        assert (titles("sea", language="en"), titles("sea", language="de")) == ([], ["Sea"])


class TestPopularity:
    def popularity(self, book: UUID) -> int:
        return BookRow.objects.get(id=book).popularity

    def test_counts_the_last_twelve_months(self) -> None:
        book = a_book().id
        borrowed(book, 5, date(2023, 1, 1))
        borrowed(book, 1, date(2023, 2, 1))
        borrowed(book, 2, date(2024, 1, 1))
        reckoned()
        assert self.popularity(book) == 200

    def test_wanes_with_the_months(self) -> None:
        book = a_book().id
        borrowed(book, 3, date(2023, 6, 1))
        popularities = []
        for month in (1, 5, 6, 7):
            reckoned(datetime(2024, month, 1, tzinfo=UTC))
            popularities.append(self.popularity(book))
        assert popularities == [200, 200, 0, 0]
        assert reckoned(datetime(2024, 7, 1, tzinfo=UTC)) == 0

    def test_is_no_part_of_what_a_book_says(self) -> None:
        book = a_book().id
        borrowed(book, 3)
        reckoned()
        assert BookRow.objects.get(id=book).version == 1
        dispatch(ReviseBook(book=book, title="Romola"))
        assert self.popularity(book) == 200

    def test_of_a_book_that_has_gone_is_nobodys(self) -> None:
        borrowed(uuid4(), 1)
        assert (reckoned(), reckoned()) == (1, 0)

    def test_is_reckoned_bit_by_bit(self) -> None:
        for _ in range(5):
            borrowed(a_book().id, 1)
        with with_context(acts_at=JANUARY):
            assert [dispatch(RecomputePopularity(at_most=2)) for _ in range(4)] == [2, 2, 1, 0]

    def test_is_reckoned_by_the_clock(self) -> None:
        book = a_book().id
        this_month = datetime.now(UTC).date().replace(day=1)
        borrowed(book, 1, this_month)
        reckon_popularity()
        assert self.popularity(book) == 100
        assert BorrowingCountRow.objects.get().reckoning == "in"


def popular_id() -> UUID:
    return BookRow.objects.get(title="Zebra sea").id


class TestMoreThanAThousandHits:
    @pytest.fixture(autouse=True)
    def _thousands(self) -> None:
        popular = a_book(title="Zebra sea").id
        base = BookRow.objects.get()
        rows = []
        for number in range(1100):
            key = f"sea {number:04}"
            rows.append(
                BookRow(
                    id=UUID(int=number),
                    version=1,
                    title=key,
                    authors=["x"],
                    isbns=[],
                    subjects=[],
                    sort_key=key,
                    year_key=-10_000,
                    search_text=key,
                    fingerprint="",
                    added_at=base.added_at,
                )
            )
        BookRow.objects.bulk_create(rows)
        from catalog.services.search.indexing import reindex_rows

        reindex_rows([row.id for row in rows])
        borrowed(popular, 9)
        reckoned()

    def test_are_cut_at_a_thousand_and_never_lose_what_is_often_borrowed(self) -> None:
        seen: list[UUID] = []
        page = ask(ListBooks(q="sea", page=PageRequest(size=100)))
        while True:
            seen += [book.id for book in page.results]
            if page.next is None:
                break
            page = ask(ListBooks(q="sea", page=PageRequest(size=100, keys=page.next)))
        assert len(seen) == len(set(seen))
        assert 990 <= len(seen) <= 1000
        assert seen[0] == popular_id()
        assert "Zebra sea" in titles("sea", ordering="-title")[:1]


class TestAMisspeltWord:
    @pytest.fixture(autouse=True)
    def _books(self) -> None:
        a_book(title="The Hobbit", authors=("Tolkien, J. R. R.",))
        a_book(title="Old habits", authors=("Smith, Anna",))
        a_book(title="Crime and punishment", authors=("Dostoevsky, Fyodor",))
        a_book(title="L'Étranger", authors=("Camus, Albert",), isbn="9782070360024")
        a_book(title="Война и мир", authors=("Толстой, Лев",))

    @pytest.mark.parametrize(
        ("typed", "meant", "title"),
        [
            ("tolkein", "tolkien", "The Hobbit"),
            ("Tolkein", "tolkien", "The Hobbit"),
            ("hobit", "hobbit", "The Hobbit"),
            ("hobbitt", "hobbit", "The Hobbit"),
            ("hbobit", "hobbit", "The Hobbit"),
            ("tolkein hobit", "tolkien hobbit", "The Hobbit"),
            ("the tolkein", "the tolkien", "The Hobbit"),
            ("dostoyevski", "dostoevsky", "Crime and punishment"),
            ("punishmnet crime", "punishment crime", "Crime and punishment"),
            ("etrangre", "etranger", "L'Étranger"),
            ("L'étrangre", "l etranger", "L'Étranger"),
            ("толстйо", "толстои", "Война и мир"),
        ],
    )
    def test_is_mended_and_said_so(self, typed: str, meant: str, title: str) -> None:
        page = search(typed)
        assert [book.title for book in page.results] == [title]
        assert (page.corrected_from, page.corrected_to) == (typed, meant)

    @pytest.mark.parametrize("q", ["hobbit", "hob", "tolk hobb", "9782070360024"])
    def test_is_none_that_finds_something(self, q: str) -> None:
        page = search(q)
        assert page.results
        assert page.corrected_to is None

    @pytest.mark.parametrize(
        "q", ["hobbit camus", "xyzzyplugh", "hob1t", "9782070360025", "qq", "", "tolkein xyzzyplugh", "!!"]
    )
    def test_is_not_made_up(self, q: str) -> None:
        assert search(q).corrected_to is None

    def test_is_mended_wherever_the_slip_is(self) -> None:
        word = "punishment"
        for at, letter in enumerate(word):
            before, after = word[:at], word[at + 1 :]
            slips = (after, f"q{letter}{after}", f"q{after}", f"{after[:1]}{letter}{after[1:]}")
            for typed in (before + slip for slip in slips):
                if not word.startswith(typed):
                    assert search(typed).corrected_to == word, typed

    def test_may_lack_doubled_letters_here_and_there(self) -> None:
        for title in ("Comitem", "Committee", "The committee"):
            a_book(title=title)
        assert search("comitee").corrected_to == "committee"

    def test_leads_to_the_word_that_finds_the_most(self) -> None:
        for title in ("Sable", "Table", "Table talk"):
            a_book(title=title)
        assert search("xable").corrected_to == "table"

    def test_is_mended_on_every_page(self, anybody: APIClient) -> None:
        for number in range(3):
            a_book(title=f"Hobbit {number}")
        first = anybody.get("/api/v1/books", {"q": "hobit", "page_size": "2"}).json()
        second = anybody.get(first["next"]).json()
        assert {page["corrected_to"] for page in (first, second)} == {"hobbit"}
        assert first["corrected_from"] == "hobit"
        assert (len(second["results"]), second["next"]) == (2, None)

    def test_goes_unmentioned_where_there_is_none(self, anybody: APIClient) -> None:
        page = anybody.get("/api/v1/books", {"q": "hobbit"}).json()
        assert set(page) == {"results", "next", "previous"}

    def test_is_shown_to_people(self, client: Client) -> None:
        page = client.get("/", {"q": "hobit"}).content.decode()
        assert "The Hobbit" in page
        assert "hobbit" in page
        assert "hobit" in page


class TestLookingForWhatIsAvailable:
    """Where there is little of it, the list ends a page early instead of reading everything."""

    def test_comes_to_all_of_it_page_by_page(self, anybody: APIClient, monkeypatch: Any) -> None:
        monkeypatch.setattr("catalog.services.bounded_pagination._REACH", 3)
        for number in range(11):
            book = a_book(title=f"Volume {number:02}").id
            if number in {0, 4, 5, 10}:
                a_copy(book=book)
        for available, expected in (("true", 4), ("false", 7)):
            there: list[str] = []
            back: list[str] = []
            page = {"next": f"/api/v1/books?available={available}&page_size=2"}
            while page["next"]:
                page = anybody.get(page["next"]).json()
                there += [book["title"] for book in page["results"]]
            while page["previous"]:
                page = anybody.get(page["previous"]).json()
                back[:0] = [book["title"] for book in page["results"]]
            assert len(there) == expected
            assert there == sorted(there)
            assert set(back) <= set(there)
            assert there[0] in back
