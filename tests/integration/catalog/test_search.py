import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.adapters.invariants import a_book_is_found_by_what_it_says
from catalog.models import BookRow, WordRow
from catalog.services.commands.revise_book import ReviseBook
from catalog.services.queries.list_books import ListBooks
from shared_kernel.services.commands import dispatch
from shared_kernel.services.pagination import PageRequest
from shared_kernel.services.queries import ask
from tests.factories import a_book

pytestmark = pytest.mark.django_db


def found(q: str = "", author: str = "") -> list[str]:
    """What has these very words; slips of the pen are test_relevance.py's."""
    page = ask(ListBooks(q=q, author=author, page=PageRequest(size=100)))
    return [] if page.corrected_to else [book.title for book in page.results]


class TestSearching:
    @pytest.fixture(autouse=True)
    def _books(self) -> None:
        a_book(
            title="L'Étranger", authors=("Camus, Albert",), isbn="978-2-07-036002-4", subjects=("Absurde",)
        )
        a_book(title="The Great Gatsby", authors=("Fitzgerald, F. Scott",), subjects=("Long Island",))
        a_book(title="東京物語", authors=("小津 安二郎",))
        a_book(title="C++ in 1985: Camus' notes", authors=("Stroustrup, Bjarne", "Ødegård, Åse"))

    @pytest.mark.parametrize(
        ("q", "title"),
        [
            ("etranger", "L'Étranger"),
            ("L’ÉTRANGER", "L'Étranger"),
            ("letranger", "L'Étranger"),
            ("étran alb", "L'Étranger"),
            ("absurd camus", "L'Étranger"),
            ("9782070360024", "L'Étranger"),
            ("978-2-07-036002-4", "L'Étranger"),
            ("2-07-036002-4", "L'Étranger"),
            ("camus 2070360024", "L'Étranger"),
            ("gats", "The Great Gatsby"),
            ("scott great island", "The Great Gatsby"),
            ("fitzgerald, f", "The Great Gatsby"),
            ("京", "東京物語"),
            ("物語 小津", "東京物語"),
            ("odegard ase", "C++ in 1985: Camus' notes"),
            ("198", "C++ in 1985: Camus' notes"),
            ("c++", "C++ in 1985: Camus' notes"),
        ],
    )
    def test_finds_books_by_the_beginnings_of_their_words(self, q: str, title: str) -> None:
        assert title in found(q)

    def test_wants_every_word(self) -> None:
        assert found("camus") == ["C++ in 1985: Camus' notes", "L'Étranger"]
        assert found("camus gatsby") == []

    @pytest.mark.parametrize(
        "q", ["atsby", "gatsbyx", "!!!", "a_fitzgerald", "_", "2070360025", "book : x", "\x00", "\ud800"]
    )
    def test_finds_nothing_else(self, q: str) -> None:
        assert found(q) == []

    def test_looks_for_authors_in_authors_alone(self) -> None:
        assert found(author="camus") == ["L'Étranger"]
        assert found(author="albert CAM") == ["L'Étranger"]
        assert found(author="gatsby") == []
        assert found("notes", author="stroustrup") == ["C++ in 1985: Camus' notes"]

    @pytest.mark.parametrize("q", ["", "   ", "\t"])
    def test_for_nothing_lists_everything(self, q: str) -> None:
        assert len(found(q)) == 4

    @given(st.text(max_size=60) | st.text(alphabet="'\"*()&|!:<>-_ aé\\%^~\x00", max_size=20))
    @settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    def test_takes_any_text(self, text: str) -> None:
        assert set(found(text)) <= set(found())
        assert set(found(author=text)) <= set(found())

    @given(st.text(alphabet="abcéß東ी ’", min_size=1, max_size=30))
    @settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    def test_finds_each_book_by_its_own_title(self, title: str) -> None:
        if any(char.isalpha() for char in title):
            added = a_book(title=title)
            assert added.title in found(title)

    @given(st.lists(st.text(alphabet="abc1", min_size=1, max_size=6), min_size=1, max_size=3), st.data())
    @settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    def test_finds_each_book_by_any_beginnings_of_its_words(
        self, words: list[str], data: st.DataObject
    ) -> None:
        added = a_book(title=f"x {' '.join(words)}")
        begun = [word[: data.draw(st.integers(1, len(word)))] for word in words]
        assert added.title in found(" ".join(begun))

    def test_finds_beginnings_of_more_words_than_it_can_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("catalog.services.search.search_query._MOST_COMPLETIONS", 2)
        titles = [a_book(title=f"Great great{letter}").title for letter in "abc"]
        assert found("great grea") == [*titles, "The Great Gatsby"]
        assert found("greatb grea") == titles[1:2]


class TestARevisedBook:
    def test_is_found_by_what_it_says_now(self) -> None:
        book = a_book(title="Midlemarch")
        dispatch(ReviseBook(book=book.id, title="Middlemarch"))
        assert (found("midlemarch"), found("middlemarch")) == ([], ["Middlemarch"])


class TestTheWordsOfTheCatalogue:
    def test_are_missed_by_the_check_of_invariants(self) -> None:
        book = a_book(title="Middlemarch")
        assert list(a_book_is_found_by_what_it_says()) == []
        WordRow.objects.filter(word="middlemarch").delete()
        assert list(a_book_is_found_by_what_it_says()) == [{"id": book.id}]


class TestTheSearchIndex:
    def test_is_what_the_database_uses(self) -> None:
        a_book()
        page = ask(ListBooks(q="middlemarch", page=PageRequest()))
        assert len(page.results) == 1
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SELECT count(*) FROM pg_indexes WHERE indexname = 'catalog_book_by_word'")
            else:
                cursor.execute("SELECT count(*) FROM catalog_booksearch")
            assert cursor.fetchone() == (BookRow.objects.count(),)
