from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds what may be absent and allows one more state: code that knows nothing of it goes on serving."""

    dependencies = [("patrons", "0001_patrons_and_notices")]

    operations = [
        migrations.RemoveConstraint(model_name="noticerow", name="patrons_notice_state_known"),
        migrations.AddField(
            model_name="noticerow",
            name="about_id",
            field=models.UUIDField(
                help_text="The loan or hold that it is about, if it is about one.", null=True
            ),
        ),
        migrations.AddField(
            model_name="patronrow",
            name="declined_notices",
            field=models.JSONField(
                db_default=[], default=list, help_text="Kinds of notices that the patron does without."
            ),
        ),
        migrations.AddField(
            model_name="patronrow",
            name="end_announced",
            field=models.DateField(help_text="The last day that was told of in advance.", null=True),
        ),
        migrations.AlterField(
            model_name="noticerow",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "Queued"),
                    ("sending", "Sending"),
                    ("accepted", "Accepted"),
                    ("ambiguous", "Ambiguous (the answer was lost)"),
                    ("failed", "Failed"),
                    ("withdrawn", "Withdrawn"),
                ],
                default="queued",
                max_length=9,
            ),
        ),
        migrations.AddIndex(
            model_name="noticerow",
            index=models.Index(
                condition=models.Q(("state", "queued")), fields=["about_id"], name="patrons_notices_about"
            ),
        ),
        migrations.AddConstraint(
            model_name="noticerow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["queued", "sending", "accepted", "ambiguous", "failed", "withdrawn"])
                ),
                name="patrons_notice_state_known",
            ),
        ),
    ]
