"""What starts an instance."""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """All that is needed to start an instance of one function of one version.

    `identity` is a hash of every field: two bundles share instances exactly when all of them agree. It is
    computed once, at construction, because every invocation looks it up.
    """

    account_id: str
    region: str
    service: str
    function: str
    version: str
    """The version's number as text, or `LATEST`."""
    runtime: str
    handler: str
    type: str = "event"
    """event or http: how its handler is called."""
    initializer: str = ""
    memory_mb: int = 128
    timeout_s: int = 3
    initialization_timeout_s: int = 3
    environment: tuple[tuple[str, str], ...] = ()
    code_digest: str
    """SHA-256 of the zip, in hex: the name under which its code is fetched and cached."""
    code_checksum: str = ""
    """CRC-64/XZ of the zip as decimal text, the checksum Function Compute shows."""
    log_project: str = ""
    log_store: str = ""
    identity: str = field(init=False, repr=False, compare=False, default="")
    function_key: tuple[str, str, str, str] = field(init=False, repr=False, compare=False, default=("",) * 4)
    """The function without its version: ceilings are counted over it."""

    def __post_init__(self) -> None:
        text = repr(astuple(self)).encode("utf-8", "surrogatepass")
        object.__setattr__(self, "identity", hashlib.sha256(text).hexdigest())
        key = (self.account_id, self.region, self.service, self.function)
        object.__setattr__(self, "function_key", key)
