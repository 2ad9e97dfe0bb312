from django.apps import AppConfig
from django.urls import register_converter

from shared_kernel.web.converters import IdConverter


class SharedKernelConfig(AppConfig):
    name = "shared_kernel"
    verbose_name = "System"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let routes say `<id:…>`."""
        register_converter(IdConverter, "id")
