"""The tour shows the output of its commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.documents import DOCS, Example, blocks, examples
from support.product import CreditsWith, NightlyRun, copy_run

from orchestration.cli.main import main

TOUR = DOCS / "tour.md"
SHOWN = list(examples(TOUR))
PROJECT = "/srv/credits/data"
LOCKING = ("forecast", "backtest")  # tests of other workers lock the sample's data directory, too


def test_the_tour_has_steps_and_the_comparison_sees_a_difference() -> None:
    assert [example.words[1] for example in SHOWN[:4]] == ["connect", "sample", "run", "report"]
    assert {example.words[0] for example in SHOWN} == {"credits"}
    assert {example.words[1] for example in SHOWN} <= set(main.commands)
    shown = Example([], ["a …", "⋮", "z"])
    assert shown.differs("a 1\nb\nz\n") is None
    assert shown.differs("b 1\nz\n") == "a …"
    assert shown.differs("a 1\ny\n") == "z"
    assert shown.differs("a 1\nz\nmore\n") is not None


@pytest.mark.parametrize("example", SHOWN, ids=[" ".join(example.words[1:3])[:30] for example in SHOWN])
def test_a_command_prints_what_the_tour_shows(
    example: Example, sample_run: NightlyRun, credits_with: CreditsWith, tmp_path: Path
) -> None:
    data_dir = sample_run.data_dir
    if example.words[1] in LOCKING:
        data_dir = copy_run(sample_run, tmp_path / "data").data_dir
    written, mine, own_file = tmp_path / "landing", tmp_path / "mine", tmp_path / "usage.csv"
    folders = {"data/landing": sample_run.landing, "data/warehouse": data_dir, "data/mine": mine}
    folders |= {"usage.csv": own_file}
    own_file.write_text(blocks(TOUR, "csv")[0])
    if example.words[1] == "run":
        output = sample_run.result.stdout  # the run that the other examples read
    else:
        folders["data/landing"] = written if example.words[1] == "sample" else sample_run.landing
        words = [str(folders.get(word, word)) for word in example.words[1:]]
        environment = {
            "CREDITS_LANDING_DIR": str(sample_run.landing),
            "CREDITS_DATA_DIR": str(data_dir),
            "DAGSTER_HOME": str(sample_run.home),
        }
        done = credits_with(**environment)(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        output = done.stdout
    for folder, name in (
        (written, "data/landing"),
        (mine, "data/mine"),
        (sample_run.landing, f"{PROJECT}/landing"),
        (data_dir, f"{PROJECT}/warehouse"),
    ):
        output = output.replace(str(folder), name)
    assert example.differs(output) is None, f"{example.words}\n{example.differs(output)!r}\n{output}"
