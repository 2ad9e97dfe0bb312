"""What must be true of patrons and of the notices owed to them."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone

from outbox.invariants import orphaned_events, rows_without_event
from outbox.models import OutboxMessage
from outbox.pruning import RETENTION_DAYS
from patrons.models import CategoryRow, NoticeRow, PatronRow
from shared_kernel.models import AuditEntry
from shared_kernel.services.invariants import Invariant, Rows

#: Notices of these kinds are asked for, and follow from no event.
_ASKED_FOR = ("password_link",)
_BATCH = 500


def one_patron_for_each_card() -> Rows:
    """A card number is one patron's."""
    return PatronRow.objects.order_by().values("card_number").annotate(n=Count("id")).filter(n__gt=1)


def one_patron_for_each_address() -> Rows:
    """An email address, however it is spelt, is one patron's."""
    spelt = PatronRow.objects.order_by().annotate(address=Lower("email")).values("address")
    return spelt.annotate(patrons=Count("id")).filter(patrons__gt=1).values("patrons")


def a_patron_can_be_named_and_reached() -> Rows:
    """A patron has a name, an address and a card."""
    return PatronRow.objects.filter(Q(name="") | Q(email="") | Q(card_number="")).order_by().values("id")


def a_patron_is_in_a_known_category() -> Rows:
    """A patron's category is one that there is."""
    known = CategoryRow.objects.filter(code=OuterRef("category_id"))
    return PatronRow.objects.filter(~Exists(known)).order_by().values("id", "category_id")


def a_patron_is_as_their_last_event_left_them() -> Rows:
    """A patron's version is that of their latest event."""
    return rows_without_event(PatronRow.objects.all())


def an_event_is_of_a_patron() -> Rows:
    """The events of patrons tell of patrons who are there, or say that they were erased."""
    return orphaned_events(("patrons.",), PatronRow, ends=("patrons.patron_erased.v1",))


def one_notice_for_each_event() -> Rows:
    """An event leads to one notice of a kind and channel at most."""
    owed = NoticeRow.objects.order_by().values("event_id", "kind", "channel")
    return owed.annotate(notices=Count("id")).filter(notices__gt=1)


def a_notice_follows_from_an_event() -> Rows:
    """A notice that tells something follows from an event that there was."""
    kept_since = timezone.now() - timedelta(days=RETENTION_DAYS)
    telling = NoticeRow.objects.filter(owed_at__gt=kept_since).exclude(params={}).exclude(kind__in=_ASKED_FOR)
    event = OutboxMessage.objects.filter(event_id=OuterRef("event_id"))
    return telling.filter(~Exists(event)).order_by().values("id", "event_id", "kind")


def a_notice_that_is_settled_says_when() -> Rows:
    """A notice tells when it was finished if, and only if, it is, and when its sending began."""
    under_way = Q(state__in=["queued", "sending"])
    wrong = (under_way & Q(finished_at__isnull=False)) | (~under_way & Q(finished_at__isnull=True))
    wrong |= Q(state="sending", claimed_at__isnull=True)
    return NoticeRow.objects.filter(wrong).order_by().values("id", "state")


def nothing_tells_who_was_erased() -> Rows:
    """Notices to somebody who was erased tell nothing, and none of them is sent."""
    known = PatronRow.objects.filter(id=OuterRef("patron_id"))
    telling = ~Q(params={}) | ~Q(provider_id="") | ~Q(letter_text="") | Q(state__in=["queued", "sending"])
    return NoticeRow.objects.filter(~Exists(known)).filter(telling).order_by().values("id", "patron_id")


def no_comment_is_about_who_was_erased() -> Rows:
    """The audit has no comment about somebody who was erased, but for the reason of erasing them."""
    comments = AuditEntry.objects.exclude(comment="").exclude(action="ErasePatron").order_by("id")
    batch = list(comments.values("id", "subjects")[:_BATCH])
    while batch:
        about = {row["id"]: row["subjects"].get("patron") for row in batch}
        named = {UUID(patron) for patron in about.values() if patron}
        known = {str(id_) for id_ in PatronRow.objects.filter(id__in=named).values_list("id", flat=True)}
        yield from ({"entry": id_} for id_, patron in about.items() if patron and patron not in known)
        batch = list(comments.filter(id__gt=batch[-1]["id"]).values("id", "subjects")[:_BATCH])


def invariants() -> Sequence[Invariant]:
    """Those of patrons and notices."""
    functions = (
        one_patron_for_each_card,
        one_patron_for_each_address,
        a_patron_can_be_named_and_reached,
        a_patron_is_in_a_known_category,
        a_patron_is_as_their_last_event_left_them,
        an_event_is_of_a_patron,
        one_notice_for_each_event,
        a_notice_follows_from_an_event,
        a_notice_that_is_settled_says_when,
        nothing_tells_who_was_erased,
        no_comment_is_about_who_was_erased,
    )
    return [Invariant.of("patrons", function) for function in functions]
