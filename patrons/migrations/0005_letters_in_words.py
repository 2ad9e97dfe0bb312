from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds what may be absent: code that knows nothing of it goes on serving."""

    dependencies = [
        ("patrons", "0004_privacy"),
    ]

    operations = [
        migrations.CreateModel(
            name="WordingRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=32)),
                ("language", models.CharField(max_length=8)),
                ("version", models.PositiveIntegerField()),
                ("subject", models.CharField(blank=True, max_length=200)),
                ("text", models.TextField(blank=True, help_text="Empty: as shipped.")),
                ("set_at", models.DateTimeField()),
                ("set_by", models.CharField(help_text="An account's id.", max_length=64)),
            ],
            options={
                "verbose_name": "wording of a letter",
                "verbose_name_plural": "wordings of letters",
                "ordering": ("kind", "language", "-version"),
            },
        ),
        migrations.RemoveIndex(
            model_name="noticerow",
            name="patrons_notices_about",
        ),
        migrations.AddField(
            model_name="noticerow",
            name="language",
            field=models.CharField(db_default="", default="", help_text="The letter's.", max_length=8),
        ),
        migrations.AddField(
            model_name="noticerow",
            name="letter_subject",
            field=models.TextField(db_default="", default="", help_text="As it was sent, but for names."),
        ),
        migrations.AddField(
            model_name="noticerow",
            name="letter_text",
            field=models.TextField(db_default="", default="", help_text="As it was sent, but for names."),
        ),
        migrations.AddField(
            model_name="noticerow",
            name="untrue_at",
            field=models.DateTimeField(
                help_text="Since when it isn't true: not to be sent again.", null=True
            ),
        ),
        migrations.AddField(
            model_name="patronrow",
            name="language",
            field=models.CharField(
                help_text="The language of their letters; empty: the library's.", max_length=8, null=True
            ),
        ),
        migrations.AlterField(
            model_name="noticerow",
            name="about_id",
            field=models.UUIDField(
                help_text="The loan, hold, charge or patron that it is about, if it is about one.", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="noticerow",
            index=models.Index(fields=["about_id"], name="patrons_notices_by_subject"),
        ),
        migrations.AddConstraint(
            model_name="wordingrow",
            constraint=models.UniqueConstraint(
                fields=("kind", "language", "version"), name="patrons_one_wording_per_version"
            ),
        ),
    ]
