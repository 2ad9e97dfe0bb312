"""The entry for WSGI servers."""

import os

from django.core.wsgi import get_wsgi_application

from library_project.database import limit_requests

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "library_project.settings")
application = get_wsgi_application()
limit_requests()
