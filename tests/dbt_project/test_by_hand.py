"""What an engineer types first works with the defaults: dbt in its folder, and dg in the checkout."""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from support.product import REPO, NightlyRun

KEPT = {
    name: value for name, value in os.environ.items() if not name.startswith(("CREDITS", "DBT", "DAGSTER"))
}


@pytest.fixture(scope="module")
def checkout(sample_run: NightlyRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dbt project and the data that `make run` leaves, where a checkout has them."""
    root = tmp_path_factory.mktemp("checkout")
    shutil.copytree(REPO / "dbt_project", root / "dbt_project", ignore=shutil.ignore_patterns("target"))
    shutil.copytree(sample_run.data_dir, root / "data" / "warehouse", symlinks=True)
    return root


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("ls --select credit_lots", "credits.marts.credit_lots"),
        ("show --select credit_lots", "acme-store"),
        ("show --select credit_summary", "acme-store"),
        ("docs generate", "Catalog written to"),
    ],
)
def test_dbt_reads_the_data_of_the_checkout_by_default(checkout: Path, words: str, shown: str) -> None:
    project = checkout / "dbt_project"
    warehouse = (checkout / "data" / "warehouse" / "warehouse.duckdb").stat()
    dbt = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", *words.split()]
    done = subprocess.run(dbt, cwd=project, env=KEPT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert shown in done.stdout
    after = (checkout / "data" / "warehouse" / "warehouse.duckdb").stat()
    assert after.st_size == warehouse.st_size


@pytest.mark.slow
def test_dg_finds_the_definitions_by_pyproject(tmp_path: Path) -> None:
    # in an environment of its own, above this one: it brings twenty packages that nothing else needs
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "dg"], check=True)
    packages = next((tmp_path / "dg" / "lib").glob("*/site-packages"))
    (packages / "below.pth").write_text("\n".join(site.getsitepackages()))
    pip = [tmp_path / "dg" / "bin" / "pip", "install", "--quiet", f"dagster-dg-cli=={version('dagster')}"]
    subprocess.run(pip, check=True, capture_output=True)
    shutil.copy(REPO / "dagster.yaml", tmp_path)
    home = {"DAGSTER_HOME": str(tmp_path), "PYTHONPATH": str(REPO), "CREDITS_DATA_DIR": str(tmp_path)}
    for words, shown in ((("check", "defs"), "All definitions loaded"), (("list", "defs"), "credit_summary")):
        dg = [tmp_path / "dg" / "bin" / "dg", *words]
        done = subprocess.run(dg, cwd=REPO, env={**KEPT, **home}, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        assert shown in done.stdout + done.stderr
