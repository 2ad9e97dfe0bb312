import pytest

from shared_kernel.services.redaction import Identity, redact

XANTHIPPE = Identity.of(name="Xanthippe von Quéndel", email="x.q@example.org", card_number="P-4711")
LI = Identity.of(name="Bo Li", email="bo@example.org", card_number="7")


class TestSomebodyInAText:
    @pytest.mark.parametrize(
        ("text", "left"),
        [
            ("torn by Xanthippe von Quendel", "torn by …"),
            ("torn by XANTHIPPE VON QUÉNDEL.", "torn by …."),
            ("Quendel, Xanthippe von: wet", "…: wet"),
            ("Ms Quendel's dog; quendel again", "Ms …'s dog; … again"),
            ("write to X.Q@example.org, card p-4711", "write to …, card …"),
            ("Quendelin von Arnim, P-47110", "Quendelin von Arnim, P-47110"),
            ("wet", "wet"),
        ],
    )
    def test_is_struck_out(self, text: str, left: str) -> None:
        assert redact(text, XANTHIPPE.mentions_in(text)) == left

    @pytest.mark.parametrize(
        ("name", "text"),
        [("Inger Sørensen", "Sorensen"), ("Wanda Łukasik", "LUKASIK"), ("Jörg Weißmann", "WEISSMANN")],
    )
    def test_is_found_as_search_finds_it(self, name: str, text: str) -> None:
        person = Identity.of(name=name, email="p@example.org", card_number="P-1")
        assert redact(text, person.mentions_in(text)) == "…"

    def test_of_short_names_is_told_by_the_whole_name(self) -> None:
        assert (
            redact("Bo Li, Li Bo: 7 pages, li", LI.mentions_in("Bo Li, Li Bo: 7 pages, li"))
            == "…, …: … pages, li"
        )

    def test_is_whole_by_name_address_or_card(self) -> None:
        whole = ["said Xanthippe von Quendel", "x.q@EXAMPLE.org", '"P-4711"']
        assert all(XANTHIPPE.is_identified_in(text) for text in whole)
        assert not XANTHIPPE.is_identified_in("Quendel")
