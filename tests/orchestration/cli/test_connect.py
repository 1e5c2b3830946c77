"""`credits connect` says what a file is and what loads, asks for what does not show, and writes a source."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from orchestration.cli.main import main
from orchestration.landing.sources.connect.recognise import SIGNS
from orchestration.landing.sources.mapping import shipped

SAMPLES = Path(__file__).parents[3] / "docs" / "sources" / "samples"
LOG = """Nr;Datum;Benutzer;Aufgabe;Credits
1;01.03.2026 09:05;kim;Titel;12,5
2;02.03.2026 09:05;lee;Titel;1.000,25
3;31.02.2026 09:05;lee;Titel;-1
4;03.03.2026 09:05;lee;Titel;2
"""
COSTS = "id,time,user,cost\n1,2026-03-01T09:00:00Z,kim,0.5\n2,2026-03-02T09:00:00Z,kim,1.25\n"


def credits(*arguments: object, answers: str | None = None) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=answers)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "Verbrauch März.csv"
    file.write_text(LOG)
    return file


@pytest.fixture
def costs(tmp_path: Path) -> Path:
    file = tmp_path / "costs.csv"
    file.write_text(COSTS)
    return file


def test_without_a_place_nothing_is_written_and_all_is_said(log: Path, tmp_path: Path) -> None:
    done = credits("connect", log, "--zone", "Europe/Berlin")
    assert done.exit_code == 0
    assert list(tmp_path.iterdir()) == [log]
    lines = done.output.splitlines()
    assert "Verbrauch März.csv: of no shipped source; CSV, mapped as verbrauch_marz" in lines
    assert '  occurred_at        {path: Datum, format: "%d.%m.%Y %H:%M", zone: Europe/Berlin}' in lines
    assert "of all 4 records" in lines
    assert "  load         3 generation_events" in lines
    assert "  days         2026-03-01 to 2026-03-03 (UTC)" in lines
    assert "  members      2" in lines
    assert "  credits      1,014.75; Credits in the file adds up to 1,013.75" in lines
    # both faults of one record, with its place and what to do
    (refused,) = [line for line in lines if line.startswith("  Verbrauch März.csv:4: ")]
    assert "31.02.2026" in refused and "0 or more" in refused


def test_what_is_missing_is_one_error_that_names_each_flag(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text("id,time,tokens\n1,03/04/2026 09:05,5\n")
    done = credits("connect", file)
    assert done.exit_code == 2
    for flag in ("--zone Europe/Berlin", "--dates day-first", "--credits COLUMN, or --rate 100/usd:Cost"):
        assert flag in done.output


def test_a_source_is_written_with_its_mapping_and_the_next_command(log: Path, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    done = credits("connect", log, "--zone", "Europe/Berlin", "--as", "shop", "--landing", landing)
    assert done.exit_code == 0
    assert sorted(path.relative_to(landing).as_posix() for path in landing.rglob("*.*")) == [
        "shop/Verbrauch März.csv",
        "shop/mapping.yml",
    ]
    assert (landing / "shop" / log.name).read_bytes() == log.read_bytes()
    assert f"next     credits run --landing {landing} --as-of 2026-03-03" in done.output.splitlines()


def test_of_several_workspaces_the_report_of_one_is_named(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    rows = [f"{n},2026-03-0{n}T09:00:00Z,{team},1" for n, team in ((1, "a"), (2, "b c"), (3, "b c"))]
    file.write_text("\n".join(["id,time,workspace,credits", *rows]))
    done = credits("connect", file, "--landing", tmp_path / "landing")
    assert done.output.splitlines()[-1] == "then     credits report --workspace 'b c'"


def test_the_last_day_is_that_of_the_whole_file(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    days = [f"2026-03-{1 + n // 200:02d}" for n in range(2_600)]
    file.write_text("\n".join(["id,time,credits", *(f"{n},{day}T09:00:00Z,1" for n, day in enumerate(days))]))
    done = credits("connect", file, "--landing", tmp_path / "landing")
    assert "of the first 1,000 records" in done.output.splitlines()
    assert done.output.splitlines()[-2].endswith("--as-of 2026-03-13")


def test_a_row_that_came_again_changed_counts_once_by_its_newest(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text(
        "id,created_at,updated_at,credits\n"
        "1,2026-03-01T09:00:00Z,2026-03-01T09:00:05Z,7\n"
        "1,2026-03-01T09:00:00Z,2026-03-01T09:00:01Z,2\n"
        "2,2026-03-01T09:00:00Z,2026-03-01T09:00:01Z,1\n"
    )
    lines = credits("connect", file).output.splitlines()
    assert "  credits      8; credits in the file adds up to 10" in lines
    assert not any(line.startswith("  conflicts") for line in lines)


def test_a_link_is_no_copy(log: Path, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    assert credits("connect", log, "--zone", "UTC", "--landing", landing, "--link").exit_code == 0
    assert (landing / "verbrauch_marz" / log.name).samefile(log)


def test_the_next_file_of_a_source_uses_the_mapping_that_is_there(log: Path, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    assert (
        credits("connect", log, "--zone", "Europe/Berlin", "--as", "shop", "--landing", landing).exit_code
        == 0
    )
    mapping = (landing / "shop" / "mapping.yml").read_text()
    april = tmp_path / "april.csv"
    april.write_text(LOG.replace(".03.2026", ".04.2026"))
    done = credits("connect", april, "--as", "shop", "--landing", landing)
    assert done.exit_code == 0, done.output
    assert (landing / "shop" / "mapping.yml").read_text() == mapping
    again = credits("connect", april, "--as", "shop", "--landing", landing, "--zone", "UTC")
    assert again.exit_code == 2 and "--replace" in again.output
    assert (
        credits(
            "connect", april, "--as", "shop", "--landing", landing, "--zone", "UTC", "--replace"
        ).exit_code
        == 0
    )
    assert "zone: UTC" in (landing / "shop" / "mapping.yml").read_text()


def test_a_rate_becomes_a_rate_card(costs: Path, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    done = credits("connect", costs, "--rate", "100/usd", "--landing", landing)
    assert (
        "  credits      175; cost in the file adds up to 1.75, times 100 is 175" in done.output.splitlines()
    )
    assert (landing / "rate_cards" / "costs.jsonl").read_text() == (
        '{"card": "costs", "valid_from": "2000-01-01", "unit": "usd", "credits_per_unit": "100"}\n'
    )
    # the next file of the source finds it there
    more = costs.with_name("more.csv")
    more.write_text(COSTS.replace("0.5", "2"))
    again = credits("connect", more, "--as", "costs", "--landing", landing)
    assert "  credits      325; cost in the file adds up to 3.25" in again.output.splitlines()


def test_the_mapping_alone_can_be_written(costs: Path, tmp_path: Path) -> None:
    out = tmp_path / "own.yml"
    assert credits("connect", costs, "--credits", "cost", "--out", out).exit_code == 0
    assert yaml.safe_load(out.read_text())["feeds"]["generation_events"]["credits"] == "cost"
    assert credits("connect", SAMPLES / "github.csv", "--out", tmp_path / "folder").exit_code == 0
    assert (tmp_path / "folder" / "mapping.yml").read_text() == shipped()["github"].read_text()


def test_on_a_terminal_what_is_missing_is_asked(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.cli.connect.is_terminal", lambda: True)
    done = credits("connect", log, answers="Europe/Berlin\n")
    assert done.exit_code == 0
    assert "zone: Europe/Berlin" in done.output


@pytest.mark.parametrize(
    ("answers", "credits_found"),
    [("cost\n", "1.75"), ("100/usd:cost\n", "175"), ("2/generation\n", "4")],
)
def test_a_credit_may_be_a_column_or_a_rate_in_an_answer(
    answers: str, credits_found: str, costs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.cli.connect.is_terminal", lambda: True)
    done = credits("connect", costs, answers=answers)
    assert f"  credits      {credits_found}" in done.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--zone", "Berlin"], "no time zone"),
        (["--rate", "lots"], "AMOUNT/UNIT"),
        (["--rate", "1/3 usd"], "12 places"),
        (["--column", "member_id"], "OURS=THEIRS"),
        (["--column", "member=user"], "no column of generation_events"),
        (["--credits", "Kosten"], "has no column 'Kosten'; it has id, time, user, cost"),
        (["--as", "../up", "--credits", "cost"], "no safe folder name"),
        (["--as", "members", "--credits", "cost"], "a feed of the contract"),
    ],
)
def test_a_wrong_option_is_named_with_its_remedy(options: list[str], said: str, costs: Path) -> None:
    done = credits("connect", costs, *options)
    assert done.exit_code == 2
    assert said in done.output


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("usage.xlsx", b"PK\x03\x04rest", "CSV UTF-8"),
        ("usage.csv", b"PK\x03\x04rest", "CSV UTF-8"),
        ("usage.zip", b"PK\x03\x04rest", "Unpack it"),
        ("usage.txt", b"id,time\n", "Rename it to end in .csv"),
        ("usage.csv", b"", "is empty"),
        ("usage.csv", b"id,id\n1,2\n", "occurs twice"),
        ("usage.jsonl", b"not json\n", "no record can be read"),
    ],
)
def test_a_file_that_cannot_be_connected_says_what_to_do(
    name: str, content: bytes, said: str, tmp_path: Path
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    done = credits("connect", file)
    assert done.exit_code == 2
    assert said in done.output


def test_a_file_of_which_nothing_loads_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text("id,time,credits\n1,2026-03-01T09:00:00Z,5\n2,2026-03-01T09:00:00Z,5\n")
    landing = tmp_path / "landing"
    done = credits(
        "connect", file, "--column", "generation_type=credits", "--column", "credits=id", "--landing", landing
    )
    assert done.exit_code == 0
    file.write_text("id,time,credits\n1,1950-03-01T09:00:00Z,5\n2,1950-03-01T09:00:00Z,5\n")
    done = credits("connect", file, "--landing", landing, "--as", "other")
    assert done.exit_code == 1
    assert not (landing / "other").exists()


def test_a_file_of_the_contract_needs_no_mapping(tmp_path: Path) -> None:
    file = tmp_path / "march.csv"
    file.write_text(
        "event_id,occurred_at,workspace_id,generation_type,credits\n1,2026-03-01T09:00:00Z,w,meta,5\n"
    )
    landing = tmp_path / "landing"
    done = credits("connect", file, "--landing", landing)
    assert done.exit_code == 0
    assert (landing / "generation_events" / "march.csv").exists()


def test_addresses_become_pseudonyms_in_a_shipped_source_too(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    done = credits("connect", SAMPLES / "cursor.csv", "--workspace", "acme", "--landing", landing)
    assert done.exit_code == 0, done.output
    written = (landing / "cursor" / "mapping.yml").read_text()
    variants = yaml.safe_load(written)["feeds"]["generation_events"]
    keys = {variant["member_id"]["pseudonym"] for variant in variants}
    assert len(keys) == 1 and keys.pop() not in done.output
    assert {variant["workspace_id"]["const"] for variant in variants} == {"acme"}
    before, after = yaml.safe_load(shipped()["cursor"].read_text()), yaml.safe_load(written)
    for variant in (*before["feeds"]["generation_events"], *after["feeds"]["generation_events"]):
        variant.pop("member_id"), variant.pop("workspace_id")
    assert after == before
    kept = credits("connect", SAMPLES / "cursor.csv", "--allow-email-ids", "--landing", tmp_path / "b")
    assert kept.exit_code == 0
    assert not (tmp_path / "b" / "cursor" / "mapping.yml").exists()


@pytest.mark.parametrize(
    ("file", "source"),
    [
        (file, "litellm_payload" if file.name.startswith("litellm_payload") else file.name.partition(".")[0])
        for file in sorted(SAMPLES.glob("*.*"))
    ],
    ids=lambda value: value.name if isinstance(value, Path) else None,
)
def test_every_sample_of_a_shipped_source_is_recognised(file: Path, source: str) -> None:
    from orchestration.landing.sources.connect.source import look_at
    from orchestration.landing.sources.connect.source_files import SourceFile

    recognised = look_at([SourceFile(file, file.name)]).recognised
    assert recognised and recognised.source == source


def test_every_shipped_source_has_a_sign() -> None:
    assert {source for source, _ in SIGNS} >= set(shipped())
