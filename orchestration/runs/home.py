"""Dagster's home: the folder of dagster.yaml, from which the relative paths in it start.

Not here: what Dagster keeps there (records.py, event_log.py).
"""

from __future__ import annotations

import os

from orchestration.durable_files import atomic_write
from orchestration.settings import PROJECT_DIR, Settings


def enter_home(settings: Settings) -> None:
    """Change to Dagster's home; one in the data directory gets the dagster.yaml of this release."""
    home = settings.dagster_home
    if settings.has_own_home:
        home.mkdir(parents=True, exist_ok=True)
        released, file = (PROJECT_DIR / "dagster.yaml").read_bytes(), home / "dagster.yaml"
        if not file.exists() or file.read_bytes() != released:
            with atomic_write(file) as written:
                written.write(released)
    os.chdir(home)
