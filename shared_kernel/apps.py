from django.apps import AppConfig


class SharedKernelConfig(AppConfig):
    name = "shared_kernel"
    verbose_name = "System"
    default_auto_field = "django.db.models.BigAutoField"
