"""Keeping code packages: named by content, stored once."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db.models import Exists, OuterRef

from invocations.engine.packages import check_package, crc64
from releases.models import CodePackage, Function, VersionFunction


def keep_package(content: bytes, *, at: datetime) -> CodePackage:
    """The row of this zip, made or, when its content had been collected, filled again.

    Raises `invocations.engine.packages.BadPackage` for what is no safe zip.
    """
    check_package(content)
    digest = hashlib.sha256(content).hexdigest()
    package, created = CodePackage.objects.defer("content").get_or_create(
        digest=digest,
        defaults={"checksum": crc64(content), "size": len(content), "content": content, "kept_at": at},
    )
    if not created:
        # The new time also makes a collection that is under way look at the row again, and pass it by.
        CodePackage.objects.filter(pk=digest).update(kept_at=at)
        CodePackage.objects.filter(pk=digest, content=None).update(content=content)
    return package


def collect_packages(*, before: datetime) -> int:
    """Empty the packages kept before then that neither LATEST nor a live version needs; how many."""
    needed = Function.objects.filter(code=OuterRef("pk"))
    published = VersionFunction.objects.filter(code=OuterRef("pk"), version__retired_at=None)
    unneeded = CodePackage.objects.filter(~Exists(needed), ~Exists(published), content__isnull=False)
    return unneeded.filter(kept_at__lt=before).update(content=None)
