from django.apps import AppConfig


class LibraryProjectConfig(AppConfig):
    name = "library_project"
