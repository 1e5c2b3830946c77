"""Commands in a namespace of their own: a disk or a network that only they see.

What is done in there is in the scripts that are given.
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
    """Whether this machine lets us make such a namespace."""
    if not shutil.which("unshare"):
        return False
    made = subprocess.run(
        ["unshare", "--map-root-user", f"--{kind}", "true"], capture_output=True, check=False
    )
    return made.returncode == 0


def told_by(kind: str, script: str, *arguments: object, home: Path, **environment: str) -> dict[str, Any]:
    """What a script of this folder, run in a namespace of that kind, says on its last line, as JSON.

    The test is skipped where no such namespace can be made.
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
    said = subprocess.run(
        [*command, *map(str, arguments)],
        env={**os.environ, "DAGSTER_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    return dict(json.loads(said.stdout.splitlines()[-1]))


def credits_script() -> str:
    """The `credits` command of this environment."""
    return str(Path(sys.executable).with_name("credits"))
