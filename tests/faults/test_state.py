"""What something else than a run did to the data directory: it is noticed, said, and made good.

Damage to the working database is in test_machine.py, and kills of runs are in test_kills.py.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import duckdb
import pytest
from faults.awkward_run import AwkwardRun, recover
from support.fault_table import Faults
from support.forked_runs import ForkedRuns
from support.product import REPO

from orchestration.visible_text import visible

DBT = REPO / "dbt_project"
KILLED, OK, FAILED = -9, 0, 1


def home_of(data_dir: Path) -> dict[str, str]:
    return {"DAGSTER_HOME": str(data_dir.with_name(f"{data_dir.name}.dagster"))}


@pytest.mark.slow
def test_a_dbt_build_by_hand_is_refused_and_changes_nothing(
    runs: ForkedRuns, awkward: AwkwardRun, faults: Faults, tmp_path: Path
) -> None:
    data_dir = awkward.copy_before(tmp_path / "data")
    folders = ("--project-dir", DBT, "--profiles-dir", DBT, "--target-path", tmp_path, "--log-path", tmp_path)
    with faults.injection("a dbt build typed by hand"):
        built = subprocess.run(
            [Path(sys.executable).with_name("dbt"), "build", *folders],
            env={"PATH": os.environ["PATH"], "CREDITS_DATA_DIR": str(data_dir)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert built.returncode != 0
        assert "credits run" in built.stdout
        recover(runs, awkward, data_dir)


@pytest.mark.slow
def test_a_table_that_something_else_wrote_to_is_rebuilt(
    runs: ForkedRuns, awkward: AwkwardRun, faults: Faults, tmp_path: Path
) -> None:
    data_dir = awkward.copy_before(tmp_path / "data")
    with faults.injection("a table of the working database changed"):
        with duckdb.connect(str(data_dir / "warehouse.duckdb")) as connection:
            connection.execute("insert into facts.int_attempts_numbered from facts.int_attempts_numbered")
        recover(
            runs, awkward, data_dir, reports="facts.int_attempts_numbered of the working warehouse changed"
        )


@pytest.mark.slow
@pytest.mark.parametrize("left", [None, 100])
def test_a_lost_file_of_raw_is_named_with_its_remedy(
    runs: ForkedRuns, awkward: AwkwardRun, faults: Faults, left: int | None, tmp_path: Path
) -> None:
    data_dir = awkward.copy_before(tmp_path / "data")
    file = data_dir / "raw" / "batches" / "000001" / "members.parquet"
    whole = file.read_bytes()
    with faults.injection("a file of raw missing or cut"):
        file.unlink()
        if left:
            file.write_bytes(whole[:left])
        run = runs.nightly_run(awkward.landing, data_dir, awkward.as_of)
        assert run.status == FAILED
        assert "batch 1: members.parquet is" in run.output
        assert "Restore it from a backup" in run.output
        awkward.assert_serves_one_version(data_dir)
        file.write_bytes(whole)
        recover(runs, awkward, data_dir)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("command", ["rollback", "rebuild"])
def test_a_rollback_or_a_rebuild_that_is_killed_is_recovered(
    runs: ForkedRuns, awkward: AwkwardRun, faults: Faults, command: str, seed: int, tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"
    copytree(awkward.undisturbed, data_dir, symlinks=True)
    longest = {"rollback": 1.0, "rebuild": awkward.seconds}[command]
    after = random.Random(seed).uniform(0, longest)
    with faults.injection("killed during a rollback or a rebuild"):
        words = (command, "--data-dir", data_dir)
        (tmp_path / "data.dagster").mkdir()
        (tmp_path / "data.dagster" / "dagster.yaml").write_text((REPO / "dagster.yaml").read_text())
        run = runs.run(*words, environment=home_of(data_dir), watched=data_dir, kill_after_seconds=after)
        assert run.status in (KILLED, OK), run.output
        awkward.assert_serves_one_version(data_dir)
        recover(runs, awkward, data_dir)


@pytest.mark.slow
def test_letters_that_steer_a_terminal_are_written_out_by_a_run(
    runs: ForkedRuns, awkward: AwkwardRun, faults: Faults, tmp_path: Path
) -> None:
    data_dir = awkward.copy_before(tmp_path / "data")
    hostile = "\x1b]0;x\x07a\rb\u202ec"
    landing = tmp_path / "landing"
    copytree(awkward.landing, landing)
    folder = landing / "generation_events"
    (folder / f"{hostile}.jsonl").write_text(json.dumps({"event_id": hostile, hostile: 1}) + "\n{" + hostile)
    (folder / f"{hostile}.parquet").write_text(hostile)
    (landing / hostile).mkdir()
    (landing / hostile / "file").write_text(hostile)
    with faults.injection("letters that steer a terminal"):
        run = runs.nightly_run(landing, data_dir, awkward.as_of)
        assert run.status == OK, run.output
        status = runs.run("status", "--data-dir", data_dir, environment=home_of(data_dir))
        for output in (run.output, status.output):
            assert visible(output) == output
        awkward.assert_equal(data_dir)
