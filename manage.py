#!/usr/bin/env python
"""The library's commands; `manage.py help` lists them."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "library_project.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # the settings are read as soon as anything needs them
        sys.exit(f"configuration: {error}")
