"""The categories of patrons in Django's database."""

from patrons.models import CategoryRow


class DjangoCategories:
    """Categories, one row each."""

    def knows(self, code: str) -> bool:
        """Whether there is such a category."""
        return code in set(CategoryRow.objects.values_list("code", flat=True))

    def define(self, code: str, *, name: str) -> None:
        """Add a category, or rename the one with this code."""
        CategoryRow.objects.update_or_create(code=code, defaults={"name": name})
