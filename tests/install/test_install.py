"""An installed package does what a checkout does, and keeps its state where it is started.

It is installed by the steps of the Containerfile, and as plain pip would; both need a package registry.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.product import REPO, SAMPLE_AS_OF

CONTAINERFILE = REPO / "docs" / "deploy" / "Containerfile"
STEP = re.compile(r"^([A-Z]+) (.*)$", re.MULTILINE)
ONLY_AS_ROOT = "useradd"


@dataclass(frozen=True)
class Container:
    """A folder that stands for the root of a container."""

    root: Path

    def build(self) -> None:
        """Carry out the steps of the Containerfile, except the one that makes the user."""
        (self.root / "python").symlink_to(sys.executable)
        self.copy()
        for step, words in STEP.findall(CONTAINERFILE.read_text().replace("\\\n", " ")):
            if step == "RUN" and ONLY_AS_ROOT not in words:
                self.run(["sh", "-euc", self.inside(words.replace("--no-cache-dir", ""))])

    def copy(self) -> None:
        """Copy the files that the Containerfile names."""
        ignored = shutil.ignore_patterns("__pycache__", "target", "logs", "*.egg-info")
        for words in (
            words.split() for step, words in STEP.findall(CONTAINERFILE.read_text()) if step == "COPY"
        ):
            *sources, target = words
            for source in sources:
                if (REPO / source).is_dir():
                    shutil.copytree(REPO / source, self.inside(target), ignore=ignored)
                else:
                    Path(self.inside(target)).mkdir(exist_ok=True)
                    shutil.copy(REPO / source, self.inside(target))

    def inside(self, text: str) -> str:
        """The text with the folders of the container below its root."""
        return re.sub(r"(?<![\w.])/(?=(src|opt|data|landing)\b)", f"{self.root}/", text)

    def run(self, words: list[str], cwd: Path | str | None = None, **variables: str) -> str:
        """What a command prints; it must succeed."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("CREDITS", "DAGSTER", "PYTHON"))
        }
        environment = {**kept, "PATH": f"{self.root}:{os.environ['PATH']}", **variables}
        done = subprocess.run(words, cwd=cwd or self.root, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{words}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Container:
    container = Container(tmp_path_factory.mktemp("container"))
    (container.root / "opt").mkdir()
    container.build()
    return container


def readme_report() -> str:
    (report,) = re.findall(
        r"```\n(Credit Usage Analytics.*?)```", (REPO / "README.md").read_text(), re.DOTALL
    )
    return str(report)


def files_of(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}


@pytest.mark.slow
def test_an_installed_package_makes_the_report_in_an_empty_folder(
    container: Container, tmp_path: Path
) -> None:
    command = str(container.root / "opt/credits/bin/credits")
    package = next((container.root / "opt/credits/lib").glob("*/site-packages"))
    before = files_of(package)
    assert container.run([command, "--version"]).split()[-1] in (REPO / "CHANGELOG.md").read_text()
    container.run([command, "sample"], cwd=tmp_path)
    container.run([command, "run", "--as-of", SAMPLE_AS_OF], cwd=tmp_path)
    assert container.run([command, "report"], cwd=tmp_path) == readme_report()
    container.run([command, "report", "--format", "html", "--out", "page.html"], cwd=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "page.html"]
    assert files_of(package) == before
    doctor = container.run([command, "doctor"], cwd=tmp_path)
    assert "problem" not in doctor and "all as locked" in doctor


@pytest.mark.slow
def test_a_container_runs_by_its_entry_point_and_writes_to_its_volume_only(
    container: Container, tmp_path: Path
) -> None:
    steps = dict(STEP.findall(CONTAINERFILE.read_text()))
    variables = dict(pair.split("=") for pair in shlex.split(container.inside(steps["ENV"])))
    variables["CREDITS_PUBLISH"] = "delta"
    variables["PATH"] = variables["PATH"].replace("$PATH", os.environ["PATH"])
    entry, command = (re.findall(r'"(\w+)"', steps[step]) for step in ("ENTRYPOINT", "CMD"))
    (container.root / "data").mkdir()
    container.run([*entry, "sample"], cwd="/", **variables)
    root, before = set(Path("/").iterdir()), files_of(container.root / "opt")
    container.run([*entry, *command, "--as-of", SAMPLE_AS_OF], cwd="/", **variables)
    assert container.run([*entry, "report"], cwd="/", **variables) == readme_report()
    assert (container.root / "data" / "delta" / "credit_summary" / "_delta_log").is_dir()
    container.run(["sh", "-c", steps["HEALTHCHECK"].split("CMD ")[1]], cwd="/", **variables)
    assert (set(Path("/").iterdir()), files_of(container.root / "opt")) == (root, before)


@pytest.mark.slow
def test_plain_pip_resolves_the_allowed_versions_by_itself(tmp_path: Path) -> None:
    container = Container(tmp_path)
    container.copy()
    container.run([sys.executable, "-m", "venv", "venv"])
    container.run(["venv/bin/pip", "wheel", "--no-deps", "--wheel-dir", "dist", "./src"])
    (wheel,) = (tmp_path / "dist").iterdir()
    container.run(["venv/bin/pip", "install", str(wheel)])
    container.run(["venv/bin/pip", "check"])
    container.run(["venv/bin/credits", "sample"])
    container.run(["venv/bin/credits", "run", "--as-of", SAMPLE_AS_OF])
    assert container.run(["venv/bin/credits", "report"]) == readme_report()


def test_the_containerfile_copies_every_file_that_is_shipped(tmp_path: Path) -> None:
    Container(tmp_path).copy()
    (files,) = re.findall(r"^FILES = \((.*)\)$", (REPO / "setup.py").read_text(), re.MULTILINE)
    shipped = re.findall('"(.*?)"', files)
    assert shipped
    assert [file for file in shipped if not (tmp_path / "src" / file).is_file()] == []


def test_the_version_is_the_newest_of_the_changelog() -> None:
    (version,) = re.findall(r'^version = "(.*)"$', (REPO / "pyproject.toml").read_text(), re.MULTILINE)
    versions = re.findall(r"^## ([0-9.]+)", (REPO / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert versions[0] == version


@pytest.mark.parametrize(
    "unit", sorted((REPO / "docs" / "deploy").glob("credits-*")), ids=lambda path: path.name
)
def test_systemd_accepts_the_unit(unit: Path, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed (Debian: apt install systemd)")
    for other in unit.parent.glob("credits-*"):
        # the programs need only be there
        (tmp_path / other.name).write_text(
            other.read_text().replace("/opt/credits/bin/credits", sys.executable)
        )
    done = subprocess.run(
        [analyze, "verify", "--man=no", tmp_path / unit.name], capture_output=True, text=True
    )
    said = [line for line in done.stderr.splitlines() if unit.stem in line]
    assert (done.returncode, said) == (0, []), done.stderr
