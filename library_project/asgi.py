"""The entry for the web server, which speaks ASGI (docs/operations.md)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "library_project.settings")
_django = get_wsgi_application()

from library_project.database import use_web_timeouts  # noqa: E402  Django first
from library_project.serving.application import Application  # noqa: E402

use_web_timeouts(has_bulkheads=True)
application = Application(_django)
