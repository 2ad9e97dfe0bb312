import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.isbn import ISBN, InvalidISBN


class TestParsing:
    @pytest.mark.parametrize(
        "text",
        [
            "9780201616224",
            "020161622X",
            "020161622x",
            "0-201-61622-X",
            "978-0-201-61622-4",
            "978 0 201 61622 4",
            "978\u20130\u2013201\u201361622\u20134",  # en dashes
            "978\u20100\u2011201\u201261622\u20144",  # hyphen, non-breaking hyphen, figure dash, em dash
            "0\u2212201\u221261622\u2212X",  # minus signs
            "97802\u00ad01616224",  # soft hyphen
            "978\u00a00201616224",  # no-break space
            "  020161622X\n",
        ],
    )
    def test_reads_every_way_of_writing_the_same_number(self, text: str) -> None:
        assert ISBN.parse(text) == ISBN("9780201616224")

    def test_accepts_the_prefix_979(self) -> None:
        assert ISBN.parse("979-10-90636-07-1").digits == "9791090636071"

    def test_reads_an_isbn_10_that_ends_with_a_digit(self) -> None:
        assert str(ISBN.parse("0-596-00085-5")) == "9780596000851"

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "10 or 13 digits"),
            ("-", "10 or 13 digits"),
            ("123456789", "10 or 13 digits"),
            ("97802016162245", "10 or 13 digits"),
            ("978020161622X", "10 or 13 digits"),
            ("9780201616225", "check digit"),
            ("0201616220", "check digit"),
            ("X201616220", "only digits"),
            ("02016162\u00b2X", "only digits"),  # a superscript two is a digit to str.isdigit
            ("٠٢٠١٦١٦٢٢X", "only digits"),
            ("٩٧٨٠٢٠١٦١٦٢٢٤", "10 or 13 digits"),
            ("9770201616225", "978 or 979"),
            ("02016\x0061622X", "10 or 13 digits"),
            ("9780201616224; 0", "10 or 13 digits"),
        ],
    )
    def test_refuses_what_is_no_isbn_and_says_why(self, text: str, reason: str) -> None:
        with pytest.raises(InvalidISBN, match=reason):
            ISBN.parse(text)

    def test_never_repeats_the_text_it_refuses(self) -> None:
        with pytest.raises(InvalidISBN) as refusal:
            ISBN.parse("secret")
        assert "secret" not in str(refusal.value)


class TestAnISBN:
    def test_cannot_exist_with_a_wrong_check_digit(self) -> None:
        with pytest.raises(InvalidISBN):
            ISBN("9780201616220")

    @given(st.text())
    def test_is_13_ascii_digits_or_is_refused(self, text: str) -> None:
        try:
            digits = ISBN.parse(text).digits
        except InvalidISBN:
            return
        assert len(digits) == 13
        assert digits.isascii()
        assert digits.isdigit()

    @given(st.from_regex(r"[0-9]{9}", fullmatch=True), st.sampled_from("0123456789X"))
    def test_of_10_has_exactly_one_right_check_digit(self, body: str, check: str) -> None:
        accepted = [candidate for candidate in "0123456789X" if _is_isbn(body + candidate)]
        assert len(accepted) == 1
        assert _is_isbn(body + check) == (check in accepted)

    @given(st.from_regex(r"97[89][0-9]{9}", fullmatch=True), st.integers(0, 12), st.integers(1, 9))
    def test_of_13_with_one_wrong_digit_is_refused(self, body: str, place: int, change: int) -> None:
        right = next(body + check for check in "0123456789" if _is_isbn(body + check))
        wrong = right[:place] + str((int(right[place]) + change) % 10) + right[place + 1 :]
        assert not _is_isbn(wrong)


def _is_isbn(text: str) -> bool:
    try:
        ISBN.parse(text)
    except InvalidISBN:
        return False
    return True
