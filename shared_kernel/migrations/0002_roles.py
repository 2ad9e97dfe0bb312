"""The roles exist from the start."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ROLES = ("librarian", "manager", "operator", "patron")


def make_roles(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Make a Group of each role that there is none of."""
    group = apps.get_model("auth", "Group")
    for role in ROLES:
        group.objects.get_or_create(name=role)


class Migration(migrations.Migration):
    """Makes the groups; going back leaves them, since logins may be in them."""

    dependencies = (
        ("shared_kernel", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    )

    operations = (migrations.RunPython(make_roles, migrations.RunPython.noop),)
