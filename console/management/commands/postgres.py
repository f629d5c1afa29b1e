"""`manage.py postgres PROGRAM ...`: a program of PostgreSQL, connected to Serin's database.

manage.py postgres pg_dump --format=custom --file=serin.dump
manage.py postgres psql
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from console.stack.postgres import binary

VARIABLES = {
    "PGHOST": "HOST",
    "PGPORT": "PORT",
    "PGUSER": "USER",
    "PGPASSWORD": "PASSWORD",
    "PGDATABASE": "NAME",
}


class Command(BaseCommand):
    help = "Run pg_dump, pg_restore, psql or another program of PostgreSQL on Serin's database."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("program", help="its name, such as pg_dump")
        parser.add_argument("arguments", nargs=argparse.REMAINDER)

    def handle(self, *, program: str, arguments: list[str], **options: Any) -> None:
        path = Path(binary(program))
        if Path(program).name != program or not path.is_file():
            raise CommandError(f"there is no program '{program}' in {path.parent}")
        database = settings.DATABASES["default"]
        given = {variable: str(database[key]) for variable, key in VARIABLES.items() if database[key]}
        # Not exec: the embedded server is stopped by this process when the program has ended. No shell: the
        # arguments are whatever the operator gave.
        ended = subprocess.run([str(path), *arguments], env=os.environ | given, check=False)  # noqa: S603
        sys.exit(ended.returncode)
