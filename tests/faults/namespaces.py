"""Commands in a separate namespace: a disk or a network that only they see.

The given script decides what happens in it.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.product import REPO


@functools.cache
def is_possible(kind: str) -> bool:
    """Whether this machine allows such a namespace."""
    if not shutil.which("unshare"):
        return False
    tried = subprocess.run(
        ["unshare", "--map-root-user", f"--{kind}", "true"], capture_output=True, check=False
    )
    return tried.returncode == 0


def run_in_namespace(
    kind: str, script: str, *arguments: object, home: Path, **environment: str
) -> dict[str, Any]:
    """Run a script of this folder in a namespace of that kind, and return the JSON of its last line.

    The test is skipped where no such namespace can be created.
    """
    if not is_possible(kind):
        pytest.skip(
            f"unshare --map-root-user --{kind} is not possible here (util-linux, or a rule of the machine)"
        )
    home.mkdir(parents=True, exist_ok=True)
    shutil.copy(REPO / "dagster.yaml", home)
    command = [
        "unshare",
        "--map-root-user",
        f"--{kind}",
        sys.executable,
        str(Path(__file__).with_name(script)),
    ]
    result = subprocess.run(
        [*command, *map(str, arguments)],
        env={**os.environ, "DAGSTER_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return dict(json.loads(result.stdout.splitlines()[-1]))


def credits_script() -> str:
    """The `credits` command of this environment."""
    return str(Path(sys.executable).with_name("credits"))
