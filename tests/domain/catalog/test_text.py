import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.text import index_words, query_words, sort_key
from catalog.domain.title import InvalidTitle, Title
from shared_kernel.domain.text import fold


class TestATitle:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "   ",
            "\u200b\u200b",
            "\ufeff \u2060",
            "\u00ad",
            "Line\nbreak",
            "Tab\tulator",
            "N\x00L",
            "\x7f",
            "half \ud800 a pair",
            "para\u2029graph",
            "\u0301",
            "x" * 501,
            "x" * 100_000,
        ],
    )
    def test_is_refused_unless_it_is_one_line_that_shows_something(self, text: str) -> None:
        with pytest.raises(InvalidTitle) as refused:
            Title(text)
        assert (refused.value.code, refused.value.pointer) == ("invalid_title", "/title")

    @pytest.mark.parametrize("text", ["x", "x" * 500, "1984", "!!!", "می\u200cخواهم", "🕮"])
    def test_may_say_anything_else(self, text: str) -> None:
        assert Title(text).text == text

    def test_loses_what_is_invisible_around_it(self) -> None:
        assert Title("\u200b \ufeffMiddlemarch\u00a0\u200e ").text == "Middlemarch"

    def test_is_the_same_however_its_accents_are_encoded(self) -> None:
        assert Title("E\u0301tudes") == Title("\u00c9tudes")

    @given(st.text(max_size=600))
    def test_is_storable_or_refused(self, text: str) -> None:
        try:
            title = Title(text).text
        except InvalidTitle:
            return
        assert 1 <= len(title) <= 500
        assert "\x00" not in title
        assert title.encode()
        assert Title(title).text == title


class TestFolding:
    @pytest.mark.parametrize(
        ("text", "folded"),
        [
            ("Éluard", "eluard"),
            ("STRASSE", "strasse"),
            ("Straße", "strasse"),
            ("Ødegård", "odegard"),
            ("Łódź", "lodz"),
            ("Ćosić", "cosic"),
            ("İstanbul", "istanbul"),
            ("Kafka\u00ad", "kafka"),
            ("ﬁn", "fin"),
            ("Ἀριστοτέλης", "αριστοτελησ"),
            ("שָׁלוֹם", "שלום"),
        ],
    )
    def test_takes_away_case_and_accents(self, text: str, folded: str) -> None:
        assert fold(text) == folded

    @given(st.text())
    def test_ignores_the_case_in_which_a_text_is_written(self, text: str) -> None:
        assert index_words(text.casefold()) == index_words(text)


class TestWords:
    def test_are_separated_by_whatever_is_no_letter_or_digit(self) -> None:
        assert index_words("C++: 2nd (rev.) ed./1999_x") == ["c", "2nd", "rev", "ed", "1999", "x"]

    def test_with_an_apostrophe_are_found_by_each_part_and_as_one(self) -> None:
        assert index_words("L'Étranger") == ["l", "etranger", "letranger"]
        assert index_words("Ender’s '' Game") == ["ender", "s", "enders", "game"]

    def test_of_scripts_without_blanks_are_their_characters(self) -> None:
        assert index_words("東京 Blues") == ["東", "京", "blues"]

    def test_sought_are_found_among_the_words_of_the_same_text(self) -> None:
        for text in ("L'Étranger", "O'Neill, don't!", "東京物語", "हिन्दी साहित्य"):
            assert set(query_words(text)) <= set(index_words(text))

    @given(st.text())
    def test_hold_nothing_that_a_database_could_misread(self, text: str) -> None:
        for word in index_words(text) + query_words(text):
            assert word
            assert len(word) <= 64
            assert not set(word) & set(" '\"\\:&|!()*_-\x00")


class TestTheSortKey:
    def test_puts_titles_in_the_order_of_a_shelf_list(self) -> None:
        titles = ["Zola", "“Abc”", "äbd", "Abe", "abc 2"]
        assert sorted(titles, key=sort_key) == ["“Abc”", "abc 2", "äbd", "Abe", "Zola"]
