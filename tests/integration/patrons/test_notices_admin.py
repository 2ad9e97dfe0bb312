"""Every letter's state in sight, the letter as it was sent, and another attempt for those that need one."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from patrons.models import ChannelPauseRow, NoticeRow
from patrons.services.commands.erase_patron import ErasePatron
from patrons.services.commands.revise_wording import ReviseWording
from patrons.services.queries.letters import ShowLetter
from shared_kernel.models import AuditEntry
from shared_kernel.services.commands import dispatch
from shared_kernel.services.queries import ask
from tests.factories_patrons import a_patron, owe

pytestmark = pytest.mark.django_db

NOTICES = "/admin/patrons/noticerow/"


@pytest.fixture(autouse=True)
def letters(settings: Any, tmp_path: Path) -> None:
    settings.EMAIL_FILE_PATH = tmp_path / "mail"


@pytest.fixture
def librarian(login_as: Callable[[str], Any]) -> Client:
    browser: Client = login_as("librarian")[0]
    return browser


@pytest.fixture
def operator(login_as: Callable[[str], Any]) -> Client:
    browser: Client = login_as("operator")[0]
    return browser


def in_state(state: str, **fields: Any) -> NoticeRow:
    notice = owe()
    NoticeRow.objects.filter(id=notice.id).update(state=state, **fields)
    return notice


def deliver() -> None:
    call_command("deliver_notices", "--json")


def page(answer: Any) -> str:
    text: str = answer.content.decode()
    return text


class TestTheList:
    def test_counts_what_is_not_done_with_by_state(self, operator: Client) -> None:
        in_state("ambiguous"), in_state("failed"), in_state("failed")
        owe()
        shown = page(operator.get(NOTICES))
        for state, count in (("Queued", 1), ("Sending", 0), ("Ambiguous", 1), ("Failed", 2)):
            assert f"{state}: <strong>{count}</strong>" in shown

    def test_says_that_sending_is_paused(self, operator: Client) -> None:
        later = timezone.now() + timedelta(minutes=5)
        ChannelPauseRow.objects.create(channel="email", until=later, reason="SendGrid answered 401")
        assert "Sending is paused" in page(operator.get(NOTICES))

    def test_narrows_to_what_needs_somebody(self, operator: Client) -> None:
        lost, failed, queued = in_state("ambiguous"), in_state("failed"), owe()
        shown = page(operator.get(f"{NOTICES}?attention=needed"))
        assert str(lost.id) in shown
        assert str(failed.id) in shown
        assert str(queued.id) not in shown

    @pytest.mark.parametrize(
        "narrowed", ["state__exact=queued", "kind__exact=loan_receipt", "language__exact=de"]
    )
    def test_narrows_by_state_kind_and_language(self, operator: Client, narrowed: str) -> None:
        found, other = owe(), owe(kind="due_soon")
        NoticeRow.objects.filter(id=found.id).update(language="de")
        NoticeRow.objects.filter(id=other.id).update(state="accepted")
        shown = page(operator.get(f"{NOTICES}?{narrowed}"))
        assert str(found.id) in shown
        assert str(other.id) not in shown

    def test_narrows_to_one_patron_for_the_desk_alone(self, librarian: Client, operator: Client) -> None:
        ada = a_patron()
        hers, other = owe(patron=ada), owe()
        shown = page(librarian.get(f"{NOTICES}?patron_id__exact={ada.id}"))
        assert str(hers.id) in shown
        assert str(other.id) not in shown
        assert operator.get(f"{NOTICES}?patron_id__exact={ada.id}").status_code == 400
        link = f"{NOTICES}?patron_id__exact={ada.id}"
        assert link in page(librarian.get(f"/admin/patrons/patronrow/{ada.id}/change/"))

    @pytest.mark.parametrize(
        "lookup", ["letter_text__contains=Emma", "patron_id__startswith=0", "params__x=1"]
    )
    def test_tells_nothing_by_narrowing(self, librarian: Client, lookup: str) -> None:
        assert librarian.get(f"{NOTICES}?{lookup}").status_code == 400


class TestALetter:
    def test_is_shown_as_it_was_sent_whatever_became_of_its_wording(self, librarian: Client) -> None:
        ada = a_patron(name="Ada <Lovelace>", language="de")
        notice = owe(patron=ada, book_title="Emma & more")
        deliver()
        dispatch(ReviseWording(kind="loan_receipt", language="de", subject="Neu", text="Ganz neu"))
        shown = page(librarian.get(f"{NOTICES}{notice.id}/change/"))
        assert "As it was sent" in shown
        assert "Ausgeliehen: Emma &amp; more" in shown
        assert "Guten Tag Ada &lt;Lovelace&gt;," in shown
        assert "Ganz neu" not in shown

    def test_that_is_still_to_be_sent_is_shown_as_it_would_be(self, librarian: Client) -> None:
        notice = owe(book_title="Emma")
        shown = page(librarian.get(f"{NOTICES}{notice.id}/change/"))
        assert "As it would be sent now" in shown
        assert "You borrowed Emma" in shown

    def test_of_a_kind_that_there_is_not_is_none(self, librarian: Client) -> None:
        notice = owe(kind="carrier_pigeon")
        assert "There is none" in page(librarian.get(f"{NOTICES}{notice.id}/change/"))

    def test_that_lacks_what_it_should_tell_is_none(self, librarian: Client) -> None:
        notice = in_state("failed", params={"book_title": "Emma"})
        assert "There is none" in page(librarian.get(f"{NOTICES}{notice.id}/change/"))

    def test_of_a_notice_that_there_is_not_is_none(self) -> None:
        assert ask(ShowLetter(notice=uuid4())) is None

    def test_keeps_neither_name_nor_address_nor_the_way_in(self, settings: Any) -> None:
        ada = a_patron(name="Ada Lovelace", email="ada@example.org")
        owe(patron=ada)
        Client().post("/password", {"to": ada.email})
        deliver()
        rows = str(list(NoticeRow.objects.values()))
        assert NoticeRow.objects.filter(state="accepted").count() == 2
        assert "Dear {name}," in rows
        assert "{link}" in rows
        assert "/password/" not in rows
        assert "lovelace" not in rows.lower()

    def test_of_somebody_erased_is_gone(self, librarian: Client) -> None:
        ada = a_patron()
        notice = owe(patron=ada, book_title="Emma")
        deliver()
        dispatch(ErasePatron(patron=ada.id, comment="asked for it"))
        notice.refresh_from_db()
        assert (notice.letter_subject, notice.letter_text, notice.params) == ("", "", {})
        assert "Emma" not in page(librarian.get(f"{NOTICES}{notice.id}/change/"))

    def test_is_not_for_the_operator(self, operator: Client) -> None:
        notice = owe(book_title="Secret Memoirs")
        deliver()
        shown = page(operator.get(f"{NOTICES}{notice.id}/change/"))
        assert "accepted" in shown.lower()
        assert "Secret Memoirs" not in shown


class TestAnotherAttempt:
    @pytest.mark.parametrize("state", ["ambiguous", "failed"])
    def test_is_made_after_asking(self, operator: Client, state: str) -> None:
        notice = in_state(state)
        address = f"{NOTICES}{notice.id}/send-again/"
        assert address in page(operator.get(f"{NOTICES}{notice.id}/change/"))
        assert "Send it again" in page(operator.get(address))
        assert NoticeRow.objects.get().state == state
        assert "1 done." in page(operator.post(address, follow=True))
        deliver()
        assert NoticeRow.objects.get().state == "accepted"
        assert AuditEntry.objects.get(action="ResendNotice").subjects == {"notice": str(notice.id)}

    def test_is_refused_with_the_reason_for_what_needs_none(self, operator: Client) -> None:
        notice = owe()
        answer = operator.post(f"{NOTICES}{notice.id}/send-again/", follow=True)
        assert "Only an ambiguous or failed notice can be sent again" in page(answer)

    def test_is_not_offered_for_what_is_untrue_now(self, operator: Client) -> None:
        notice = in_state("ambiguous", untrue_at=timezone.now())
        shown = page(operator.get(f"{NOTICES}{notice.id}/change/"))
        assert "/send-again/" not in shown
        assert "isn&#x27;t true now" in shown

    def test_is_the_operators(self, librarian: Client, operator: Client) -> None:
        notice = in_state("failed")
        assert librarian.post(f"{NOTICES}{notice.id}/send-again/").status_code == 403
        assert "send-again" not in page(librarian.get(f"{NOTICES}{notice.id}/change/"))
        assert operator.get(f"{NOTICES}{uuid4()}/send-again/").status_code == 404
