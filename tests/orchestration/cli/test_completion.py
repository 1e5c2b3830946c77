"""Shell completion as bash runs it: it stays fast and silent."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support.terminals import environment

from orchestration.cli import name_completion
from orchestration.cli.main import main
from orchestration.publish.versions.export import DATABASE_NAME

Rows = dict[str, list[dict[str, Any]]]
# slow imports that help and completion do not need
HEAVY = {"dagster", "dbt", "pandas", "great_expectations", "sklearn", "sqlalchemy", "altair", "streamlit"}


@pytest.fixture
def program(tmp_path: Path) -> dict[str, str]:
    """An environment in which `credits` is this project's."""
    if not shutil.which("bash"):
        pytest.skip("there is no bash here")
    script = tmp_path / "bin" / "credits"
    script.parent.mkdir()
    script.write_text(
        f"#!{sys.executable}\nfrom orchestration.cli.main import main\nmain(prog_name='credits')\n"
    )
    script.chmod(0o755)
    return environment(PATH=f"{script.parent}{os.pathsep}{os.environ['PATH']}", CREDITS_DATA_DIR="/nowhere")


@pytest.fixture
def data_dir(publish: Callable[[Rows], Path], rows: Rows) -> Path:
    """A published version with several workspaces, some with ids that are unsafe in a shell."""
    ids = ("acme", "acme-store", "beta", "ร้านค้า", "a b", "$(touch owned)", "a;b", "*", "-rf", "a\nb")
    rows["credit_summary"] = [{**rows["credit_summary"][0], "workspace_id": id} for id in ids]
    return publish(rows).parent


def completed(
    program: dict[str, str], *words: str, cwd: Path, define: str = "source completion.bash"
) -> list[str]:
    """What bash offers for the last word, by the function that the script defines."""
    typed = " ".join(f"'{word}'" for word in words)
    (cwd / "completion.bash").write_text(CliRunner().invoke(main, ["completion", "bash"]).output)
    script = (
        f"{define}\n"
        f"COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}\n"
        '_credits_completion credits "" ""; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", script], env=program, cwd=cwd, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split("\n")[:-1]


def test_bash_completes_commands_options_and_formats(program: dict[str, str], tmp_path: Path) -> None:
    as_installed = 'eval "$(credits completion bash)"'
    assert completed(program, "credits", "fo", cwd=tmp_path, define=as_installed) == ["forecast", "forget"]
    assert completed(program, "credits", "export", "--work", cwd=tmp_path) == ["--workspace"]
    offered = completed(program, "credits", "query", "--format", "", cwd=tmp_path)
    assert offered == ["table", "csv", "json", "parquet"]


def test_bash_completes_workspaces_and_marts_of_the_published_file(
    program: dict[str, str], data_dir: Path, tmp_path: Path
) -> None:
    before = ("credits", "export", "--data-dir", str(data_dir))
    assert completed(program, *before, "usage_by", cwd=tmp_path) == [
        "usage_by_category",
        "usage_by_generation_type",
        "usage_by_member",
    ]
    assert completed(program, *before, "--workspace", "ac", cwd=tmp_path) == ["acme", "acme-store"]
    # by the environment as well, and no id that a shell would run or split
    with_data = program | {"CREDITS_DATA_DIR": str(data_dir)}
    for command in ("export", "forecast", "backtest", "forget"):
        offered = completed(with_data, "credits", command, "--workspace", "", cwd=tmp_path)
        assert offered == ["acme", "acme-store", "beta", "ร้านค้า"]
    assert completed(with_data, "credits", "forget", "--member", "m", cwd=tmp_path) != []


def test_completion_is_silent_where_there_is_nothing_to_offer(
    program: dict[str, str], tmp_path: Path
) -> None:
    broken = tmp_path / "data" / "published"
    broken.mkdir(parents=True)
    (broken / "credits.duckdb").write_bytes(b"no database")
    for changes in (
        {},
        {"CREDITS_DATA_DIR": str(tmp_path / "data")},
        {"CREDITS_MEMORY_LIMIT": "much"},
    ):
        assert completed(program | changes, "credits", "export", "--workspace", "", cwd=tmp_path) == [""]


@pytest.mark.parametrize(
    ("shell", "sign"),
    [
        ("bash", "complete -o nosort"),
        ("zsh", "#compdef credits"),
        ("fish", "complete --no-files --command credits"),
    ],
)
def test_each_script_explains_its_installation(shell: str, sign: str) -> None:
    done = CliRunner().invoke(main, ["completion", shell])
    assert done.exit_code == 0
    assert sign in done.output and f"credits completion {shell}" in done.output
    assert shell != "zsh" or done.output.startswith("#compdef credits")


@pytest.mark.parametrize(
    "statement",
    [
        "main(['--help'], standalone_mode=False)",
        "main(['export', '--help'], standalone_mode=False)",
        "print(name_completion.workspaces(click.Context(main), main.params[0], ''))",
    ],
)
def test_help_and_completion_import_nothing_slow(statement: str, data_dir: Path) -> None:
    script = (
        "import sys, click\nfrom orchestration.cli import name_completion\n"
        "from orchestration.cli.main import main\n"
        f"{statement}\nprint('LOADED', *{{name.split('.')[0] for name in sys.modules}})"
    )
    there = environment(CREDITS_DATA_DIR=str(data_dir))
    done = subprocess.run([sys.executable, "-c", script], env=there, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "name_completion" not in statement or "'acme-store'" in done.stdout
    loaded = set(done.stdout.rpartition("LOADED")[2].split())
    assert "click" in loaded
    assert loaded & HEAVY == set()


def test_completion_reads_the_published_file() -> None:
    assert name_completion.DATABASE_NAME == DATABASE_NAME


def test_the_published_file_is_only_opened_read_only(
    data_dir: Path, program: dict[str, str], tmp_path: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in data_dir.rglob("*")}
    completed(program, "credits", "export", "--data-dir", str(data_dir), "--workspace", "", cwd=tmp_path)
    assert {path: path.stat().st_mtime_ns for path in data_dir.rglob("*")} == before
