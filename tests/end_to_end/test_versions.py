"""What is published, gone back from, made anew and verified, by the commands."""

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
from support.product import Credits, NightlyRun, copied, nightly

from orchestration.publish.versions.manifest import read_manifest, write_manifest

DAY = "2026-04-01"


def state(data_dir: Path) -> dict[str, tuple[int, str]]:
    """Inode and hash of every file and link, but for what says which process held the lock."""
    return {
        str(path.relative_to(data_dir)): (
            path.lstat().st_ino,
            str(path.readlink()) if path.is_symlink() else sha256(path.read_bytes()).hexdigest(),
        )
        for path in data_dir.rglob("*")
        if (path.is_symlink() or path.is_file()) and path.name != "run.lock"
    }


def damage(file: Path) -> None:
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 1
    file.write_bytes(whole)


def test_raw_alone_is_enough_to_publish_the_same_rows(
    credits_command: Credits, sample_run: NightlyRun, tmp_path: Path
) -> None:
    night = copied(sample_run, tmp_path / "data")
    for other in night.data_dir.iterdir():
        if other.name != "raw":
            shutil.rmtree(other) if other.is_dir() and not other.is_symlink() else other.unlink()
    raw = state(night.data_dir)
    # left by a verification that was killed
    (night.data_dir / ".verify" / "raw").mkdir(parents=True)
    (night.data_dir / ".verify" / "raw" / "batches").symlink_to(night.data_dir / "raw" / "batches")

    said = credits_command("rebuild", "--data-dir", night.data_dir, "--as-of", night.as_of)

    assert said.returncode == 0, said.stdout + said.stderr
    assert row_differences(sample_run.published, night.published, names=("first", "rebuilt")) == []
    assert not (night.data_dir / ".verify").exists()
    assert raw.items() <= state(night.data_dir).items()


def test_a_rebuild_without_anything_loaded_is_refused(credits_command: Credits, tmp_path: Path) -> None:
    said = credits_command("rebuild", "--data-dir", tmp_path)
    assert said.returncode == 2
    assert "raw holds no batch" in said.stderr
    assert not list(tmp_path.iterdir())


def test_a_verification_names_what_does_not_follow_from_raw_and_changes_nothing(
    credits_command: Credits, sample_run: NightlyRun, tmp_path: Path
) -> None:
    night = copied(sample_run, tmp_path / "data")
    served = night.published.resolve()
    with duckdb.connect(str(served / "credits.duckdb")) as connection:
        connection.execute("update marts.credit_lots set remaining = remaining + 0.000001")
        connection.execute(
            f"delete from marts.usage_daily where usage_date = '{DAY}' and member_id = 'm_tom'"
        )
        connection.execute("delete from marts.data_quality")
    # as if it had been published so: only making it anew can tell
    manifest = read_manifest(served)
    assert manifest is not None
    write_manifest(served, published_at=manifest.published_at, replaces=None)
    version = json.loads((served / "version.json").read_text())
    before = state(night.data_dir)

    said = credits_command("verify", "--data-dir", night.data_dir)

    assert said.returncode == 1, said.stderr
    assert state(night.data_dir) == before
    missing = sample_run.query(
        f"select count(*) from marts.usage_daily where usage_date = '{DAY}' and member_id = 'm_tom'"
    )
    lines = said.stdout.splitlines()
    assert lines[0].startswith("raw          10 files of 1 batches")
    assert "what was published" in lines[1]
    assert "credit_lots: 1 rows differ" in lines[2]
    assert "remaining: served" in lines[3]
    assert lines[4] == f"recomputed   usage_daily: {missing[0][0]} rows differ"
    assert f"usage_date {DAY}, member_id m_tom" in lines[5]
    assert lines[5].endswith("only in recomputed")
    assert not [line for line in lines[5:] if "usage_daily" not in line]
    assert "definitions" not in said.stdout
    assert "marts_gate" in said.stderr  # it says how far it is

    (served / "version.json").write_text(json.dumps(version | {"definitions": "older"}))
    quick = credits_command("verify", "--data-dir", night.data_dir, "--quick")
    assert quick.returncode == 1
    assert "version.json is not what was published" in quick.stdout
    assert "recomputed" not in quick.stdout


def test_a_quick_verification_reads_every_byte_of_raw_and_of_what_is_served(
    credits_command: Credits, sample_run: NightlyRun, tmp_path: Path
) -> None:
    night = copied(sample_run, tmp_path / "data")
    well = credits_command("verify", "--quick", "--data-dir", night.data_dir)
    assert (well.returncode, len(well.stdout.splitlines())) == (0, 2), well.stdout + well.stderr
    damage(night.data_dir / "raw" / "batches" / "000001" / "generation_events.parquet")
    damage(night.published / "report" / "acme-store.html")
    (night.published / "version.json").write_text("{")
    before = state(night.data_dir)

    said = credits_command("verify", "--quick", "--data-dir", night.data_dir)

    assert said.returncode == 1
    assert "raw          batch 1: generation_events.parquet is not what was committed" in said.stdout
    assert "served       version 1: report/acme-store.html is not what was published" in said.stdout
    assert "served       version 1: version.json is not what was published" in said.stdout
    assert state(night.data_dir) == before


@pytest.mark.parametrize("command", ["rollback", "rebuild", "verify"])
def test_no_command_works_on_versions_while_a_run_holds_them(
    credits_command: Credits, sample_run: NightlyRun, tmp_path: Path, command: str
) -> None:
    night = copied(sample_run, tmp_path / "data")
    shutil.copytree(night.data_dir / "versions" / "1", night.data_dir / "versions" / "0")
    before = state(night.data_dir)
    with (night.data_dir / "run.lock").open("w") as held:
        held.write(f"process {os.getpid()}\n")
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)
        said = credits_command(command, "--data-dir", night.data_dir)
    assert said.returncode == 3
    assert f"process {os.getpid()}" in said.stderr
    assert state(night.data_dir) == before


def test_nothing_published_is_told_by_the_commands_about_versions(
    credits_command: Credits, tmp_path: Path
) -> None:
    for command in ("rollback", "verify"):
        said = credits_command(command, "--data-dir", tmp_path)
        assert (said.returncode, "credits run" in said.stderr) == (2, True), command


def deliver(landing: Path, **feeds: list[dict[str, object]]) -> Path:
    """A landing folder with these rows and nothing else."""
    for feed, rows in feeds.items():
        (landing / feed).mkdir(parents=True)
        (landing / feed / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return landing


def event(event_id: str, day: str, **told: object) -> dict[str, object]:
    return {
        "event_id": event_id,
        "occurred_at": f"{day}T10:00:00Z",
        "workspace_id": "acme-store",
        "member_id": "m_tom",
        "product_id": f"product of {event_id}",
        "generation_type": "meta",
        "product_category": "Hats",
        "credits": "1.5",
    } | told


@pytest.fixture(scope="module")
def two_nights(
    credits_command: Credits, sample_run: NightlyRun, tmp_path_factory: pytest.TempPathFactory
) -> NightlyRun:
    """The sample, and a night that moves credits of one day to another category, and nothing else."""
    root = tmp_path_factory.mktemp("two_nights")
    night = copied(sample_run, root / "data")
    ((moved, credits),) = night.query(
        f"select event_id, credits from marts.generation_details where usage_date = '{DAY}' "
        "and disposition = 'used' and attempt_count = 1 order by 1 limit 1"
    )
    landing = deliver(
        root / "landing",
        event_retractions=[{"retraction_id": "r", "event_id": moved, "occurred_at": "2026-04-07T09:00:00Z"}],
        generation_events=[event("instead", DAY, credits=str(credits))],
    )
    return nightly(credits_command, landing, night.data_dir, night.as_of)


def test_going_back_serves_the_night_before_which_still_follows_from_what_it_knew(
    credits_command: Credits, two_nights: NightlyRun, sample_run: NightlyRun, tmp_path: Path
) -> None:
    night = copied(two_nights, tmp_path / "data")
    assert night.published.readlink() == Path("versions/2")
    back = credits_command("rollback", "--data-dir", night.data_dir)
    assert back.returncode == 0, back.stderr
    assert back.stdout.startswith("served now   version 1, up to 2026-04-07")
    assert row_differences(sample_run.published, night.published, names=("first", "served")) == []

    listed = credits_command("rollback", "--list", "--data-dir", night.data_dir).stdout.splitlines()
    assert [line.split()[:3] for line in listed[2:]] == [
        ["1", "true", "2026-04-07"],
        ["2", "false", "2026-04-07"],
    ]
    status = credits_command("status", "--data-dir", night.data_dir).stdout
    assert "version 1" in status
    assert "rolled back: version 2 is newer and not served" in status
    report = credits_command("report", "--data-dir", night.data_dir)
    assert "Not up to date: version 1 was published" in report.stdout
    unknown = credits_command("rollback", "--to", "9", "--data-dir", night.data_dir)
    assert unknown.returncode == 2
    assert "version 2, up to 2026-04-07" in unknown.stderr

    # raw has a batch by now that this version did not know of
    (night.data_dir / ".verify" / "left").mkdir(parents=True)
    before = state(night.data_dir)
    verified = credits_command("verify", "--data-dir", night.data_dir)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "all as served" in verified.stdout.splitlines()[-1]
    assert state(night.data_dir) == before
    assert not (night.data_dir / ".verify").exists()


@pytest.mark.slow
def test_the_night_after_going_back_is_a_new_version_and_tells_all_it_restates_of_the_served_one(
    credits_command: Credits, two_nights: NightlyRun, tmp_path: Path
) -> None:
    night = copied(two_nights, tmp_path / "data")
    restated = "select cast(usage_date as varchar) from marts.restatements order by all"
    assert {day for (day,) in night.query(restated)} == {DAY}
    assert credits_command("rollback", "--data-dir", night.data_dir).returncode == 0
    # what the second night told is forgotten, so that what is found is told by the third
    shutil.rmtree(night.data_dir / "journal" / "restatements")
    landing = deliver(tmp_path / "landing", generation_events=[event("late", "2026-03-20")])

    third = nightly(credits_command, landing, night.data_dir, night.as_of)

    assert "is rebuilt from raw" in third.said.stderr
    assert night.published.readlink() == Path("versions/3")
    # the sums of that day are the same as before: only its cells tell
    assert {day for (day,) in night.query(restated)} == {DAY, "2026-03-20"}
    assert "rolled back" not in credits_command("status", "--data-dir", night.data_dir).stdout
    # not to 2, which somebody went back from
    assert "version 1," in credits_command("rollback", "--data-dir", night.data_dir).stdout


def test_a_failed_critical_check_leaves_what_is_served_untouched_and_its_age_told(
    credits_command: Credits, sample_run: NightlyRun, tmp_path: Path
) -> None:
    night = copied(sample_run, tmp_path / "data")
    fresh = credits_command("report", "--data-dir", night.data_dir)
    assert "Not up to date" not in fresh.stdout + fresh.stderr
    served = {
        path: told for path, told in state(night.data_dir).items() if path.startswith(("pub", "versions"))
    }
    folder = night.published.resolve().stat().st_ino
    # more accepted than there is: a critical gate on raw
    deliveries = night.data_dir / "raw" / "batches" / "000001" / "deliveries.parquet"
    duckdb.execute(
        f"copy (select * replace (accepted_count + 1 as accepted_count) from read_parquet('{deliveries}')) "
        f"to '{tmp_path / 'wrong.parquet'}' (format parquet)"
    )
    shutil.copy(tmp_path / "wrong.parquet", deliveries)

    said = credits_command("rebuild", "--data-dir", night.data_dir)

    assert said.returncode == 1, said.stdout + said.stderr
    assert "published    nothing" in said.stdout
    after = state(night.data_dir)
    assert {path: after.get(path) for path in served} == served
    assert night.published.resolve().stat().st_ino == folder
    text = credits_command("report", "--data-dir", night.data_dir)
    assert text.returncode == 0, text.stderr
    assert text.stdout.startswith(fresh.stdout)
    assert re.search(
        r" ago; the newest run failed at check \w+ of raw\.\w+, so newer data was not published\n$",
        text.stdout,
    ), text.stdout[-300:]
    as_json = credits_command("report", "--data-dir", night.data_dir, "--format", "json")
    published_at = json.loads(as_json.stdout)["published_at"]
    manifest = read_manifest(night.published)
    assert manifest is not None
    assert published_at == manifest.published_at.isoformat()
    assert "the newest run failed" in as_json.stderr
