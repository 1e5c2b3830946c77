"""`credits check` says of a file in the form of the contract what a run would load and refuse."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orchestration.cli.main import main

HEADER = "event_id,occurred_at,workspace_id,generation_type,credits,team_colour"
GOOD = "e{n},2026-03-01T09:00:00Z,w,meta,1.5,red"


def check(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["check", *map(str, arguments)])


def written(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_a_file_that_loads_exits_0_with_its_feed_and_unknown_columns(tmp_path: Path) -> None:
    file = written(tmp_path / "march.csv", GOOD.format(n=1), GOOD.format(n=2))
    done = check(file)
    assert done.exit_code == 0
    assert done.output.splitlines() == [
        "feed         generation_events",
        "load         2 rows",
        "refused      0 lines",
        "not known    team_colour (2): kept in attributes, and reported as drift",
    ]
    assert list(tmp_path.iterdir()) == [file]


def test_every_fault_of_a_line_is_listed_with_its_place_and_remedy(tmp_path: Path) -> None:
    rows = (GOOD.format(n=1), 'e2,2026-03-01,,meta,"1,5",red', "e3,short")
    done = check(written(tmp_path / "march.csv", *rows))
    assert done.exit_code == 1
    lines = done.output.splitlines()
    (second,) = [line for line in lines if line.startswith("march.csv:3: ")]
    for said in ("occurred_at", "workspace_id is required", "1,5", "Deliver RFC 3339"):
        assert said in second
    assert any(line.startswith("march.csv:4: the record has 2 cells and the header 6") for line in lines)


def test_further_faults_are_counted_by_rule(tmp_path: Path) -> None:
    rows = [GOOD.format(n=n).replace("1.5", "-1") for n in range(5)]
    done = check(written(tmp_path / "march.csv", *rows), "--faults", 2)
    assert done.output.splitlines()[-1] == "and 3 more; by rule: 5 range"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_feed_is_seen_by_its_columns_whatever_separates_them(separator: str, tmp_path: Path) -> None:
    row = "c1,e1,2026-03-01T09:00:00Z,accepted".replace(",", separator)
    header = "outcome_id,event_id,occurred_at,outcome".replace(",", separator)
    done = check(written(tmp_path / "some.csv", row, header=header))
    assert (done.exit_code, done.output.splitlines()[0]) == (0, "feed         content_outcomes")


def test_the_feed_may_be_named_or_be_that_of_the_folder(tmp_path: Path) -> None:
    file = written(tmp_path / "landing" / "members" / "a" / "people.csv", "m1", header="member_id")
    done = check(file)
    assert done.exit_code == 1
    assert done.output.startswith("feed         members\nload         0 rows\n")
    assert "lacks required columns of members" in done.output
    assert check(file, "--feed", "products").output.startswith("feed         products\n")


def test_a_file_of_no_feed_names_the_nearest_and_the_way_to_map_it(tmp_path: Path) -> None:
    file = written(tmp_path / "log.csv", "1,5", header="event_id,credits")
    done = check(file)
    assert done.exit_code == 2
    assert f"credits connect {file}" in done.output
    assert check(file, "--feed", "events").exit_code == 2
    assert check(tmp_path / "none.csv").exit_code == 2


def test_a_file_that_is_refused_whole_says_why(tmp_path: Path) -> None:
    file = tmp_path / "members" / "people.json"
    file.parent.mkdir()
    file.write_text('[{"member_id": "m", "workspace_id": "w"}, {]')
    done = check(file)
    assert done.exit_code == 1
    assert "refused whole: the JSON is malformed" in done.output
