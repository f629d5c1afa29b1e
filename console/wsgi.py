"""What the console's server runs: `granian --interface wsgi console.wsgi:application`."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from console.stack.leftovers import MARK
from console.stack.tether import die_with_parent

if MARK in os.environ:
    # Granian's workers, unlike Celery's, outlive a killed main process and would keep the port.
    die_with_parent()

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
application = get_wsgi_application()
