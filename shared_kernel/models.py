"""Bookkeeping that every context shares: idempotency keys, audit, tokens, circuit breakers, runs of jobs."""

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.utils.module_loading import import_string

from shared_kernel.subject_ids import LOOKED_UP, by_subject


class IdempotencyRecord(models.Model):
    """An idempotency key that was used, with the answer; it commits with the request's effect."""

    principal = models.CharField(max_length=64)
    key = models.CharField(max_length=128)
    claim = models.UUIDField(help_text="Which attempt made this row: tells a first claim from a replay.")
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the command, in hex.")
    result = models.BinaryField(null=True, help_text="The command's result as JSON.")
    claimed_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "shared_kernel_receipt"
        constraints = (
            models.UniqueConstraint(fields=["principal", "key"], name="kernel_one_receipt_per_key"),
        )

    def __str__(self) -> str:
        return f"{self.principal} {self.key}"


class AuditEntry(models.Model):
    """Who did what to which things, through which entry point, and how it ended. Append-only."""

    class Outcome(models.TextChoices):
        DONE = "done"
        REFUSED = "refused"
        DENIED = "denied"

    at = models.DateTimeField()
    principal = models.CharField(max_length=64)
    door = models.CharField(max_length=32)
    action = models.CharField(max_length=64, help_text="The command's name, or the denied route.")
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    codes = models.JSONField(default=list, help_text="Codes of the refusals, or of the overridden ones.")
    subjects = models.JSONField(default=dict, help_text="Ids of the things concerned, by kind.")
    comment = models.TextField(blank=True)
    correlation_id = models.CharField(max_length=128)

    class Meta:
        verbose_name_plural = "audit entries"
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(outcome__in=["done", "refused", "denied"]), name="kernel_audit_outcome_known"
            ),
        )
        indexes = (
            *(by_subject(kind) for kind in LOOKED_UP),
            models.Index(
                fields=["principal", "at"], condition=Q(outcome="denied"), name="kernel_audit_denials"
            ),
            models.Index(fields=["id"], condition=~Q(comment=""), name="kernel_audit_commented"),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.outcome}"


class ApiToken(models.Model):
    """A machine's credential. Only a digest of its random secret is kept."""

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token, in hex.")
    scopes = models.JSONField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.name


class Breaker(models.Model):
    """The one state of a circuit breaker that all processes share."""

    class State(models.TextChoices):
        CLOSED = "closed"
        OPEN = "open"
        HALF_OPEN = "half_open"

    name = models.CharField(max_length=64, primary_key=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.CLOSED)
    failures = models.PositiveIntegerField(default=0, help_text="Consecutive failures while closed.")
    successes = models.PositiveIntegerField(default=0, help_text="Consecutive successes while half open.")
    opened_at = models.DateTimeField(null=True)
    held_open = models.BooleanField(
        default=False, db_default=False, help_text="Open until somebody closes it: no probe passes."
    )
    probe_until = models.DateTimeField(null=True, help_text="Until when one caller's probe holds the gate.")
    last_failure = models.CharField(max_length=200, blank=True)
    setting = models.CharField(
        max_length=64,
        default="",
        db_default="",
        help_text="A digest of the service's address and key; with others, the breaker starts closed.",
    )
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=["closed", "open", "half_open"]), name="kernel_breaker_state_known"
            ),
            models.CheckConstraint(
                condition=Q(held_open=False) | Q(state="open"), name="kernel_breaker_held_is_open"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.state}"


class GuessCount(models.Model):
    """How many wrong passwords came of one kind, such as from one address, within the current period."""

    key = models.CharField(max_length=64, primary_key=True, help_text="A digest of what is counted.")
    failures = models.PositiveIntegerField()
    began_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key


class LoginSession(AbstractBaseSession):
    """A browser's session. Found by its login, so that closing the login removes it."""

    login_id = models.PositiveBigIntegerField(null=True, db_index=True)

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        """What reads and writes it."""
        store: type[SessionBase] = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
        return store


class InvariantCheck(models.Model):
    """How an invariant stood when it was last looked at."""

    name = models.CharField(max_length=100, primary_key=True)
    violations = models.PositiveIntegerField(help_text="As far as they were counted.")
    failed = models.BooleanField(help_text="It could not be looked at.")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class JobRun(models.Model):
    """When a scheduled job last succeeded."""

    job = models.CharField(max_length=64, primary_key=True)
    period = models.FloatField(help_text="The clock gives the job every so many seconds.")
    succeeded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.job
