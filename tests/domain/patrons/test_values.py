import unicodedata
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrons.domain.card_number import CardNumber, InvalidCardNumber
from patrons.domain.category import Category, InvalidCategory
from patrons.domain.email_address import EmailAddress, InvalidEmail
from patrons.domain.notice import wait_after
from patrons.domain.person_name import InvalidName, PersonName


class TestAnEmailAddress:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            (" Ada@Example.ORG ", "ada@example.org"),
            ("o'neil+x@b.co.uk", "o'neil+x@b.co.uk"),
            ("jose\u0301@example.org", "jos\u00e9@example.org"),
        ],
    )
    def test_is_kept_in_one_form(self, typed: str, kept: str) -> None:
        assert str(EmailAddress.parse(typed)) == kept

    @pytest.mark.parametrize(
        "typed",
        [
            "",
            "ada",
            "@example.org",
            "ada@",
            "ada@example",
            "ada@@example.org",
            "a..b@example.org",
            ".a@example.org",
            "a b@example.org",
            "<ada@example.org>",
            "ada@example.org,eve@example.org",
            "ada@-example.org",
            "ada@exam_ple.org",
            "ada@example.org\n",
            "ada@example.org\nBcc: eve@example.org",
            "ada\r\n@example.org",
            "ada\x00@example.org",
            "ada\udc80@example.org",
            "ada\u200b@example.org",
            "a" * 65 + "@example.org",
            "a@" + "b." * 126 + "org",
        ],
    )
    def test_is_refused_where_no_letter_could_go(self, typed: str) -> None:
        with pytest.raises(InvalidEmail):
            EmailAddress.parse(typed)

    @given(st.emails())
    def test_is_the_same_when_typed_again(self, typed: str) -> None:
        try:
            kept = str(EmailAddress.parse(typed))
        except InvalidEmail:
            return
        assert str(EmailAddress.parse(kept)) == kept
        assert unicodedata.is_normalized("NFC", kept)
        assert len(kept) <= 254


class TestACardNumber:
    @pytest.mark.parametrize("typed", ["P000000018", "1", "A-1_b.c", " 0042 ", "x" * 32])
    def test_that_exists_is_taken_as_it_is(self, typed: str) -> None:
        assert str(CardNumber.parse(typed)) == typed.strip()

    @pytest.mark.parametrize(
        "typed", ["", " ", "-1", "a b", "ada@example.org", "é", "x" * 33, "1\x00", "1\n2"]
    )
    def test_has_only_characters_that_scanners_read(self, typed: str) -> None:
        with pytest.raises(InvalidCardNumber):
            CardNumber.parse(typed)

    def test_that_is_new_is_p_and_nine_digits(self) -> None:
        assert str(CardNumber.of_serial(1)) == "P000000018"

    @given(st.integers(0, 10**8 - 1), st.integers(0, 7), st.integers(1, 9))
    def test_that_is_new_shows_every_wrong_digit(self, serial: int, place: int, step: int) -> None:
        right = f"{serial:08d}"
        wrong = right[:place] + str((int(right[place]) + step) % 10) + right[place + 1 :]
        assert str(CardNumber.of_serial(serial))[-1] != str(CardNumber.of_serial(int(wrong)))[-1]


class TestAName:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("  Ada   Lovelace ", "Ada Lovelace"),
            ("\u0645\u06cc\u200c\u0646\u0627", "\u0645\u06cc\u200c\u0646\u0627"),
        ],
    )
    def test_is_tidied(self, typed: str, kept: str) -> None:
        assert str(PersonName.parse(typed)) == kept

    @pytest.mark.parametrize(
        "typed", ["", " \t", "\u200b\u200b", "\u200d", "x" * 201, "Ada\x00", "\ud800", "A\u202eB"]
    )
    def test_shows_something_and_nothing_hidden(self, typed: str) -> None:
        with pytest.raises(InvalidName):
            PersonName.parse(typed)

    def test_is_sorted_without_accents_and_capitals(self) -> None:
        assert PersonName.parse("Émile ÅNGSTRÖM").sort_key == "emile angstrom"

    @given(st.text())
    def test_folds_to_what_fits_its_column(self, text: str) -> None:
        assert len(PersonName(text).sort_key) <= 600


class TestACategory:
    def test_has_a_code_and_a_name(self) -> None:
        assert Category.parse(code="child", name=" Under  14 ") == Category(code="child", name="Under 14")

    @pytest.mark.parametrize(
        ("code", "name"), [("", "x"), ("Child", "x"), ("1st", "x"), ("child", " "), ("a\n", "x")]
    )
    def test_is_refused_otherwise(self, code: str, name: str) -> None:
        with pytest.raises(InvalidCategory):
            Category.parse(code=code, name=name)


class TestWaitingAfterAFailure:
    def test_doubles_up_to_a_minute(self) -> None:
        waits = [wait_after(attempts=attempts) for attempts in (1, 2, 5, 6, 7, 100_000)]
        assert waits == [timedelta(seconds=seconds) for seconds in (2, 4, 32, 60, 60, 60)]
