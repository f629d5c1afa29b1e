#!/usr/bin/env python
"""Serin's command line: `manage.py up` starts everything, `manage.py help` lists the rest."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext

from django.core.management import execute_from_command_line

from console.env import BadEnvironment, home
from console.stack import CannotStart
from console.stack.servers import running

# These talk to no server, or start their own. Every other command finds them running, for as long as it runs.
WITHOUT_SERVERS = {"help", "version", "check", "collectstatic", "makemigrations", "up"}


def main(arguments: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    command = arguments[1] if len(arguments) > 1 else "help"
    try:
        asks_for_help = command.startswith("-") or "--help" in arguments or "-h" in arguments
        with nullcontext() if asks_for_help or command in WITHOUT_SERVERS else running(home()):
            execute_from_command_line(arguments)
    except (BadEnvironment, CannotStart) as refusal:
        sys.exit(f"serin: {refusal}")


if __name__ == "__main__":
    main(sys.argv)
