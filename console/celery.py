"""The Celery application: what runs tasks, and what makes it tick."""

from __future__ import annotations

import logging
import os
import warnings

from celery import Celery
from celery.exceptions import SecurityWarning

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")

from django.conf import settings

TICK_S = 2.0
RETENTION_S = 600.0

# As root it would warn at every start; no user's code and no pickle ever reaches a worker.
warnings.filterwarnings("ignore", category=SecurityWarning)
# A line per tick says nothing; what fails is an error, and still written.
for name in ("celery.worker.strategy", "celery.app.trace", "celery.beat"):
    logging.getLogger(name).setLevel(logging.WARNING)

app = Celery("serin")
app.conf.update(settings.CELERY)
app.conf.beat_schedule = {
    # A tick that was not run before the next one is of no use any more: it must not pile up.
    "tick": {"task": "invocations.tick", "schedule": TICK_S, "options": {"expires": TICK_S}},
    "retention": {
        "task": "invocations.retention",
        "schedule": RETENTION_S,
        "options": {"expires": RETENTION_S},
    },
}
app.autodiscover_tasks(["invocations", "releases"])
