"""Commands print rows as tables on a terminal and plain text to a pipe, all with the same --format."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from rich.cells import cell_len
from support.terminals import COLOUR, ESCAPE, FRAME, environment, on_terminal

from orchestration.cli.main import main
from orchestration.cli.output import FORMATS, Output, terminal
from orchestration.publish.rows.listed_rows import listed_rows
from orchestration.publish.rows.write import write_json, write_parquet, write_table

Rows = dict[str, list[dict[str, Any]]]
# these print text or rows
ROWS_COMMANDS = {"query", "export", "rollback", "backtest", "forecast", "verify", "doctor"}
NAMES = ("นภาพร กาแฟเย็น", "日本語の名前", "👩‍👩‍👧‍👦 Team", "Zoë", "plain", "[red]not markup[/red]")
BY_MEMBER = "select member_name, credits from marts.usage_by_member order by credits desc, member_name"


@pytest.fixture
def data_dir(publish: Callable[[Rows], Path], rows: Rows) -> Path:
    """Published marts whose members have names that are hard to align."""
    line = rows["usage_by_member"][0]
    rows["usage_by_member"] = [
        {**line, "member_id": f"m{index}", "member_name": name, "credits": f"{10**index}.5"}
        for index, name in enumerate(NAMES)
    ]
    return publish(rows).parent


@pytest.fixture(autouse=True)
def dagster_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def test_a_table_on_a_terminal_is_framed_and_every_row_ends_at_the_same_cell(data_dir: Path) -> None:
    shown = on_terminal("query", BY_MEMBER, "--data-dir", data_dir)
    assert shown.status == 0, shown.raw
    assert ESCAPE.search(shown.raw) and FRAME.search(shown.raw)
    table = [line for line in shown.lines if line.rstrip().endswith(".500000")]
    assert len(table) == len(NAMES)
    assert {cell_len(line.rstrip()) for line in table} == {cell_len(shown.lines[0].rstrip())}
    for name in NAMES:
        assert any(line.startswith(name) for line in table), name


def test_a_terminal_that_is_too_narrow_for_a_table_gets_one_row_below_the_other(data_dir: Path) -> None:
    shown = on_terminal(
        "query", "from marts.credit_summary where period = '30d'", "--data-dir", data_dir, width=60
    )
    assert shown.lines[0] == "row 1"
    assert any(line.split() == ["credits_used", "2340.000000"] for line in shown.lines)
    assert max(map(cell_len, shown.lines)) <= 60
    names = on_terminal("query", BY_MEMBER, "--data-dir", data_dir, width=28)
    assert max(map(cell_len, names.lines)) <= 28


@pytest.mark.slow
def test_no_color_and_a_dumb_terminal_are_respected(data_dir: Path) -> None:
    status = ("doctor", "--data-dir", data_dir, "--landing", data_dir / "no")
    # the check that finds something is the one that would be red
    assert COLOUR.search(on_terminal(*status).raw)
    grey = on_terminal(*status, NO_COLOR="1")
    assert "problem: there is no folder" in "\n".join(grey.lines)
    assert not COLOUR.search(grey.raw)

    dumb = on_terminal("query", BY_MEMBER, "--data-dir", data_dir, TERM="dumb")
    assert not ESCAPE.search(dumb.raw) and not FRAME.search(dumb.raw)
    assert dumb.lines[1].startswith("----")


def test_a_pipe_gets_the_same_plain_columns_whatever_the_terminal_variables_are(data_dir: Path) -> None:
    outputs = []
    for changes in ({}, {"FORCE_COLOR": "1", "COLUMNS": "20", "TTY_COMPATIBLE": "1"}):
        command = [
            sys.executable,
            "-m",
            "orchestration.cli.main",
            "query",
            BY_MEMBER,
            "--data-dir",
            str(data_dir),
        ]
        done = subprocess.run(command, capture_output=True, text=True, env=environment(**changes))
        assert done.returncode == 0, done.stderr
        outputs.append(done.stdout)
    assert outputs[0] == outputs[1]
    assert not ESCAPE.search(outputs[0]) and not FRAME.search(outputs[0])
    header, rule, *table = outputs[0].splitlines()
    assert header.split() == ["member_name", "credits"]
    assert {cell_len(line) for line in (rule, *table)} == {cell_len(header)}


def test_parquet_goes_to_a_file_or_a_pipe_and_never_onto_a_terminal(data_dir: Path, tmp_path: Path) -> None:
    command = ("export", "usage_by_member", "--format", "parquet", "--data-dir", data_dir)
    refused = on_terminal(*command)
    assert refused.status == 2
    assert "name a file with --out" in "\n".join(refused.lines)
    assert "PAR1" not in refused.raw

    piped = subprocess.run(
        [sys.executable, "-m", "orchestration.cli.main", *map(str, command)],
        capture_output=True,
        env=environment(),
    )
    assert piped.returncode == 0, piped.stderr
    filed = CliRunner().invoke(main, [*map(str, command), "--out", "members.parquet"])
    assert filed.exit_code == 0, filed.output
    tables = [pq.read_table(io.BytesIO(piped.stdout)), pq.read_table(tmp_path / "members.parquet")]
    assert tables[0].equals(tables[1])
    assert sorted(tables[0]["member_name"].to_pylist()) == sorted(NAMES)


@pytest.mark.parametrize("output_format", FORMATS)
@pytest.mark.parametrize(
    "command", [["query", BY_MEMBER], ["export", "usage_by_member"], ["rollback", "--list"]]
)
def test_every_format_can_be_a_file(
    data_dir: Path, tmp_path: Path, command: list[str], output_format: str
) -> None:
    options = ["--data-dir", str(data_dir), "--format", output_format, "--out", "rows"]
    done = CliRunner().invoke(main, [*command, *options])
    assert (done.exit_code, done.output) == (0, "")
    written = (tmp_path / "rows").read_bytes()
    parts = {"table": b"  ", "csv": b",", "json": b"[\n{", "parquet": b"PAR1"}
    assert parts[output_format] in written


def test_every_command_that_prints_rows_shares_one_format_and_one_out() -> None:
    assert {
        name for name, command in main.commands.items() if _formats(command) >= set(FORMATS)
    } == ROWS_COMMANDS
    for name in ROWS_COMMANDS:
        assert any("--out" in option.opts for option in main.commands[name].params)
    assert _formats(main.commands["status"]) == {"text", "json"}


def _formats(command: click.Command) -> set[str]:
    kinds = [option.type for option in command.params if "--format" in option.opts]
    return set(kinds[0].choices) if kinds and isinstance(kinds[0], click.Choice) else set()


def test_text_output_is_refused_for_a_file(data_dir: Path) -> None:
    done = CliRunner().invoke(main, ["verify", "--quick", "--data-dir", str(data_dir), "--out", "x"])
    assert done.exit_code == 2
    assert "Name a --format" in done.output


def test_the_list_of_versions_is_rows(data_dir: Path) -> None:
    done = CliRunner().invoke(main, ["rollback", "--list", "--data-dir", str(data_dir), "--format", "json"])
    (version,) = json.loads(done.output)
    assert (version["version"], version["is_served"]) == (1, True)


def test_status_as_json_has_the_same_content_as_the_text(data_dir: Path) -> None:
    status = json.loads(
        CliRunner().invoke(main, ["status", "--data-dir", str(data_dir), "--format", "json"]).output
    )
    assert status["data_dir"] == str(data_dir)
    assert status["last_run"] is None
    assert (status["published"]["version"], status["published"]["workspace_count"]) == (1, 1)
    assert status["quarantine"] == {"lines": 0, "corrected_lines": 0, "kinds": []}


def test_a_quick_verification_as_rows_has_whether_each_part_is_intact(data_dir: Path) -> None:
    (data_dir / "raw").mkdir()
    (data_dir / "published" / "parquet" / "usage_daily.parquet").write_bytes(b"damaged")
    done = CliRunner().invoke(main, ["verify", "--quick", "--data-dir", str(data_dir), "--format", "json"])
    assert done.exit_code == 1
    rows = json.loads(done.stdout)
    assert [(row["part"], row["is_intact"]) for row in rows] == [("raw", True), ("served", False)]
    assert "usage_daily.parquet" in rows[1]["found"]


def test_rows_in_memory_are_written_like_those_of_a_query() -> None:
    schema = pa.schema({"credits": pa.decimal128(18, 6), "name": pa.string()}.items())
    rows = [{"credits": Decimal("1234567890.123456"), "name": "ผู้ใช้"}, {"credits": None}]
    out = {write: io.BytesIO() for write in (write_json, write_table, write_parquet)}
    for write, file in out.items():
        with listed_rows(rows, schema) as found:
            write(found, file)
    assert json.loads(out[write_json].getvalue()) == [
        {"credits": "1234567890.123456", "name": "ผู้ใช้"},
        {"credits": None, "name": None},
    ]
    assert out[write_table].getvalue().decode().splitlines()[2:] == ["1234567890.123456  ผู้ใช้", ""]
    assert pq.read_table(io.BytesIO(out[write_parquet].getvalue())).schema.equals(schema)


def test_a_reader_that_has_enough_ends_the_command_without_a_word(data_dir: Path) -> None:
    program = f"{sys.executable} -m orchestration.cli.main"
    command = f"{program} query 'from range(300000)' --format csv --data-dir {data_dir}"
    done = subprocess.run(
        ["bash", "-c", f"{command} | head -1"], capture_output=True, text=True, env=environment()
    )
    assert (done.stdout.strip(), done.stderr) == ("range", "")


def test_a_test_or_a_program_is_no_terminal() -> None:
    assert terminal() is None
    assert Output("table").is_for_people and not Output("json").is_for_people
