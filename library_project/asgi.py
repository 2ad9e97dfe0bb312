"""The entry for ASGI servers. The views are synchronous: prefer WSGI (docs/operations.md)."""

import os

from django.core.asgi import get_asgi_application

from library_project.database import limit_requests

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "library_project.settings")
application = get_asgi_application()
limit_requests()
