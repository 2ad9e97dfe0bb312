"""Tables of patrons and their notices. `*Row` classes have no behaviour."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from patrons.domain.birth_date import EARLIEST_BIRTH_DATE
from patrons.domain.privacy import Privacy


class CategoryRow(models.Model):
    """A category of patrons; lending's rules name it by its code."""

    code = models.CharField(max_length=32, primary_key=True)
    name = models.CharField(max_length=100)

    class Meta:
        verbose_name = "category"
        verbose_name_plural = "categories"
        ordering = ("code",)
        constraints = (models.CheckConstraint(condition=~Q(code=""), name="patrons_category_code_given"),)

    def __str__(self) -> str:
        return self.name


class PatronRow(models.Model):
    """A person with privileges."""

    id = models.UUIDField(primary_key=True)
    version = models.PositiveIntegerField()
    card_number = models.CharField(max_length=32)
    name = models.CharField(max_length=200)
    sort_key = models.CharField(max_length=600, help_text="The name folded: no accents, no capitals.")
    email = models.CharField(max_length=254, help_text="Normalised.")
    category = models.ForeignKey(CategoryRow, on_delete=models.PROTECT)
    home_branch = models.CharField(  # noqa: DJ001  none is not the same as one without a code
        max_length=32, null=True, help_text="The code of one of lending's branches."
    )
    expires_on = models.DateField(
        null=True, help_text="The last day of the membership; empty: it never ends."
    )
    blocks = models.JSONField(
        default=list, help_text="[{id, reason, until}]; `until` is the last day or null."
    )
    declined_notices = models.JSONField(
        default=list, db_default=[], help_text="Kinds of notices that the patron does without."
    )
    privacy = models.CharField(
        max_length=7,
        choices=[(each.value, each.value) for each in Privacy],
        default=Privacy.DEFAULT.value,
        db_default=Privacy.DEFAULT.value,
        help_text="How long past loans are remembered as theirs.",
    )
    language = models.CharField(  # noqa: DJ001  none is not the same as one without a code
        max_length=8, null=True, help_text="The language of their letters; empty: the library's."
    )
    birth_date = models.DateField(null=True, help_text="Empty: unknown.")
    end_announced = models.DateField(null=True, help_text="The last day that was told of in advance.")
    login = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    free_text = ("blocks",)

    class Meta:
        verbose_name = "patron"
        ordering = ("sort_key", "id")
        constraints = (
            models.UniqueConstraint(fields=["card_number"], name="patrons_one_patron_per_card"),
            models.UniqueConstraint(fields=["email"], name="patrons_one_patron_per_email"),
            models.CheckConstraint(condition=~Q(name=""), name="patrons_name_given"),
            models.CheckConstraint(condition=~Q(email=""), name="patrons_email_given"),
            models.CheckConstraint(condition=~Q(card_number=""), name="patrons_card_given"),
            models.CheckConstraint(
                condition=Q(privacy__in=[each.value for each in Privacy]), name="patrons_privacy_known"
            ),
            models.CheckConstraint(
                condition=Q(birth_date__gte=EARLIEST_BIRTH_DATE), name="patrons_birth_date_plausible"
            ),
        )
        indexes = (
            models.Index(fields=["sort_key", "id"], name="patrons_by_name"),
            # Few choose anything.
            models.Index(
                fields=["privacy"], condition=~Q(privacy="default"), name="patrons_by_choice_of_privacy"
            ),
        )

    def __str__(self) -> str:
        return self.card_number


class NoticeRow(models.Model):
    """A letter to a patron and its state. It has neither the patron's name nor address.

    So the letter is kept with `{name}` and `{link}` where those were.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        SENDING = "sending"
        ACCEPTED = "accepted"
        AMBIGUOUS = "ambiguous", "Ambiguous (the answer was lost)"
        FAILED = "failed"
        WITHDRAWN = "withdrawn"

    id = models.UUIDField(primary_key=True)
    event_id = models.UUIDField(help_text="The event that the notice follows from.")
    kind = models.CharField(max_length=32)
    channel = models.CharField(max_length=16)
    patron_id = models.UUIDField()
    about_id = models.UUIDField(
        null=True, help_text="The loan, hold, charge or patron that it is about, if it is about one."
    )
    correlation_id = models.CharField(
        max_length=128, default="", db_default="", help_text="Shared by all that one request brought about."
    )
    params = models.JSONField(help_text="What the letter tells, besides the patron's name.")
    state = models.CharField(max_length=9, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    owed_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField(help_text="Queued: not to be sent before.")
    claimed_at = models.DateTimeField(null=True, help_text="When the latest attempt began.")
    finished_at = models.DateTimeField(null=True, help_text="When it became accepted, ambiguous or failed.")
    untrue_at = models.DateTimeField(null=True, help_text="Since when it isn't true: not to be sent again.")
    provider_id = models.CharField(max_length=200, blank=True)
    failure = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=8, default="", db_default="", help_text="The letter's.")
    letter_subject = models.TextField(default="", db_default="", help_text="As it was sent, but for names.")
    letter_text = models.TextField(default="", db_default="", help_text="As it was sent, but for names.")

    class Meta:
        verbose_name = "notice"
        ordering = ("-owed_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["event_id", "kind", "channel"], name="patrons_one_notice_per_event"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "sending", "accepted", "ambiguous", "failed", "withdrawn"]),
                name="patrons_notice_state_known",
            ),
        )
        indexes = (
            models.Index(
                fields=["next_attempt_at", "id"], condition=Q(state="queued"), name="patrons_notices_due"
            ),
            models.Index(fields=["claimed_at"], condition=Q(state="sending"), name="patrons_notices_sending"),
            # What is nobody's any more, which is nearly all, is not in it.
            models.Index(
                fields=["state"],
                condition=Q(state__in=["queued", "sending", "ambiguous", "failed"]),
                name="patrons_notices_unsettled",
            ),
            models.Index(fields=["about_id"], name="patrons_notices_by_subject"),
            models.Index(fields=["-owed_at", "id"], name="patrons_notices_by_age"),
            models.Index(fields=["patron_id"], name="patrons_notices_by_patron"),
        )

    def __str__(self) -> str:
        return str(self.id)


class LinkRequestRow(models.Model):
    """Somebody asked for a link to set a password. Gone as soon as the worker has looked whose it is."""

    id = models.BigAutoField(primary_key=True)
    to = models.CharField(max_length=254, help_text="A normalised address or card number.")
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.id)


class WordingRow(models.Model):
    """A decision how letters of a kind are worded in a language. The latest version counts; none changes."""

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=32)
    language = models.CharField(max_length=8)
    version = models.PositiveIntegerField()
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True, help_text="Empty: as shipped.")
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=64, help_text="An account's id.")

    class Meta:
        verbose_name = "wording of a letter"
        verbose_name_plural = "wordings of letters"
        ordering = ("kind", "language", "-version")
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "language", "version"], name="patrons_one_wording_per_version"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.language} {self.version}"


class ChannelPauseRow(models.Model):
    """A channel through which nothing is sent for a while, because its provider said so."""

    channel = models.CharField(max_length=16, primary_key=True)
    until = models.DateTimeField()
    reason = models.CharField(max_length=200)
    setting = models.CharField(
        max_length=64,
        default="",
        db_default="",
        help_text="A digest of the settings that were refused; with others, sending goes on at once.",
    )

    class Meta:
        verbose_name = "pause of a channel"
        verbose_name_plural = "pauses of channels"

    def __str__(self) -> str:
        return self.channel
