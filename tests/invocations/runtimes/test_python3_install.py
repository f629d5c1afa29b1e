from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

from invocations.runtimes.python3 import PYTHON3


def test_install__of_the_runtime__is_a_readable_library_without_tests_and_packages(tmp_path: Path) -> None:
    root = PYTHON3.install(tmp_path)

    library = next((root / "lib").glob("python3.*"))
    assert (library / "json" / "__init__.py").exists()
    assert list((library / "json" / "__pycache__").glob("decoder.*.pyc"))
    for absent in ("site-packages", "dist-packages", "test", "idlelib", "ensurepip"):
        assert not (library / absent).exists()
    assert all(path.stat().st_mode & 0o004 for path in root.rglob("*"))
    assert [path.name for path in tmp_path.iterdir()] == [root.name]


def test_install__for_the_second_time__takes_milliseconds_and_changes_nothing(tmp_path: Path) -> None:
    root = PYTHON3.install(tmp_path)
    made = root.stat().st_mtime_ns

    started = time.perf_counter()
    again = PYTHON3.install(tmp_path)
    taken = time.perf_counter() - started

    assert (again, root.stat().st_mtime_ns) == (root, made)
    assert taken < 0.1


def test_install__byte_code__is_valid_for_the_copied_sources(tmp_path: Path) -> None:
    root = PYTHON3.install(tmp_path)
    command = [part.format(runtime=root) for part in PYTHON3.command[:-1]]
    environment = {name: value.format(runtime=root) for name, value in PYTHON3.environment}

    result = subprocess.run(
        [*command, "-v", "-c", "import json.decoder"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert re.search(r"json/__pycache__/decoder\.\S+ matches \S+/json/decoder.py", result.stderr)
