"""Keeping code packages: built where their language wants it, named by content, stored once."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef

from invocations.engine.packages import check_package, crc64
from invocations.engine.sandbox import Sandbox
from invocations.engine.storage import Storage
from invocations.runtimes.csharp import assembly_of, compiled
from releases.models import CodePackage, Function, VersionFunction

_COMPILED = "dotnet"


def built(content: bytes, *, runtime: str, handler: str) -> bytes:
    """The package as a function of this runtime and handler needs it: C# sources gain their assembly.

    Raises `invocations.engine.packages.BadPackage`; `sentences` are then what the compiler says.
    """
    if runtime != _COMPILED:
        return content
    # The gateway's folder: it is a cache, and on one machine both need the same copies of runtimes.
    return compiled(content, handler, sandbox=Sandbox(Storage.open(settings.HOME / "gateway")))


def is_built_for(runtime: str, handler: str) -> tuple[str, str]:
    """What a package depends on beside its sources: packages of functions where it is equal are the same."""
    return (runtime, assembly_of(handler)) if runtime == _COMPILED else ("", "")


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
