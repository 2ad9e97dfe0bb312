from django.db import migrations


class Migration(migrations.Migration):
    """Renames the model only: the table keeps its name, so the previous release still works."""

    dependencies = [("shared_kernel", "0010_guess_counts")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameModel("Receipt", "IdempotencyRecord"),
                migrations.AlterModelTable("IdempotencyRecord", "shared_kernel_receipt"),
            ]
        )
    ]
