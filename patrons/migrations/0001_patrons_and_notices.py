import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def seed_categories(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The categories that exist from the start."""
    categories = apps.get_model("patrons", "CategoryRow")
    categories.objects.bulk_create(
        categories(code=code, name=code.capitalize()) for code in ("regular", "premium", "researcher")
    )


def sort_alike_everywhere(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """SQLite sorts by code point; PostgreSQL would sort by the locale of the database."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            'ALTER TABLE patrons_patronrow ALTER COLUMN sort_key TYPE varchar(600) COLLATE "C"'
        )


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ChannelPauseRow",
            fields=[
                ("channel", models.CharField(max_length=16, primary_key=True, serialize=False)),
                ("until", models.DateTimeField()),
                ("reason", models.CharField(max_length=200)),
            ],
            options={"verbose_name": "pause of a channel", "verbose_name_plural": "pauses of channels"},
        ),
        migrations.CreateModel(
            name="CategoryRow",
            fields=[
                ("code", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100)),
            ],
            options={
                "verbose_name": "category",
                "verbose_name_plural": "categories",
                "ordering": ("code",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("code", ""), _negated=True), name="patrons_category_code_given"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="NoticeRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("event_id", models.UUIDField(help_text="The event that the notice follows from.")),
                ("kind", models.CharField(max_length=32)),
                ("channel", models.CharField(max_length=16)),
                ("patron_id", models.UUIDField()),
                ("params", models.JSONField(help_text="What the letter tells, besides the patron's name.")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("sending", "Sending"),
                            ("accepted", "Accepted"),
                            ("ambiguous", "Ambiguous (the answer was lost)"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=9,
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("owed_at", models.DateTimeField()),
                ("next_attempt_at", models.DateTimeField(help_text="Queued: not to be sent before.")),
                ("claimed_at", models.DateTimeField(help_text="When the latest attempt began.", null=True)),
                (
                    "finished_at",
                    models.DateTimeField(
                        help_text="When it became accepted, ambiguous or failed.", null=True
                    ),
                ),
                ("provider_id", models.CharField(blank=True, max_length=200)),
                ("failure", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "verbose_name": "notice",
                "ordering": ("-owed_at", "id"),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "queued")),
                        fields=["next_attempt_at", "id"],
                        name="patrons_notices_due",
                    ),
                    models.Index(
                        condition=models.Q(("state", "sending")),
                        fields=["claimed_at"],
                        name="patrons_notices_sending",
                    ),
                    models.Index(fields=["-owed_at", "id"], name="patrons_notices_by_age"),
                    models.Index(fields=["patron_id"], name="patrons_notices_by_patron"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("event_id", "kind", "channel"), name="patrons_one_notice_per_event"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["queued", "sending", "accepted", "ambiguous", "failed"])
                        ),
                        name="patrons_notice_state_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PatronRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("version", models.PositiveIntegerField()),
                ("card_number", models.CharField(max_length=32)),
                ("name", models.CharField(max_length=200)),
                (
                    "sort_key",
                    models.CharField(help_text="The name folded: no accents, no capitals.", max_length=600),
                ),
                ("email", models.CharField(help_text="Normalised.", max_length=254)),
                (
                    "home_branch",
                    models.CharField(
                        help_text="The code of one of lending's branches.", max_length=32, null=True
                    ),
                ),
                (
                    "expires_on",
                    models.DateField(
                        help_text="The last day of the membership; empty: it never ends.", null=True
                    ),
                ),
                (
                    "blocks",
                    models.JSONField(
                        default=list, help_text="[{id, reason, until}]; `until` is the last day or null."
                    ),
                ),
                (
                    "category",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="patrons.categoryrow"),
                ),
                (
                    "login",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "patron",
                "ordering": ("sort_key", "id"),
                "indexes": [models.Index(fields=["sort_key", "id"], name="patrons_by_name")],
                "constraints": [
                    models.UniqueConstraint(fields=("card_number",), name="patrons_one_patron_per_card"),
                    models.UniqueConstraint(fields=("email",), name="patrons_one_patron_per_email"),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="patrons_name_given"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("email", ""), _negated=True), name="patrons_email_given"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("card_number", ""), _negated=True), name="patrons_card_given"
                    ),
                ],
            },
        ),
        migrations.RunPython(seed_categories, migrations.RunPython.noop),
        migrations.RunPython(sort_alike_everywhere, migrations.RunPython.noop),
    ]
