"""The entry for WSGI servers."""

import os

from django.core.wsgi import get_wsgi_application

from library_project.database import use_web_timeouts

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "library_project.settings")
application = get_wsgi_application()
use_web_timeouts()
