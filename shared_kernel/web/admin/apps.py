"""Django's administration, with the library's own site."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.contrib.admin import autodiscover
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app
from django.core.checks import CheckMessage, Tags, register


class LibraryAdminConfig(SimpleAdminConfig):
    """Stands in INSTALLED_APPS in the place of django.contrib.admin.

    The contexts' administration is imported where it is served (library_project/urls.py) and where it is
    checked. Workers, consumers and commands start without it, in four fifths of the time.
    """

    default_site = "shared_kernel.web.admin.site.LibraryAdminSite"

    def ready(self) -> None:
        """Let the checks see every ModelAdmin."""
        super().ready()
        register(_check_discovered, Tags.admin)


def _check_discovered(
    app_configs: Sequence[AppConfig] | None,
    **kwargs: Any,  # Django's own shape
) -> list[CheckMessage]:
    autodiscover()
    return check_admin_app(app_configs, **kwargs)
