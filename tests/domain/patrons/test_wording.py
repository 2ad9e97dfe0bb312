import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrons.domain.language import LANGUAGES, UnknownLanguage, known_language
from patrons.domain.notice import KINDS
from patrons.domain.wording import (
    KindNotFound,
    PlaceholderMissing,
    StrayBrace,
    SubjectUnfit,
    TextUnfit,
    UnknownPlaceholder,
    Wording,
)
from shared_kernel.domain.errors import Refused

FACTS = {"name": "Ada", "book_title": "Emma", "barcode": "B-1", "due_on": "29 January", "days_overdue": ""}


def worded(text: str, *, subject: str = "Subject", kind: str = "return_confirmation") -> Wording:
    return Wording.parse(kind=kind, subject=subject, text=text)


def refusals(text: str, *, subject: str = "Subject", kind: str = "return_confirmation") -> list[type]:
    with pytest.raises(Refused) as refused:
        worded(text, subject=subject, kind=kind)
    return [type(each) for each in refused.value.refusals]


class TestAWording:
    def test_is_filled_with_facts_in_subject_and_text(self) -> None:
        subject, text = worded("Dear {name},\n\n{ book_title }", subject="{book_title} is back").filled(FACTS)
        assert (subject, text) == ("Emma is back", "Dear Ada,\n\nEmma\n")

    def test_leaves_out_a_line_that_has_nothing_to_say(self) -> None:
        assert worded("Back.\n\nIt was {days_overdue} late.\n\nThank you.").filled(FACTS)[1] == (
            "Back.\n\nThank you.\n"
        )

    def test_shows_a_brace_that_is_doubled(self) -> None:
        assert worded("{{name}} is {name}").filled(FACTS)[1] == "{name} is Ada\n"

    def test_puts_no_fact_into_the_place_of_another(self) -> None:
        sly = {**FACTS, "book_title": "{name} {barcode} {{"}
        assert worded("{book_title}").filled(sly)[1] == "{name} {barcode} {{\n"

    def test_quotes_its_own_words_for_a_format(self) -> None:
        shouted = worded("dear {name} {{").filled(FACTS, quote=str.upper)[1]
        assert shouted == "DEAR Ada {\n"

    def test_forgets_the_line_ends_of_browsers_and_spaces_at_the_ends(self) -> None:
        assert worded("Dear  \r\n  you\r\n\r\n") == Wording(subject="Subject", text="Dear\n  you")


class TestAWordingThatIsNone:
    @pytest.mark.parametrize(
        "placeholder", ["{nmae}", "{}", "{0}", "{name.__class__}", "{name!r}", "{name:>9}"]
    )
    def test_knows_no_other_placeholder(self, placeholder: str) -> None:
        assert refusals(f"Dear\n{placeholder}") == [UnknownPlaceholder]

    def test_is_refused_by_line_with_what_would_do(self) -> None:
        with pytest.raises(Refused) as refused:
            worded("Dear {name},\nyou owe {amount}")
        (refusal,) = refused.value.refusals
        assert refusal.pointer == "/text"
        assert refusal.detail == (
            "Line 2: letters of this kind have no placeholder {amount}. "
            "Available: {name}, {book_title}, {barcode}, {due_on}, {days_overdue}."
        )

    @pytest.mark.parametrize("text", ["{name", "name}", "{name\n}", "a { b", "{{name}"])
    def test_has_a_brace_that_stands_alone(self, text: str) -> None:
        assert StrayBrace in refusals(text)

    @pytest.mark.parametrize("text", ["", " \n ", "\x00", "a\x07", "\ud800", "x" * 5001])
    def test_has_no_text(self, text: str) -> None:
        assert refusals(text) == [TextUnfit]

    @pytest.mark.parametrize("subject", ["", " ", "\x00", "\u200b", "x" * 151])
    def test_has_no_subject(self, subject: str) -> None:
        assert refusals("Dear", subject=subject) == [SubjectUnfit]

    def test_tells_all_that_is_wrong_at_once(self) -> None:
        assert refusals("{x}\n}", subject="{y}") == [UnknownPlaceholder, UnknownPlaceholder, StrayBrace]

    def test_lacks_what_the_letter_is_for(self) -> None:
        assert refusals("Dear {name}", kind="password_link") == [PlaceholderMissing]
        assert worded("{link}", kind="password_link").placeholders == {"link"}

    def test_is_of_no_kind(self) -> None:
        with pytest.raises(KindNotFound):
            worded("Dear", kind="carrier_pigeon")

    @given(st.text(max_size=200), st.text(max_size=40))
    def test_is_refused_or_makes_a_letter_and_never_anything_else(self, text: str, subject: str) -> None:
        for kind in ("loan_receipt", "password_link"):
            facts = dict.fromkeys(KINDS[kind].placeholders, "fact")
            try:
                wording = worded(text, subject=subject, kind=kind)
            except Refused:
                continue
            assert "\n" not in wording.filled(facts)[0]
            assert Wording.parse(kind=kind, subject=wording.subject, text=wording.text) == wording


class TestALanguage:
    def test_is_one_that_letters_are_written_in(self) -> None:
        assert [known_language(code) for code in LANGUAGES] == ["en", "de"]

    @pytest.mark.parametrize("code", ["", "EN", "fr", "en-gb"])
    def test_is_no_other(self, code: str) -> None:
        with pytest.raises(UnknownLanguage):
            known_language(code)
