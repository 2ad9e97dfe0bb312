from django.apps import AppConfig

from library_project import checks  # noqa: F401 - registers its checks


class LibraryProjectConfig(AppConfig):
    name = "library_project"
