"""The commands that publish, roll back, rebuild and verify versions."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from hashlib import sha256
from pathlib import Path

import duckdb
import pytest
from histories.compare import row_differences
from support.product import Credits, NightlyRun, copy_run, nightly_run

from orchestration.publish.versions.manifest import read_manifest, write_manifest

DAY = "2026-04-01"


def state(data_dir: Path) -> dict[str, tuple[int, str]]:
    """Inode and hash of every file and link, except the note of which process held the lock."""
    return {
        str(path.relative_to(data_dir)): (
            path.lstat().st_ino,
            str(path.readlink()) if path.is_symlink() else sha256(path.read_bytes()).hexdigest(),
        )
        for path in data_dir.rglob("*")
        if (path.is_symlink() or path.is_file()) and path.name != "run.lock"
    }


def damage(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.slow
def test_raw_alone_is_enough_to_publish_the_same_rows(
    credits_command: Credits, sample_run: NightlyRun, tmp_path: Path
) -> None:
    run = copy_run(sample_run, tmp_path / "data")
    for other in run.data_dir.iterdir():
        if other.name != "raw":
            shutil.rmtree(other) if other.is_dir() and not other.is_symlink() else other.unlink()
    raw = state(run.data_dir)
    # left by a killed verification
    (run.data_dir / ".verify" / "raw").mkdir(parents=True)
    (run.data_dir / ".verify" / "raw" / "batches").symlink_to(run.data_dir / "raw" / "batches")

    result = credits_command("rebuild", "--data-dir", run.data_dir, "--as-of", run.as_of)

    assert result.returncode == 0, result.stdout + result.stderr
    assert row_differences(sample_run.published, run.published, names=("first", "rebuilt")) == []
    assert not (run.data_dir / ".verify").exists()
    assert raw.items() <= state(run.data_dir).items()


def test_a_rebuild_without_a_batch_is_refused(credits_command: Credits, tmp_path: Path) -> None:
    result = credits_command("rebuild", "--data-dir", tmp_path)
    assert result.returncode == 2
    assert "raw holds no batch" in result.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_verify_names_the_rows_that_do_not_follow_from_raw_and_changes_nothing(
    credits_command: Credits, sample_run: NightlyRun, tmp_path: Path
) -> None:
    run = copy_run(sample_run, tmp_path / "data")
    served = run.published.resolve()
    with duckdb.connect(str(served / "credits.duckdb")) as connection:
        connection.execute("update marts.credit_lots set remaining = remaining + 0.000001")
        connection.execute(
            f"delete from marts.usage_daily where usage_date = '{DAY}' and member_id = 'm_tom'"
        )
        connection.execute("delete from marts.data_quality")
    # as if it had been published like this: only recomputing can find it
    manifest = read_manifest(served)
    assert manifest is not None
    write_manifest(served, published_at=manifest.published_at, replaces=None)
    version = json.loads((served / "version.json").read_text())
    before = state(run.data_dir)

    result = credits_command("verify", "--data-dir", run.data_dir)

    assert result.returncode == 1, result.stderr
    assert state(run.data_dir) == before
    missing = sample_run.query(
        f"select count(*) from marts.usage_daily where usage_date = '{DAY}' and member_id = 'm_tom'"
    )
    lines = result.stdout.splitlines()
    files = len(list((run.data_dir / "raw" / "batches").rglob("*.parquet")))
    assert lines[0].startswith(f"raw          {files} files of 1 batch ")
    assert "match their hashes" in lines[1]
    assert "credit_lots: 1 differing row" in lines[2]
    assert "remaining: served" in lines[3]
    assert lines[4] == f"recomputed   usage_daily: {missing[0][0]} differing rows"
    assert f"usage_date {DAY}, member_id m_tom" in lines[5]
    assert lines[5].endswith("only in recomputed")
    assert not [line for line in lines[5:] if "usage_daily" not in line]
    assert "definitions" not in result.stdout
    assert "marts_gate" in result.stderr  # progress is reported

    (served / "version.json").write_text(json.dumps(version | {"definitions": "older"}))
    quick = credits_command("verify", "--data-dir", run.data_dir, "--quick")
    assert quick.returncode == 1
    assert "version.json is not what was published" in quick.stdout
    assert "recomputed" not in quick.stdout


def test_a_quick_verification_reads_every_byte_of_raw_and_of_the_served_version(
    credits_command: Credits, sample_run: NightlyRun, tmp_path: Path
) -> None:
    run = copy_run(sample_run, tmp_path / "data")
    intact = credits_command("verify", "--quick", "--data-dir", run.data_dir)
    assert (intact.returncode, len(intact.stdout.splitlines())) == (0, 2), intact.stdout + intact.stderr
    damage(run.data_dir / "raw" / "batches" / "000001" / "generation_events.parquet")
    damage(run.published / "report" / "acme-store.html")
    (run.published / "version.json").write_text("{")
    before = state(run.data_dir)

    result = credits_command("verify", "--quick", "--data-dir", run.data_dir)

    assert result.returncode == 1
    assert "raw          batch 1: generation_events.parquet is not what was committed" in result.stdout
    assert "served       version 1: report/acme-store.html is not what was published" in result.stdout
    assert "served       version 1: version.json is not what was published" in result.stdout
    assert state(run.data_dir) == before


@pytest.mark.parametrize("command", ["rollback", "rebuild", "verify"])
def test_no_command_changes_versions_while_a_run_holds_the_lock(
    credits_command: Credits, sample_run: NightlyRun, tmp_path: Path, command: str
) -> None:
    run = copy_run(sample_run, tmp_path / "data")
    shutil.copytree(run.data_dir / "versions" / "1", run.data_dir / "versions" / "0")
    before = state(run.data_dir)
    with (run.data_dir / "run.lock").open("w") as held:
        held.write(f"process {os.getpid()}\n")
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)
        result = credits_command(command, "--data-dir", run.data_dir)
    assert result.returncode == 3
    assert f"process {os.getpid()}" in result.stderr
    assert state(run.data_dir) == before


def test_version_commands_say_when_nothing_is_published(credits_command: Credits, tmp_path: Path) -> None:
    for command in ("rollback", "verify"):
        result = credits_command(command, "--data-dir", tmp_path)
        assert (result.returncode, "credits run" in result.stderr) == (2, True), command


def deliver(landing: Path, **feeds: list[dict[str, object]]) -> Path:
    """A landing folder with these rows and nothing else."""
    for feed, rows in feeds.items():
        (landing / feed).mkdir(parents=True)
        (landing / feed / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return landing


def event(event_id: str, day: str, **columns: object) -> dict[str, object]:
    return {
        "event_id": event_id,
        "occurred_at": f"{day}T10:00:00Z",
        "workspace_id": "acme-store",
        "member_id": "m_tom",
        "product_id": f"product of {event_id}",
        "generation_type": "meta",
        "product_category": "Hats",
        "credits": "1.5",
    } | columns


@pytest.fixture(scope="module")
def two_runs(
    credits_command: Credits, sample_run: NightlyRun, tmp_path_factory: pytest.TempPathFactory
) -> NightlyRun:
    """The sample, and a run that only moves credits of one day to another category."""
    root = tmp_path_factory.mktemp("two_runs")
    run = copy_run(sample_run, root / "data")
    ((moved, credits),) = run.query(
        f"select event_id, credits from marts.generation_details where usage_date = '{DAY}' "
        "and disposition = 'used' and attempt_count = 1 order by 1 limit 1"
    )
    landing = deliver(
        root / "landing",
        event_retractions=[{"retraction_id": "r", "event_id": moved, "occurred_at": "2026-04-07T09:00:00Z"}],
        generation_events=[event("instead", DAY, credits=str(credits))],
    )
    return nightly_run(credits_command, landing, run.data_dir, run.as_of)


@pytest.mark.slow
def test_a_rollback_serves_the_version_before_which_still_verifies(
    credits_command: Credits, two_runs: NightlyRun, sample_run: NightlyRun, tmp_path: Path
) -> None:
    run = copy_run(two_runs, tmp_path / "data")
    assert run.published.readlink() == Path("versions/2")
    back = credits_command("rollback", "--data-dir", run.data_dir)
    assert back.returncode == 0, back.stderr
    assert back.stdout.startswith("served now   version 1, up to 2026-04-07")
    assert row_differences(sample_run.published, run.published, names=("first", "served")) == []

    listed = credits_command("rollback", "--list", "--data-dir", run.data_dir).stdout.splitlines()
    assert [line.split()[:3] for line in listed[2:]] == [
        ["1", "true", "2026-04-07"],
        ["2", "false", "2026-04-07"],
    ]
    status = credits_command("status", "--data-dir", run.data_dir).stdout
    assert "version 1" in status
    assert "rolled back: version 2 is newer and not served" in status
    report = credits_command("report", "--data-dir", run.data_dir)
    assert "Not up to date: version 1 was published" in report.stdout
    unknown = credits_command("rollback", "--to", "9", "--data-dir", run.data_dir)
    assert unknown.returncode == 2
    assert "version 2, up to 2026-04-07" in unknown.stderr

    # raw holds a later batch than this version was built from
    (run.data_dir / ".verify" / "left").mkdir(parents=True)
    before = state(run.data_dir)
    verified = credits_command("verify", "--data-dir", run.data_dir)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "all as served" in verified.stdout.splitlines()[-1]
    assert state(run.data_dir) == before
    assert not (run.data_dir / ".verify").exists()


@pytest.mark.slow
def test_the_run_after_a_rollback_is_a_new_version_and_restates_the_served_one(
    credits_command: Credits, two_runs: NightlyRun, tmp_path: Path
) -> None:
    run = copy_run(two_runs, tmp_path / "data")
    restated = "select cast(usage_date as varchar) from marts.restatements order by all"
    assert {day for (day,) in run.query(restated)} == {DAY}
    assert credits_command("rollback", "--data-dir", run.data_dir).returncode == 0
    # remove the restatements of the second run, so that all that is found is from the third
    shutil.rmtree(run.data_dir / "journal" / "restatements")
    landing = deliver(tmp_path / "landing", generation_events=[event("late", "2026-03-20")])

    third = nightly_run(credits_command, landing, run.data_dir, run.as_of)

    assert "is rebuilt from raw" in third.result.stderr
    assert run.published.readlink() == Path("versions/3")
    # the sums of that day are the same as before: only its cells differ
    assert {day for (day,) in run.query(restated)} == {DAY, "2026-03-20"}
    assert "rolled back" not in credits_command("status", "--data-dir", run.data_dir).stdout
    # not to 2, which was rolled back
    assert "version 1," in credits_command("rollback", "--data-dir", run.data_dir).stdout


def test_a_failed_critical_check_keeps_the_served_version_and_the_report_says_how_old_it_is(
    credits_command: Credits, sample_run: NightlyRun, tmp_path: Path
) -> None:
    run = copy_run(sample_run, tmp_path / "data")
    fresh = credits_command("report", "--data-dir", run.data_dir)
    assert "Not up to date" not in fresh.stdout + fresh.stderr
    served = {
        path: entry for path, entry in state(run.data_dir).items() if path.startswith(("pub", "versions"))
    }
    folder = run.published.resolve().stat().st_ino
    # more accepted than there is: a critical gate on raw
    deliveries = run.data_dir / "raw" / "batches" / "000001" / "deliveries.parquet"
    duckdb.execute(
        f"copy (select * replace (accepted_count + 1 as accepted_count) from read_parquet('{deliveries}')) "
        f"to '{tmp_path / 'wrong.parquet'}' (format parquet)"
    )
    shutil.copy(tmp_path / "wrong.parquet", deliveries)

    result = credits_command("rebuild", "--data-dir", run.data_dir)

    assert result.returncode == 1, result.stdout + result.stderr
    assert "published    nothing" in result.stdout
    after = state(run.data_dir)
    assert {path: after.get(path) for path in served} == served
    assert run.published.resolve().stat().st_ino == folder
    text = credits_command("report", "--data-dir", run.data_dir)
    assert text.returncode == 0, text.stderr
    assert text.stdout.startswith(fresh.stdout)
    assert re.search(
        r" ago; the newest run failed at check \w+ of raw\.\w+, so newer data was not published\n$",
        text.stdout,
    ), text.stdout[-300:]
    as_json = credits_command("report", "--data-dir", run.data_dir, "--format", "json")
    published_at = json.loads(as_json.stdout)["published_at"]
    manifest = read_manifest(run.published)
    assert manifest is not None
    assert published_at == manifest.published_at.isoformat()
    assert "the newest run failed" in as_json.stderr
