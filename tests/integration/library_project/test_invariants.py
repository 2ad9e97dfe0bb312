"""Every invariant of the stored data holds after a busy day, and each is found out when it doesn't."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.models import F
from django.test import Client

from catalog.models import BookRow, CopyRow, IsbnRow
from lending.models import (
    AccountRow,
    BranchRow,
    CirculationRuleRow,
    ClosureRow,
    HoldQueueRow,
    HoldRow,
    InHouseUseRow,
    LedgerEntryRow,
    LoanRow,
    RuleVersionRow,
)
from lending.services.commands.add_closure import AddClosure
from lending.services.commands.mark_hold_ready import MarkHoldReady
from lending.services.commands.place_hold import PlaceHold
from lending.services.commands.post_payment import PostPayment
from lending.services.commands.return_book import ReturnBook
from lending.services.commands.waive_charge import WaiveCharge
from library_project.invariants import all_invariants
from library_project.tasks import check_invariants
from outbox.models import InboxEntry, OutboxMessage
from patrons.models import NoticeRow, PatronRow
from patrons.services.commands.erase_patron import ErasePatron
from shared_kernel.models import AuditEntry, InvariantCheck
from shared_kernel.services.commands import dispatch
from shared_kernel.services.invariants import MOST, Invariant, check_invariant
from shared_kernel.services.request_context import with_context
from tests.factories import a_book, a_copy, a_loan
from tests.factories_patrons import a_patron

pytestmark = pytest.mark.django_db

NAMES = [invariant.name for invariant in all_invariants()]
LATER = datetime.now(UTC) + timedelta(days=30)


def deliver() -> None:
    call_command("relay_outbox", "--once", stdout=StringIO())


@pytest.fixture(autouse=True)
def an_index_of_no_other_tests_books() -> None:
    """SQLite's full-text table is no model's, so transactional tests leave words in it."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM catalog_booksearch")


@pytest.fixture
def a_busy_day() -> None:
    """Something of everything that the library keeps."""
    a_book(isbn="9780306406157")
    used = a_copy()
    dispatch(ReturnBook(copy_barcode=used.barcode))
    open_loan, late = a_loan(), a_loan()
    dispatch(PlaceHold(book=open_loan.book, patron_card=a_patron().card_number))
    dispatch(PlaceHold(book=open_loan.book, patron_card=a_patron().card_number))
    allocated, ready = a_copy(), a_copy()
    dispatch(PlaceHold(book=allocated.book, patron_card=a_patron().card_number))
    hold = dispatch(PlaceHold(book=ready.book, patron_card=a_patron().card_number))
    dispatch(MarkHoldReady(hold=hold.id))
    with with_context(acts_at=LATER):
        dispatch(ReturnBook(copy_barcode=late.copy_barcode))
    charge = LedgerEntryRow.objects.get(kind="overdue")
    dispatch(PostPayment(patron=charge.patron_id, amount="1.00"))
    dispatch(WaiveCharge(patron=charge.patron_id, charge=charge.id, amount="1.00", reason="kind"))
    ended = a_loan()
    dispatch(ReturnBook(copy_barcode=ended.copy_barcode))
    dispatch(ErasePatron(patron=a_patron().id, comment="asked for it"))
    closed = datetime(2030, 12, 24, tzinfo=UTC).date()
    dispatch(AddClosure(branch="MAIN", first_on=closed, last_on=closed, reason="feast"))
    deliver()


@contextmanager
def unconstrained(*models: type[Any]) -> Iterator[None]:
    """These tables, with their rows and without a constraint, until the test is over."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for model in models:
            table = model._meta.db_table
            cursor.execute(f"ALTER TABLE {quote(table)} RENAME TO {quote(table + '_as_it_was')}")
            cursor.execute(f"CREATE TABLE {quote(table)} AS SELECT * FROM {quote(table + '_as_it_was')}")
    yield


def again(model: type[Any], row: Any, **changes: Any) -> None:
    """The row once more, with these columns changed."""
    values = {field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields}
    if not isinstance(row.pk, int):
        values["id"] = uuid4()
    else:
        values["id"] = model.objects.order_by("-id").values_list("id", flat=True)[0] + 1
    model.objects.bulk_create([model(**{**values, **changes})])


def first(model: type[Any], **wanted: Any) -> Any:
    return model.objects.filter(**wanted).order_by("pk")[0]


def set_first(model: type[Any], changes: dict[str, Any], **wanted: Any) -> None:
    assert model.objects.filter(pk=first(model, **wanted).pk).update(**changes) == 1


def forget_event_of(model: type[Any], *, version: int | None = None, **wanted: Any) -> None:
    row = first(model, **wanted)
    messages = OutboxMessage.objects.filter(aggregate_id=row.pk)
    assert messages.filter(aggregate_version=version or row.version).delete()[0] == 1


def an_event_of_nobody(like: str) -> None:
    again(OutboxMessage, first(OutboxMessage, type=like), event_id=uuid4(), aggregate_id=uuid4())


def charge() -> LedgerEntryRow:
    return LedgerEntryRow.objects.get(kind="overdue")


def plant_free_copy() -> None:
    """As if lending had forgotten to set a returned copy aside."""
    held = first(HoldRow, state="allocated")
    HoldRow.objects.filter(id=held.id).update(state="waiting", copy_id=None, barcode=None)


def plant_rule_version() -> None:
    RuleVersionRow.objects.filter(rule_id=first(CirculationRuleRow, category="regular").pk).update(values={})


#: What is planted for each invariant, and in which tables that wants no constraint.
PLANTED: dict[str, tuple[tuple[type[Any], ...], Callable[[], object]]] = {
    "outbox.one_event_for_each_version": (
        (OutboxMessage,),
        lambda: again(OutboxMessage, first(OutboxMessage), event_id=uuid4()),
    ),
    "outbox.no_version_is_missing": (
        (),
        lambda: forget_event_of(AccountRow, version=2),
    ),
    "outbox.payload_matches_columns": (
        (),
        lambda: set_first(
            OutboxMessage, {"type": "lending.book_returned.v1"}, type="lending.book_borrowed.v1"
        ),
    ),
    "outbox.event_is_received_once": (
        (InboxEntry,),
        lambda: again(InboxEntry, first(InboxEntry)),
    ),
    "catalog.one_copy_for_each_barcode": (
        (CopyRow,),
        lambda: again(CopyRow, first(CopyRow)),
    ),
    "catalog.one_book_for_each_isbn": ((IsbnRow,), lambda: again(IsbnRow, first(IsbnRow))),
    "catalog.a_book_is_found_by_its_isbns": ((), lambda: first(IsbnRow).delete()),
    "catalog.a_book_has_a_title_and_an_author": ((BookRow,), lambda: set_first(BookRow, {"title": ""})),
    "catalog.a_copy_is_of_a_book": ((CopyRow,), lambda: set_first(CopyRow, {"book_id": uuid4()})),
    "catalog.a_copy_is_in_a_known_condition": (
        (CopyRow,),
        lambda: set_first(CopyRow, {"condition": "eaten"}),
    ),
    "catalog.a_book_is_as_its_last_event_left_it": (
        (),
        lambda: forget_event_of(BookRow, id=first(HoldRow, state="ready").book_id),
    ),
    "catalog.a_copy_is_as_its_last_event_left_it": (
        (),
        lambda: set_first(CopyRow, {"version": F("version") + 1}),
    ),
    "catalog.an_event_is_of_a_book_or_copy": ((), lambda: an_event_of_nobody("catalog.book_added.v1")),
    "catalog.a_book_is_found_by_what_it_says": ((), lambda: set_first(BookRow, {"search_text": "nothing"})),
    "catalog.no_book_is_found_that_is_gone": ((), lambda: None),  # see below
    "patrons.one_patron_for_each_card": (
        (PatronRow,),
        lambda: again(PatronRow, first(PatronRow), email="other@example.org", login_id=None),
    ),
    "patrons.one_patron_for_each_address": (
        (PatronRow,),
        lambda: again(PatronRow, first(PatronRow), email=first(PatronRow).email.upper(), card_number="X"),
    ),
    "patrons.a_patron_can_be_named_and_reached": ((PatronRow,), lambda: set_first(PatronRow, {"name": ""})),
    "patrons.a_patron_is_in_a_known_category": (
        (PatronRow,),
        lambda: set_first(PatronRow, {"category_id": "pirates"}),
    ),
    "patrons.a_patron_is_as_their_last_event_left_them": (
        (),
        lambda: set_first(PatronRow, {"version": F("version") + 1}),
    ),
    "patrons.an_event_is_of_a_patron": ((), lambda: an_event_of_nobody("patrons.patron_registered.v1")),
    "patrons.one_notice_for_each_event": ((NoticeRow,), lambda: again(NoticeRow, first(NoticeRow))),
    "patrons.a_notice_follows_from_an_event": ((), lambda: set_first(NoticeRow, {"event_id": uuid4()})),
    "patrons.a_notice_that_is_settled_says_when": (
        (),
        lambda: set_first(NoticeRow, {"state": "accepted", "finished_at": None}),
    ),
    "patrons.nothing_tells_who_was_erased": ((), lambda: set_first(NoticeRow, {"patron_id": uuid4()})),
    "patrons.no_comment_is_about_who_was_erased": (
        (),
        lambda: AuditEntry.objects.filter(id=first(AuditEntry, action="ErasePatron").id).update(
            action="SuspendPatron"
        ),
    ),
    "lending.a_copy_is_out_once": ((LoanRow,), lambda: again(LoanRow, first(LoanRow, state="open"))),
    "lending.a_lent_copy_serves_no_hold": (
        (),
        lambda: set_first(HoldRow, {"copy_id": first(LoanRow, state="open").copy_id}, state="allocated"),
    ),
    "lending.a_loan_is_due_after_it_began": (
        (LoanRow,),
        lambda: set_first(LoanRow, {"due_at": F("borrowed_at")}),
    ),
    "lending.a_loan_ends_after_it_began": (
        (LoanRow,),
        lambda: set_first(LoanRow, {"returned_at": datetime(2001, 1, 1, tzinfo=UTC)}, state="returned"),
    ),
    "lending.a_loan_has_ended_when_it_was_returned": (
        (LoanRow,),
        lambda: set_first(LoanRow, {"returned_at": None}, state="returned"),
    ),
    "lending.due_dates_are_counted": ((), lambda: set_first(LoanRow, {"overdue_version": 9})),
    "lending.a_loan_keeps_its_terms": ((), lambda: set_first(LoanRow, {"terms": {"renewals": 3}})),
    "lending.a_loan_is_renewed_as_its_terms_allow": (
        (),
        lambda: set_first(LoanRow, {"renewals": 4, "due_version": 5}),
    ),
    "lending.a_loan_is_of_a_known_branch": ((), lambda: set_first(LoanRow, {"branch": "ATLANTIS"})),
    "lending.only_returned_loans_are_anonymised": (
        (LoanRow,),
        lambda: set_first(LoanRow, {"patron_id": None}, state="open"),
    ),
    "lending.no_account_refers_to_an_anonymised_loan": (
        (),
        lambda: LoanRow.objects.filter(id=str(charge().loan_id)).update(
            patron_id=None, anonymised_at=datetime.now(UTC)
        ),
    ),
    "lending.a_loan_is_as_its_last_event_left_it": (
        (),
        lambda: forget_event_of(LoanRow, version=1, state="open"),
    ),
    "lending.an_in_house_use_is_as_its_last_event_left_it": ((), lambda: forget_event_of(InHouseUseRow)),
    "lending.a_patron_waits_for_a_book_once": (
        (HoldRow,),
        lambda: again(HoldRow, first(HoldRow, state="waiting"), rank=77),
    ),
    "lending.a_copy_serves_one_hold": (
        (HoldRow,),
        lambda: again(HoldRow, first(HoldRow, state="ready"), patron_id=uuid4(), rank=77),
    ),
    "lending.each_place_is_taken_once": (
        (HoldRow,),
        lambda: again(HoldRow, first(HoldRow, state="waiting"), patron_id=uuid4()),
    ),
    "lending.a_hold_has_a_copy_once_one_serves_it": (
        (HoldRow,),
        lambda: set_first(HoldRow, {"pickup_deadline_at": None}, state="ready"),
    ),
    "lending.only_waiting_holds_are_suspended": (
        (),
        lambda: set_first(HoldRow, {"suspended": True}, state="ready"),
    ),
    "lending.a_hold_has_ended_when_it_says_so": (
        (),
        lambda: set_first(HoldRow, {"ended_at": datetime.now(UTC)}, state="waiting"),
    ),
    "lending.an_active_hold_has_a_patron": (
        (HoldRow,),
        lambda: set_first(HoldRow, {"patron_id": None}, state="waiting"),
    ),
    "lending.a_hold_is_in_a_queue": ((), lambda: set_first(HoldRow, {"book_id": uuid4()}, state="ready")),
    "lending.a_queue_is_as_its_last_event_left_it": (
        (),
        lambda: set_first(HoldQueueRow, {"version": F("version") + 1}, version__gt=0),
    ),
    "lending.entries_are_numbered": ((), lambda: set_first(LedgerEntryRow, {"number": 9}, number=2)),
    "lending.charges_add_and_credits_take": (
        (LedgerEntryRow,),
        lambda: set_first(LedgerEntryRow, {"amount_minor": 100}, kind="payment"),
    ),
    "lending.an_entry_is_in_its_patrons_account": (
        (),
        lambda: set_first(LedgerEntryRow, {"patron_id": uuid4()}, kind="payment"),
    ),
    "lending.the_balance_is_the_sum_of_the_ledger": (
        (),
        lambda: set_first(LedgerEntryRow, {"amount_minor": F("amount_minor") + 25}, kind="overdue"),
    ),
    "lending.nobody_pays_more_than_they_owe": (
        (),
        lambda: set_first(LedgerEntryRow, {"amount_minor": -99999}, kind="payment"),
    ),
    "lending.a_due_date_is_fined_once": (
        (LedgerEntryRow,),
        lambda: again(LedgerEntryRow, charge(), number=4),
    ),
    "lending.a_charge_is_for_the_patrons_own_loan": (
        (),
        lambda: set_first(LedgerEntryRow, {"loan_id": first(LoanRow, state="open").id}, kind="overdue"),
    ),
    "lending.a_charge_is_credited_once": (
        (),
        lambda: set_first(LedgerEntryRow, {"amount_minor": -99999}, kind="waiver"),
    ),
    "lending.a_payment_is_for_the_whole_account": (
        (),
        lambda: set_first(LedgerEntryRow, {"charge_id": charge().id}, kind="payment"),
    ),
    "lending.an_account_is_as_its_last_event_left_it": ((), lambda: forget_event_of(AccountRow)),
    "lending.one_rule_fills_what_others_leave_open": (
        (CirculationRuleRow,),
        lambda: set_first(CirculationRuleRow, {"values": {}}, branch="", category="", item_type=""),
    ),
    "lending.a_rule_is_its_latest_version": ((), plant_rule_version),
    "lending.a_closure_ends_after_it_begins": (
        (ClosureRow,),
        lambda: set_first(ClosureRow, {"last_on": datetime(2001, 1, 1, tzinfo=UTC).date()}),
    ),
    "lending.a_rule_is_as_its_last_event_left_it": ((), lambda: None),  # see below
    "lending.a_branch_is_as_its_last_event_left_it": (
        (),
        lambda: set_first(BranchRow, {"version": F("version") + 1}, code="MAIN"),
    ),
    "lending.an_event_is_of_something_that_circulates": (
        (),
        lambda: an_event_of_nobody("lending.book_borrowed.v1"),
    ),
    "lending.what_is_out_is_in_the_catalogue": (
        (),
        lambda: CopyRow.objects.filter(id=first(LoanRow, state="open").copy_id).update(condition="withdrawn"),
    ),
    "lending.what_is_waited_for_is_in_the_catalogue": (
        (),
        lambda: set_first(HoldRow, {"book_id": uuid4()}, state="waiting"),
    ),
    "lending.who_has_or_waits_or_owes_is_a_patron": (
        (),
        lambda: PatronRow.objects.filter(id=first(LoanRow, state="open").patron_id).delete(),
    ),
    "lending.no_reason_is_about_who_was_erased": (
        (),
        lambda: set_first(LedgerEntryRow, {"patron_id": uuid4()}, kind="waiver"),
    ),
    "lending.a_hold_is_served_by_a_copy_that_can_be_lent": (
        (),
        lambda: CopyRow.objects.filter(id=first(HoldRow, state="allocated").copy_id).update(
            condition="damaged"
        ),
    ),
    "lending.no_hold_waits_for_a_free_copy": ((), plant_free_copy),
    "library.every_constraint_is_in_force": ((LoanRow,), lambda: None),
}


def broken() -> dict[str, list[dict[str, str]]]:
    """What the command says is not true: by invariant, its violations."""
    out = StringIO()
    with suppress(CommandError):
        call_command("check_invariants", "--json", stdout=out)
    answer = json.loads(out.getvalue())
    assert answer["checked"] == len(NAMES)
    assert [each["failure"] for each in answer["broken"]] == [""] * len(answer["broken"])
    return {each["invariant"]: each["violations"] for each in answer["broken"]}


class TestAfterABusyDay:
    def test_all_invariants_hold(self, a_busy_day: None) -> None:
        assert broken() == {}

    def test_an_empty_library_holds_them_too(self) -> None:
        assert broken() == {}

    def test_they_hold_before_anybody_has_heard_of_anything(self) -> None:
        loan = a_loan()
        dispatch(PlaceHold(book=loan.book, patron_card=a_patron().card_number))
        a_copy(book=loan.book)
        assert broken() == {}
        deliver()
        assert broken() == {}

    def test_they_hold_when_the_outbox_has_been_pruned(self, a_busy_day: None) -> None:
        longer_ago = datetime.now(UTC) - timedelta(days=40)
        OutboxMessage.objects.update(recorded_at=longer_ago, published_at=longer_ago)
        NoticeRow.objects.update(owed_at=longer_ago)
        BookRow.objects.update(added_at=longer_ago)
        InHouseUseRow.objects.update(used_at=longer_ago)
        LoanRow.objects.update(borrowed_at=F("borrowed_at") - timedelta(days=40))
        kept = OutboxMessage.objects.order_by("-id")[:5]
        OutboxMessage.objects.filter(id__in=[each.id for each in kept]).update(published_at=datetime.now(UTC))
        call_command("prune_outbox", stdout=StringIO())
        assert OutboxMessage.objects.count() == 5
        assert broken() == {}

    def test_they_hold_when_loans_are_nobodys(self, a_busy_day: None) -> None:
        call_command("anonymise_loans", as_of=LATER + timedelta(days=400), stdout=StringIO())
        deliver()
        call_command("anonymise_loans", as_of=LATER + timedelta(days=401), stdout=StringIO())
        assert LoanRow.objects.filter(patron_id__isnull=True).exists()
        assert broken() == {}


class TestEachInvariant:
    def test_has_something_planted(self) -> None:
        assert sorted(PLANTED) == sorted(NAMES)

    def test_has_a_sentence_of_its_own(self) -> None:
        sentences = [invariant.sentence for invariant in all_invariants()]
        assert all(sentence.endswith(".") for sentence in sentences)
        assert len(set(sentences)) == len(sentences) == len(set(NAMES))

    @pytest.mark.parametrize("name", NAMES)
    def test_is_found_out_where_it_does_not_hold(self, name: str, a_busy_day: None) -> None:
        tables, plant = PLANTED[name]
        with unconstrained(*tables):
            plant()
            if name == "catalog.no_book_is_found_that_is_gone":
                if connection.vendor != "sqlite":
                    pytest.skip("elsewhere the index is a column of the book")
                with connection.cursor() as cursor:
                    words = [uuid4().hex, "ghost"]
                    cursor.execute("INSERT INTO catalog_booksearch (book, words) VALUES (%s, %s)", words)
            if name == "lending.a_rule_is_as_its_last_event_left_it":
                rule = first(CirculationRuleRow, category="regular")
                like = first(OutboxMessage, type="lending.book_borrowed.v1")
                again(OutboxMessage, like, event_id=uuid4(), aggregate_id=rule.id, aggregate_version=9)
            found = broken()
        assert found[name]
        assert all(value for row in found[name] for value in row.values())

    def test_tells_the_ids_of_what_belies_it(self, a_busy_day: None) -> None:
        loan = first(LoanRow, state="open")
        LoanRow.objects.filter(id=loan.id).update(branch="ATLANTIS")
        out = StringIO()
        with pytest.raises(CommandError, match="invariants_broken: lending") as failed:
            call_command("check_invariants", stdout=out)
        assert failed.value.returncode == 1
        assert f"id={loan.id} branch=ATLANTIS" in out.getvalue()
        assert "The branch of a loan exists." in out.getvalue()


class TestChecking:
    def test_changes_nothing(self, a_busy_day: None) -> None:
        def everything() -> dict[str, list[Any]]:
            with connection.cursor() as cursor:
                tables = sorted(
                    set(connection.introspection.table_names(cursor)) - {"shared_kernel_invariantcheck"}
                )
                found = {}
                for table in tables:
                    cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
                    found[table] = sorted(map(str, cursor.fetchall()))
                return found

        before = everything()
        broken()
        assert everything() == before

    def test_tells_a_part_of_very_many_violations_and_that_there_are_more(self) -> None:
        def all_wrong() -> Iterator[dict[str, UUID]]:
            """Nothing is true."""
            yield from ({"id": UUID(int=number)} for number in range(10**9))

        result = check_invariant(Invariant.of("test", all_wrong))
        assert (len(result.violations), result.more, result.holds) == (MOST, True, False)

    def test_goes_on_where_one_can_not_be_checked(self) -> None:
        def impossible() -> Any:
            """Nobody knows."""
            return LoanRow.objects.extra(where=["no_such_column = 1"]).values("id")

        result = check_invariant(Invariant.of("test", impossible))
        assert (result.holds, bool(result.failure)) == (False, True)
        assert LoanRow.objects.count() == 0

    def test_by_the_clock_is_told_to_whoever_watches(self, a_busy_day: None) -> None:
        check_invariants()
        told = Client().get("/metrics").content.decode()
        assert 'library_invariant_violations{invariant="lending.a_copy_is_out_once"} 0.0' in told
        LoanRow.objects.filter(state="open").update(branch="ATLANTIS")
        InvariantCheck.objects.create(name="test.once", violations=1, failed=False, at=LATER)
        check_invariants()
        told = Client().get("/metrics").content.decode()
        assert 'library_invariant_violations{invariant="lending.a_loan_is_of_a_known_branch"} 1.0' in told
        assert 'library_invariant_unchecked{invariant="lending.a_copy_is_out_once"} 0.0' in told
        assert "test.once" not in told
