"""What `make bench` measures. Peers run in the same minutes on the same machine; ratios are what counts."""

from __future__ import annotations

import os

import django

# Here, because the modules of this package import models at their top.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
django.setup()
