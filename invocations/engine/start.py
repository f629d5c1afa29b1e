"""What an instance is told when its function is loaded."""

from __future__ import annotations

from invocations.engine.bundle import Bundle
from invocations.engine.limits import Limits
from invocations.engine.protocol import Say, frame, start_body


def start_frame(
    bundle: Bundle, *, limits: Limits, code_path: str, instance_id: str, request_id: str, qualifier: str
) -> bytes:
    """START: the settings of the worker and of the context, then the function's environment."""
    settings = {
        "code": code_path,
        "handler": bundle.handler,
        "type": bundle.type,
        "initializer": bundle.initializer,
        "memory_mb": str(bundle.memory_mb),
        "timeout_s": str(bundle.timeout_s),
        "initialization_timeout_s": str(bundle.initialization_timeout_s),
        "function": bundle.function,
        "service": bundle.service,
        "log_project": bundle.log_project,
        "log_store": bundle.log_store,
        # At LATEST Function Compute's context has the empty text here, never the word.
        "version_id": "" if bundle.version == "LATEST" else bundle.version,
        "region": bundle.region,
        "account_id": bundle.account_id,
        "request_id": request_id,
        "qualifier": qualifier,
        "log_bytes": str(limits.log_bytes),
        "payload_bytes": str(limits.payload_bytes),
    }
    environment = _environment(bundle, code_path, instance_id, qualifier)
    return frame(Say.START, 0, start_body(settings.items(), environment.items()))


def _environment(bundle: Bundle, code_path: str, instance_id: str, qualifier: str) -> dict[str, str]:
    """Function Compute's variables, then the function's own, which may override them."""
    version = "" if bundle.version == "LATEST" else bundle.version
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": "/tmp",  # noqa: S108 - the instance's own, in its sandbox
        "LANG": "C.UTF-8",
        # The worker adds what its interpreter needs.
        "LD_LIBRARY_PATH": f"{code_path}:{code_path}/lib",
        "FC_FUNC_CODE_PATH": f"{code_path}/",
        "FC_ACCOUNT_ID": bundle.account_id,
        "FC_REGION": bundle.region,
        "FC_SERVICE_NAME": bundle.service,
        "FC_FUNCTION_NAME": bundle.function,
        "FC_FUNCTION_HANDLER": bundle.handler,
        "FC_FUNCTION_MEMORY_SIZE": str(bundle.memory_mb),
        "FC_INSTANCE_ID": instance_id,
        "FC_QUALIFIER": qualifier,
        "FC_VER_ID": version,
        "FC_FUNCTION_VERSION": version,
        **dict(bundle.environment),
    }
