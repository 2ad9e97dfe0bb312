"""Whose a loan was is forgotten in time, or at once, or never, as its patron wants it."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, connection, transaction
from django.test import Client

from catalog.models import BorrowingCountRow
from lending.domain.loan import Loan
from lending.models import HoldRow, LedgerEntryRow, LoanRow
from lending.services.commands.place_hold import PlaceHold
from lending.services.commands.post_payment import PostPayment
from lending.services.commands.return_book import ReturnBook
from lending.services.commands.waive_charge import WaiveCharge
from lending.services.loan_details import LoanDetails
from lending.services.queries.privacy import PrivacyReport
from lending.tasks import anonymise_loans
from outbox.models import REDACTED, InboxEntry, OutboxMessage
from outbox.pending import republish
from patrons.models import NoticeRow
from patrons.services.commands.erase_patron import ErasePatron
from patrons.services.commands.link_login import LinkLogin
from patrons.services.commands.update_contact import UpdateContact
from patrons.services.patron_details import PatronDetails
from shared_kernel.models import AuditEntry, IdempotencyRecord
from shared_kernel.services.commands import dispatch
from shared_kernel.services.logins import CreateLogin
from shared_kernel.services.queries import ask
from shared_kernel.services.request_context import with_context
from tests.factories import a_copy, a_loan
from tests.factories_patrons import a_patron
from tests.integration.lending.desk import Desk

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def letters(settings: Any, tmp_path: Path) -> Path:
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick
    return tmp_path / "mail"


def run(*, days: float) -> dict[str, Any]:
    """Let the job run so many days from now; what it reports."""
    out = StringIO()
    call_command("anonymise_loans", "--json", as_of=NOW + timedelta(days=days), stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def changes(*, days: float) -> int:
    return int(run(days=days)["changed"])


def returned(patron: PatronDetails | None = None) -> LoanDetails:
    loan = a_loan(patron_card=(patron or a_patron()).card_number)
    dispatch(ReturnBook(copy_barcode=loan.copy_barcode))
    return loan


def with_privacy(choice: str) -> PatronDetails:
    patron = a_patron()
    dispatch(UpdateContact(patron=patron.id, privacy=choice))
    return patron


def nobodys() -> set[UUID]:
    return set(LoanRow.objects.filter(patron_id__isnull=True).values_list("id", flat=True))


def deliver() -> None:
    call_command("relay_outbox", "--once", stdout=StringIO())


def late(loan: LoanDetails) -> None:
    """Bring the copy back ten days after it was due."""
    with with_context(acts_at=NOW + timedelta(days=25)):
        dispatch(ReturnBook(copy_barcode=loan.copy_barcode))


class TestAReturnedLoan:
    def test_is_somebodys_for_ninety_days_and_nobodys_after(self) -> None:
        loan = returned()
        assert (changes(days=90), nobodys()) == (0, set())
        assert (changes(days=90.01), nobodys()) == (1, {loan.id})

    def test_is_anonymised_once(self) -> None:
        returned()
        assert [changes(days=91) for _ in range(3)] == [1, 0, 0]
        told = OutboxMessage.objects.filter(type="lending.loan_anonymised.v1")
        assert told.count() == 1
        assert AuditEntry.objects.filter(action="AnonymiseLoan").count() == 1

    def test_is_nobodys_once_the_return_is_final_if_its_patron_wants_that(self) -> None:
        loan = returned(with_privacy("never"))
        returned()
        assert changes(days=0) == 0
        assert (changes(days=0.02), nobodys()) == (1, {loan.id})

    def test_is_somebodys_for_ever_if_its_patron_wants_that(self) -> None:
        returned(with_privacy("forever"))
        report = run(days=10_000)
        assert report["changed"] == 0
        assert report["report"]["by_choice"] == 1

    def test_of_somebody_who_was_erased_goes_by_the_usual_time(self) -> None:
        patron = with_privacy("forever")
        loan = returned(patron)
        dispatch(ErasePatron(patron=patron.id, comment="asked for it"))
        assert changes(days=89) == 0
        assert (changes(days=91), nobodys()) == (1, {loan.id})

    def test_follows_the_setting(self, settings: Any) -> None:
        settings.LOANS_KEPT_DAYS = 7
        loan = returned()
        assert changes(days=6.9) == 0
        assert run(days=7.1)["report"]["kept_days"] == 7
        assert nobodys() == {loan.id}


class TestALoan:
    def test_that_is_not_returned_stays_somebodys(self) -> None:
        a_loan(patron_card=with_privacy("never").card_number)
        assert (changes(days=10_000), nobodys()) == (0, set())

    def test_stays_somebodys_while_something_is_owed_for_it(self) -> None:
        patron = a_patron()
        loan = a_loan(patron_card=patron.card_number)
        late(loan)
        report = run(days=400)
        assert (report["changed"], report["report"]["charged"], report["report"]["due"]) == (0, 1, 0)
        owed = sum(LedgerEntryRow.objects.values_list("amount_minor", flat=True))
        dispatch(PostPayment(patron=patron.id, amount=f"{owed / 100:.2f}"))
        assert (changes(days=400), nobodys()) == (1, {loan.id})

    def test_is_kept_by_its_own_charges_alone(self) -> None:
        patron = a_patron()
        paid, owing = (a_loan(patron_card=patron.card_number) for _ in range(2))
        late(paid)
        owed = sum(LedgerEntryRow.objects.values_list("amount_minor", flat=True))
        dispatch(PostPayment(patron=patron.id, amount=f"{owed / 100:.2f}"))
        late(owing)
        assert (changes(days=400), nobodys()) == (1, {paid.id})

    def test_that_is_broken_stops_no_other(self) -> None:
        broken, *others = (returned() for _ in range(4))
        anonymise = Loan.anonymise

        def fail_for_one(loan: Loan, **kwargs: Any) -> None:
            if loan.id == broken.id:
                raise RuntimeError("broken")
            anonymise(loan, **kwargs)

        with patch.object(Loan, "anonymise", fail_for_one), pytest.raises(CommandError) as failed:
            run(days=91)
        assert str(broken.id) in str(failed.value)
        assert failed.value.returncode == 1
        assert nobodys() == {loan.id for loan in others}
        assert changes(days=91) == 1

    def test_that_has_not_ended_can_not_be_nobodys_in_the_database(self) -> None:
        loan = a_loan()
        with pytest.raises(IntegrityError), transaction.atomic():
            LoanRow.objects.filter(id=loan.id).update(patron_id=None, anonymised_at=NOW)


class TestALoanThatIsNobodys:
    def test_is_shown_without_its_patron(self, desk: Desk) -> None:
        patron = a_patron()
        loan = returned(patron)
        changes(days=91)
        assert desk.get(f"/loans/{loan.id}").json()["patron"] is None
        assert desk.get("/loans", patron=str(patron.id)).json()["results"] == []
        assert [it["patron"] for it in desk.get("/loans").json()["results"]] == [None]

    @pytest.mark.parametrize("what", ["renew", "declare-lost", "claim-returned", "undo-return"])
    def test_is_not_changed_any_more(self, desk: Desk, what: str) -> None:
        loan = returned()
        changes(days=91)
        answer = desk.post(f"/loans/{loan.id}/{what}")
        assert (answer.status_code, answer.json()["code"]) == (409, "loan_anonymised")

    def test_counts_as_before(self) -> None:
        patron = a_patron()
        for _ in range(3):
            returned(patron)
        late(a_loan(patron_card=patron.card_number))
        owed = sum(LedgerEntryRow.objects.values_list("amount_minor", flat=True))
        dispatch(PostPayment(patron=patron.id, amount=f"{owed / 100:.2f}"))
        deliver()

        def figures() -> object:
            loans = LoanRow.objects.order_by("id")
            entries = LedgerEntryRow.objects.order_by("id")
            return (
                list(loans.values_list("book_id", "branch", "category", "borrowed_at", "returned_at")),
                list(entries.values_list("account_id", "kind", "amount_minor", "at")),
                list(BorrowingCountRow.objects.order_by("book_id").values_list("month", "count")),
                NoticeRow.objects.count(),
            )

        before = figures()
        assert changes(days=400) >= 4
        deliver()
        assert figures() == before


class TestNothing:
    """Who knows the loan finds nobody, and who knows the patron finds no loan."""

    def a_story(self, desk: Desk) -> tuple[PatronDetails, LoanDetails]:
        """A patron waits for a book, borrows it, renews it, brings it back late, pays; all is told."""
        patron, copy = a_patron(), a_copy()
        login = dispatch(CreateLogin(name="reader", role="patron"))
        dispatch(LinkLogin(card=patron.card_number, login_id=login.id))
        dispatch(PlaceHold(book=copy.book, patron_card=patron.card_number))
        answer = desk.borrow(copy.barcode, patron.card_number, key="borrowed-0001")
        assert answer.status_code == 201
        loan = LoanDetails(**{**answer.json(), "id": UUID(answer.json()["id"])})
        browser = Client()
        browser.force_login(User.objects.get(pk=login.id))
        assert browser.post(f"/api/v1/loans/{loan.id}/renew", {}, "application/json").status_code == 200
        with with_context(acts_at=NOW + timedelta(days=40)):
            dispatch(ReturnBook(copy_barcode=copy.barcode))
        owed = sum(LedgerEntryRow.objects.values_list("amount_minor", flat=True))
        dispatch(PostPayment(patron=patron.id, amount=f"{owed / 100:.2f}"))
        return patron, loan

    def rows_that_tie(self, *ids: UUID) -> set[str]:
        """The tables with a row in which all of these ids occur."""
        found = set()
        spelt = [{str(each), each.hex} for each in ids]
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
                for row in cursor.fetchall():
                    text = " ".join(_text(value) for value in row)
                    if all(any(form in text for form in forms) for forms in spelt):
                        found.add(table)
        return found

    def test_ties_them_any_more(self, desk: Desk, letters: Path) -> None:
        patron, loan = self.a_story(desk)
        deliver()
        call_command("deliver_notices", stdout=StringIO())
        ties = self.rows_that_tie(patron.id, loan.id)
        assert {"lending_loan", "lending_ledger_entry", "outbox_outboxmessage"} <= ties
        assert {"patrons_noticerow", "shared_kernel_receipt", "shared_kernel_auditentry"} <= ties
        assert any(loan.title in file.read_text() for file in letters.iterdir())
        assert changes(days=400) > 0
        deliver()
        assert self.rows_that_tie(patron.id, loan.id) == set()
        hold = HoldRow.objects.get(book_id=loan.book)
        assert hold.patron_id is None
        assert self.rows_that_tie(patron.id, hold.id) == set()
        assert self.rows_that_tie(patron.id, UUID(str(loan.book))) == set()
        assert not AuditEntry.objects.filter(principal__startswith="user:", subjects__loan=str(loan.id))
        assert not any(loan.title in file.read_text() for file in letters.iterdir())
        told = OutboxMessage.objects.filter(aggregate_id=loan.id).order_by("aggregate_version")
        versions = list(told.values_list("aggregate_version", flat=True))
        assert versions == list(range(1, len(versions) + 1))

    def test_is_forgotten_that_somebody_has_not_heard_yet(self, desk: Desk) -> None:
        patron, loan = self.a_story(desk)
        changes(days=400)
        assert self.rows_that_tie(patron.id, loan.id) == {"outbox_outboxmessage"}
        deliver()
        assert InboxEntry.objects.count() > 0
        changes(days=401)
        assert self.rows_that_tie(patron.id, loan.id) == set()

    def test_is_sent_again_of_what_was_forgotten(self, desk: Desk) -> None:
        self.a_story(desk)
        deliver()
        changes(days=400)
        forgotten = OutboxMessage.objects.filter(payload=REDACTED)
        assert forgotten.filter(type="lending.book_borrowed.v1").exists()
        InboxEntry.objects.filter(event_id__in=forgotten.values("event_id")).delete()
        assert InboxEntry.objects.filter(consumer="patrons").exists()
        republish("patrons", ["lending.book_borrowed.v1", "lending.book_returned.v1"])
        assert not forgotten.filter(published_at__isnull=True).exists()

    def test_is_answered_to_a_request_that_is_repeated(self, desk: Desk) -> None:
        patron, loan = self.a_story(desk)
        changes(days=400)
        again = desk.borrow(loan.copy_barcode, patron.card_number, key="borrowed-0001")
        assert (again.status_code, again.json()["code"]) == (404, "not_found")
        assert IdempotencyRecord.objects.filter(result=None).exists()


class TestTheJob:
    def test_runs_by_the_clock(self) -> None:
        loan = returned()
        with with_context(acts_at=NOW + timedelta(days=91)):
            anonymise_loans()
        assert nobodys() == {loan.id}

    def test_proves_what_it_did_and_tells_why_the_rest_is_kept(self) -> None:
        a_loan()
        returned(with_privacy("forever"))
        late(a_loan())
        returned()
        out = StringIO()
        call_command("anonymise_loans", as_of=NOW + timedelta(days=95), stdout=out)
        lines = [line.split(maxsplit=1) for line in out.getvalue().splitlines()[1:]]
        counted = {words.strip(): int(number) for number, words in lines[1:]}
        assert counted == {
            "anonymised": 1,
            "kept: not returned": 1,
            "kept: returned recently": 1,
            "kept: the patron wants to keep them": 1,
            "kept: the patron may still owe something": 0,
            "to be anonymised next": 0,
        }
        report = run(days=95)["report"]
        assert (report["anonymous"], report["due"], report["kept_days"]) == (1, 0, 90)
        assert report["last_anonymised_at"] is not None

    def test_takes_the_same_number_of_statements_for_its_report_however_many_loans(
        self, django_assert_max_num_queries: Any
    ) -> None:
        for _ in range(3):
            returned()
        with django_assert_max_num_queries(8):
            assert ask(PrivacyReport()).recent == 3


class TestAnErasedPatron:
    def test_leaves_no_words_about_them_in_the_account(self, desk: Desk) -> None:
        patron = a_patron()
        late(a_loan(patron_card=patron.card_number))
        charge = LedgerEntryRow.objects.get()
        told = {"amount": f"{charge.amount_minor / 100:.2f}", "reason": "Zwiebelfisch was ill"}
        dispatch(WaiveCharge(patron=patron.id, charge=charge.id, **told))
        dispatch(ErasePatron(patron=patron.id, comment="asked for it"))
        assert LedgerEntryRow.objects.exclude(reason="").exists()
        deliver()
        assert not LedgerEntryRow.objects.exclude(reason="").exists()
        assert sum(LedgerEntryRow.objects.values_list("amount_minor", flat=True)) == 0


def _text(value: object) -> str:
    return bytes(value).decode(errors="replace") if isinstance(value, bytes | memoryview) else str(value)
