"""The Celery application: what runs tasks, and what makes it tick."""

from __future__ import annotations

import logging
import os
import warnings

from celery import Celery
from celery.exceptions import SecurityWarning

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
# Django's checks would have each worker import every page, and scipy with them: seconds and 70 MB.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

from django.conf import settings

TICK_S = 2.0
SEND_S = 5.0
RETENTION_S = 600.0
HOUR_S = 3600.0

# As root it would warn at every start; no user's code and no pickle ever reaches a worker.
warnings.filterwarnings("ignore", category=SecurityWarning)
# A line per tick says nothing; what fails is an error, and still written.
for name in ("celery.worker.strategy", "celery.app.trace", "celery.beat"):
    logging.getLogger(name).setLevel(logging.WARNING)

app = Celery("serin")
app.conf.update(settings.CELERY)
app.conf.beat_schedule = {
    # What was not run before the next one is due is of no use any more: it must not pile up.
    task: {"task": task, "schedule": seconds, "options": {"expires": seconds}}
    for task, seconds in {
        "invocations.tick": TICK_S,
        "releases.tick": TICK_S,
        "invocations.retention": RETENTION_S,
        "releases.collect": HOUR_S,
        "releases.send": SEND_S,
        "releases.forget": HOUR_S,
        "releases.verify_audit": HOUR_S,
        "console.clear_sessions": HOUR_S,
    }.items()
}
app.autodiscover_tasks(["invocations", "releases", "console"])
