"""Commands that only read load neither Dagster, dbt nor Great Expectations."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.product import REPO
from support.terminals import environment

from orchestration.runs.warehouse_factory import open_dbt
from orchestration.settings import Settings

Rows = dict[str, list[dict[str, Any]]]
# each is slow to import, or loaded only by what is
SLOW = {"babel", "dagster", "dbt", "great_expectations", "sklearn", "scipy", "altair", "sqlalchemy", "dlt"}
PROGRAM = """
import json, sys
from orchestration.cli.main import main
try:
    main(json.loads(sys.argv[1]))
except SystemExit as done:
    loaded = {name.partition(".")[0] for name in sys.modules}
    print(json.dumps([done.code, sorted(loaded)]), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("--help",), marks=pytest.mark.slow),
        ("run", "--help"),
        pytest.param(("report", "--workspace", "w1"), marks=pytest.mark.slow),
        ("report", "--workspace", "w1", "--format", "json"),
        ("status",),
        ("query", "select 1"),
        ("export", "credit_summary"),
        ("doctor",),
    ],
    ids=" ".join,
)
def test_a_command_that_only_reads_loads_nothing_slow(
    command: tuple[str, ...], publish: Callable[[Rows], Path], rows: Rows, tmp_path: Path
) -> None:
    data_dir = publish(rows).parent
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(REPO / "dagster.yaml", home)
    if command == ("doctor",):  # as every run leaves it
        assert open_dbt(Settings(landing_dir=tmp_path, data_dir=data_dir)).manifest_path
    changed = environment(CREDITS_DATA_DIR=str(data_dir), DAGSTER_HOME=str(home))
    program = [sys.executable, "-c", PROGRAM, json.dumps(command)]
    done = subprocess.run(program, env=changed, capture_output=True, text=True)
    status, loaded = json.loads(done.stderr.splitlines()[-1])
    # what doctor finds depends on the machine
    assert status in ((0, 1) if command == ("doctor",) else (0,)), done.stderr
    assert SLOW & set(loaded) == set()
