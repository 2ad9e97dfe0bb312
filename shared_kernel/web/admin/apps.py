"""Django's administration, with the library's front door."""

from django.contrib.admin.apps import AdminConfig


class LibraryAdminConfig(AdminConfig):
    """Stands in INSTALLED_APPS in the place of django.contrib.admin."""

    default_site = "shared_kernel.web.admin.site.LibraryAdminSite"
