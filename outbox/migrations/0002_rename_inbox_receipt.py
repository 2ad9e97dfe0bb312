from django.db import migrations


class Migration(migrations.Migration):
    """Renames the model only: the table keeps its name, so the previous release still works."""

    dependencies = [("outbox", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameModel("InboxReceipt", "InboxEntry"),
                migrations.AlterModelTable("InboxEntry", "outbox_inboxreceipt"),
                migrations.AlterModelOptions("InboxEntry", {"verbose_name_plural": "inbox entries"}),
            ]
        )
    ]
