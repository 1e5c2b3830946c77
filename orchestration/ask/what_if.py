"""The forecast with changes, computed by the command that people use for it.

It runs in a process of its own, since it opens the working warehouse and holds the lock of the data
directory, and a server that lives for days must keep neither. Not here: the engine
(forecasting/depletion/what_if.py).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

WAIT_SECONDS = 120


class WhatIfFailed(ValueError):
    """There is no such forecast; the message is the sentence of the command."""


def changed_forecast(data_dir: Path, workspace_id: str, changes: Sequence[str]) -> dict[str, Any]:
    """The forecast of a workspace as it is and with changes.

    Args:
        workspace_id: one that is published.
        changes: as `credits forecast --what-if` takes them.

    Raises:
        WhatIfFailed: a change cannot be read, the data directory is busy, or it holds no forecast.
    """
    # with = a value that starts with a dash is no option
    options = [f"--data-dir={data_dir}", f"--workspace={workspace_id}", "--format=json"]
    options += [f"--what-if={change}" for change in changes]
    command = [sys.executable, "-m", "orchestration.cli.main", "forecast", *options]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=WAIT_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise WhatIfFailed(f"a forecast may take {WAIT_SECONDS} seconds; this one takes longer.") from None
    except ValueError:
        raise WhatIfFailed("a change is a text without NUL characters; leave them out.") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"the forecast ended with {done.returncode}."]
        raise WhatIfFailed(lines[-1].removeprefix("credits: "))
    as_it_is, changed = json.loads(done.stdout)
    return {"as_it_is": as_it_is, "changed": changed, "median_days_later": _days_later(as_it_is, changed)}


def _days_later(as_it_is: dict[str, Any], changed: dict[str, Any]) -> int | None:
    medians = [row["depletes_on_p50"] for row in (as_it_is, changed)]
    if None in medians:
        return None
    before, after = map(date.fromisoformat, medians)
    return (after - before).days
