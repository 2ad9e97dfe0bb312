"""Lending's tables. Behaviour lives in the domain; each invariant's last line is a named constraint here."""

from django.db import models
from django.db.models import F, Q

from lending.domain.loan_terms import REQUIRED_VALUES


class BranchRow(models.Model):
    """A place with a time zone. `closed_weekdays` counts from Monday 0."""

    id = models.UUIDField(primary_key=True)
    version = models.PositiveIntegerField()
    code = models.CharField(max_length=32)
    name = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=64)
    closed_weekdays = models.JSONField(default=list)

    class Meta:
        db_table = "lending_branch"
        verbose_name = "branch"
        verbose_name_plural = "branches"
        ordering = ("code",)
        constraints = (models.UniqueConstraint(fields=["code"], name="lending_one_branch_per_code"),)

    def __str__(self) -> str:
        return self.code


class ClosureRow(models.Model):
    """Days on which a branch is closed, both included."""

    id = models.UUIDField(primary_key=True)
    branch = models.ForeignKey(BranchRow, on_delete=models.CASCADE, related_name="closures")
    first_on = models.DateField()
    last_on = models.DateField()
    reason = models.CharField(max_length=200)

    free_text = ("reason",)

    class Meta:
        db_table = "lending_closure"
        verbose_name = "closure"
        ordering = ("branch", "first_on")
        constraints = (
            models.CheckConstraint(
                condition=Q(last_on__gte=F("first_on")), name="lending_closure_ends_after_it_begins"
            ),
        )

    def __str__(self) -> str:
        return f"{self.branch_id} {self.first_on} – {self.last_on}"


class CirculationRuleRow(models.Model):
    """A row of the rule matrix as it stands. An empty dimension means all; an absent value inherits."""

    id = models.UUIDField(primary_key=True)
    version = models.PositiveIntegerField()
    branch = models.CharField(max_length=32, blank=True, default="")
    category = models.CharField(max_length=32, blank=True, default="")
    item_type = models.CharField(max_length=40, blank=True, default="")
    values = models.JSONField()
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=64)

    class Meta:
        db_table = "lending_circulation_rule"
        verbose_name = "circulation rule"
        ordering = ("branch", "category", "item_type")
        constraints = (
            models.UniqueConstraint(
                fields=["branch", "category", "item_type"], name="lending_one_rule_per_dimensions"
            ),
            models.CheckConstraint(
                condition=~Q(branch="", category="", item_type="")
                | Q(values__has_keys=sorted(REQUIRED_VALUES)),
                name="lending_fallback_rule_is_complete",
            ),
        )

    def __str__(self) -> str:
        return " / ".join(dimension or "all" for dimension in (self.branch, self.category, self.item_type))


class RuleVersionRow(models.Model):
    """What a rule was from `set_at` on, who made it so, and why. Written once, never changed."""

    rule_id = models.UUIDField()
    version = models.PositiveIntegerField()
    values = models.JSONField()
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=64)
    reason = models.CharField(max_length=500, blank=True)

    free_text = ("reason",)

    class Meta:
        db_table = "lending_rule_version"
        verbose_name = "version of a rule"
        verbose_name_plural = "versions of rules"
        ordering = ("-set_at",)
        constraints = (
            models.UniqueConstraint(fields=["rule_id", "version"], name="lending_one_row_per_rule_version"),
        )

    def __str__(self) -> str:
        return f"{self.rule_id} version {self.version}"


class ConfigurationRow(models.Model):
    """One row: a stamp that is drawn anew whenever a rule or a calendar changes."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    stamp = models.UUIDField()

    class Meta:
        db_table = "lending_configuration"
        constraints = (models.CheckConstraint(condition=Q(id=1), name="lending_one_configuration"),)

    def __str__(self) -> str:
        return str(self.stamp)


class HoldQueueRow(models.Model):
    """The queue of a book's holds; locking this row puts all circulation of the book in turn."""

    id = models.UUIDField(primary_key=True)
    version = models.PositiveIntegerField()
    book_id = models.UUIDField(unique=True)

    class Meta:
        db_table = "lending_hold_queue"
        verbose_name = "queue of holds"
        verbose_name_plural = "queues of holds"

    def __str__(self) -> str:
        return str(self.book_id)


class HoldRow(models.Model):
    """A hold. `rank` orders the active holds of a book; their positions from 1 follow from it."""

    class State(models.TextChoices):
        WAITING = "waiting"
        ALLOCATED = "allocated"
        READY = "ready"
        FULFILLED = "fulfilled"
        CANCELLED = "cancelled"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True)
    book_id = models.UUIDField()
    title = models.CharField(max_length=500)
    patron_id = models.UUIDField(null=True, help_text="Null: anonymised with the loan that it led to.")
    state = models.CharField(max_length=16, choices=State.choices)
    rank = models.BigIntegerField()
    placed_at = models.DateTimeField()
    pickup_branch = models.CharField(max_length=32, null=True)  # noqa: DJ001  null: wherever the copy is at home
    wanted_copy_id = models.UUIDField(null=True)
    copy_id = models.UUIDField(null=True)
    barcode = models.CharField(max_length=64, null=True)  # noqa: DJ001  null with copy_id
    pickup_deadline_at = models.DateTimeField(null=True)
    suspended = models.BooleanField()
    suspended_until = models.DateField(null=True)
    became_first = models.BooleanField(
        default=False, db_default=False, help_text="Whether it was ever the first in the queue."
    )
    ended_at = models.DateTimeField(null=True)
    cleared_at = models.DateTimeField(
        null=True, help_text="When the copy of an ended hold was scanned off the hold shelf."
    )

    class Meta:
        db_table = "lending_hold"
        verbose_name = "hold"
        ordering = ("book_id", "rank")
        constraints = (
            models.UniqueConstraint(
                fields=["book_id", "patron_id"],
                condition=Q(state__in=["waiting", "allocated", "ready"]),
                name="lending_one_active_hold_per_book_and_patron",
            ),
            models.UniqueConstraint(
                fields=["copy_id"],
                condition=Q(state__in=["allocated", "ready"]),
                name="lending_one_hold_served_per_copy",
            ),
            models.UniqueConstraint(
                fields=["book_id", "rank"],
                condition=Q(state__in=["waiting", "allocated", "ready"]),
                name="lending_one_hold_per_place",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state="waiting", copy_id__isnull=True)
                    | Q(state="allocated", copy_id__isnull=False)
                    | Q(state="ready", copy_id__isnull=False, pickup_deadline_at__isnull=False)
                    | Q(state__in=["fulfilled", "cancelled", "expired"])
                ),
                name="lending_hold_state_agrees_with_copy",
            ),
            models.CheckConstraint(
                condition=Q(patron_id__isnull=False) | Q(state__in=["fulfilled", "cancelled", "expired"]),
                name="lending_active_hold_is_somebodys",
            ),
        )
        indexes = (
            models.Index(
                fields=["patron_id"],
                condition=Q(state__in=["waiting", "allocated", "ready"]),
                name="lending_active_hold_by_patron",
            ),
            models.Index(
                fields=["pickup_deadline_at"],
                condition=Q(state="ready"),
                name="lending_ready_hold_by_deadline",
            ),
            models.Index(
                fields=["suspended_until"], condition=Q(state="waiting"), name="lending_hold_by_suspension"
            ),
            models.Index(fields=["patron_id", "book_id"], name="lending_hold_by_patron_book"),
            models.Index(fields=["state", "placed_at", "id"], name="lending_hold_by_state"),
            models.Index(fields=["placed_at", "id"], name="lending_hold_newest"),
            models.Index(fields=["copy_id"], condition=Q(copy_id__isnull=False), name="lending_hold_by_copy"),
        )

    def __str__(self) -> str:
        return f"{self.title} for {self.patron_id}"


#: The copy of such a loan is not in the house, as far as anybody knows.
_OUTSTANDING = Q(state__in=["open", "lost", "claimed_returned"])


class LoanRow(models.Model):
    """A loan; `title` and `barcode` are as they were when it began."""

    class State(models.TextChoices):
        OPEN = "open"
        RETURNED = "returned"
        LOST = "lost"
        CLAIMED_RETURNED = "claimed_returned"

    id = models.UUIDField(primary_key=True)
    version = models.PositiveIntegerField()
    copy_id = models.UUIDField()
    book_id = models.UUIDField()
    patron_id = models.UUIDField(null=True, help_text="Null: anonymised.")
    branch = models.CharField(max_length=32)
    barcode = models.CharField(max_length=64)
    title = models.CharField(max_length=500)
    item_type = models.CharField(max_length=40)
    borrowed_at = models.DateTimeField()
    due_at = models.DateTimeField()
    returned_at = models.DateTimeField(null=True)
    return_scanned_at = models.DateTimeField(
        null=True, help_text="Null while it is out, and where it was returned before scans were recorded."
    )
    returns = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Those that were undone included."
    )
    state_before_return = models.CharField(
        max_length=16, blank=True, default="", db_default="", help_text="What undoing the return restores."
    )
    state = models.CharField(max_length=16, choices=State.choices)
    renewals = models.PositiveSmallIntegerField()
    due_version = models.PositiveIntegerField()
    due_soon_version = models.PositiveIntegerField(default=0)
    overdue_version = models.PositiveIntegerField(default=0, db_default=0)
    overdue_notices = models.PositiveIntegerField(default=0, db_default=0)
    terms = models.JSONField()
    anonymised_at = models.DateTimeField(null=True)
    category = models.CharField(
        max_length=32,
        default="",
        db_default="",
        help_text="The patron's when it began: statistics go by it whatever becomes of the patron.",
    )

    class Meta:
        db_table = "lending_loan"
        verbose_name = "loan"
        ordering = ("-borrowed_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["copy_id"], condition=_OUTSTANDING, name="lending_one_outstanding_loan_per_copy"
            ),
            models.CheckConstraint(
                condition=Q(due_at__gt=F("borrowed_at")), name="lending_due_after_borrowed"
            ),
            models.CheckConstraint(
                condition=Q(returned_at__isnull=True) | Q(returned_at__gte=F("borrowed_at")),
                name="lending_returned_not_before_borrowed",
            ),
            models.CheckConstraint(
                condition=(_OUTSTANDING & Q(returned_at__isnull=True))
                | Q(state="returned", returned_at__isnull=False),
                name="lending_loan_state_agrees_with_return",
            ),
            models.CheckConstraint(
                condition=Q(patron_id__isnull=False, anonymised_at__isnull=True)
                | Q(patron_id__isnull=True, anonymised_at__isnull=False, state="returned"),
                name="lending_only_ended_loans_are_anonymous",
            ),
        )
        indexes = (
            models.Index(fields=["patron_id"], condition=_OUTSTANDING, name="lending_outstanding_by_patron"),
            models.Index(fields=["due_at", "branch"], condition=Q(state="open"), name="lending_open_by_due"),
            # The newest overdue loans come after all lent since, so the index also needs due_at.
            models.Index(
                fields=["borrowed_at", "id", "due_at"], condition=Q(state="open"), name="lending_open_newest"
            ),
            models.Index(fields=["book_id"], condition=_OUTSTANDING, name="lending_outstanding_by_book"),
            models.Index(fields=["borrowed_at", "id"], name="lending_loan_newest"),
            models.Index(
                fields=["returned_at", "id"], condition=Q(state="returned"), name="lending_loan_returned_last"
            ),
            models.Index(fields=["patron_id", "borrowed_at", "id"], name="lending_loan_by_patron"),
            models.Index(fields=["copy_id", "returned_at"], name="lending_loan_by_copy"),
            models.Index(fields=["barcode", "borrowed_at", "id"], name="lending_loan_by_barcode"),
            models.Index(
                fields=["returned_at", "id"],
                condition=Q(state="returned", patron_id__isnull=False),
                name="lending_loan_to_anonymise",
            ),
        )

    def __str__(self) -> str:
        return f"{self.barcode} “{self.title}”"


class InHouseUseRow(models.Model):
    """A use of a copy inside the house."""

    id = models.UUIDField(primary_key=True)
    version = models.PositiveIntegerField()
    copy_id = models.UUIDField()
    book_id = models.UUIDField()
    branch = models.CharField(max_length=32)
    used_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "lending_in_house_use"
        verbose_name = "in-house use"
        ordering = ("-used_at",)

    def __str__(self) -> str:
        return f"{self.copy_id} in {self.branch}"


class ReturnRow(LoanRow):
    """A loan that has ended, as the return desk lists it."""

    class Meta:
        proxy = True
        verbose_name = "return"
        ordering = ("-returned_at",)


class ReportRow(LoanRow):
    """Stands for the reports in the administration's index, which lists what has rows alone."""

    class Meta:
        proxy = True
        verbose_name = "report"


class AccountRow(models.Model):
    """A patron's account; locking this row puts all that changes the ledger in turn."""

    id = models.UUIDField(primary_key=True)
    version = models.PositiveIntegerField()
    patron_id = models.UUIDField(unique=True)

    class Meta:
        db_table = "lending_account"
        verbose_name = "account"

    def __str__(self) -> str:
        return str(self.patron_id)


class LedgerEntryRow(models.Model):
    """A line of the ledger, written once. `amount_minor` adds to what the patron owes, or takes from it."""

    class Kind(models.TextChoices):
        OVERDUE = "overdue"
        LOST = "lost"
        PROCESSING = "processing"
        PAYMENT = "payment"
        WAIVER = "waiver"
        REFUND = "refund"

    id = models.UUIDField(primary_key=True)
    number = models.PositiveIntegerField(help_text="Orders the entries of an account, from 1.")
    account = models.ForeignKey(AccountRow, on_delete=models.PROTECT, related_name="entries")
    patron_id = models.UUIDField()
    kind = models.CharField(max_length=16, choices=Kind.choices)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    loan_id = models.UUIDField(null=True)
    due_version = models.PositiveIntegerField(null=True)
    due_at = models.DateTimeField(null=True, help_text="Of a fine: the due date from which it counts.")
    charge_id = models.UUIDField(null=True)
    return_number = models.PositiveSmallIntegerField(
        null=True, help_text="With which return of the loan it was posted, if with any."
    )
    at = models.DateTimeField()
    reason = models.CharField(max_length=500, blank=True)

    free_text = ("reason",)

    class Meta:
        db_table = "lending_ledger_entry"
        verbose_name = "ledger entry"
        verbose_name_plural = "ledger"
        ordering = ("account", "number")
        constraints = (
            models.UniqueConstraint(fields=["account", "number"], name="lending_ledger_is_in_order"),
            models.UniqueConstraint(
                fields=["loan_id", "due_version"],
                condition=Q(kind="overdue"),
                name="lending_one_fine_per_due_date",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["overdue", "lost", "processing"], amount_minor__gt=0)
                | Q(kind__in=["payment", "waiver", "refund"], amount_minor__lt=0),
                name="lending_charges_add_and_credits_take",
            ),
        )
        indexes = (
            models.Index(fields=["patron_id"], include=["amount_minor"], name="lending_balance_of_patron"),
            models.Index(
                fields=["loan_id"], condition=Q(loan_id__isnull=False), name="lending_entry_by_loan"
            ),
            models.Index(
                fields=["charge_id"], condition=Q(charge_id__isnull=False), name="lending_entry_by_charge"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_minor}"
