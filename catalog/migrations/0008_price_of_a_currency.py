"""A copy's currency without a price is refused too: NULL compared is not false to a CHECK, so it passed."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("catalog", "0007_search_at_any_size")]

    operations = [
        migrations.RemoveConstraint(model_name="copyrow", name="catalog_copy_price_whole"),
        migrations.AddConstraint(
            model_name="copyrow",
            constraint=models.CheckConstraint(
                condition=models.Q(price_minor__isnull=True, price_currency="")
                | (models.Q(price_minor__isnull=False, price_minor__gte=0) & ~models.Q(price_currency="")),
                name="catalog_copy_price_whole",
            ),
        ),
    ]
