"""A nightly run with every kind of delivery: before it, undisturbed, and what must hold after a fault.

The tests inject the faults.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
from histories.compare import row_differences
from histories.generate import histories, write_deliveries
from support.forked_runs import ForkedRuns

WORKSPACES, SEED = 24, 11
TIES = """
    select count(*) from marts.credit_summary as summary
    where
        summary.credits_used != (
            select coalesce(sum(credits), 0) from marts.usage_by_member as members
            where members.workspace_id = summary.workspace_id and members.period = summary.period
        )
        or summary.wasted_credits != (
            select coalesce(sum(wasted_credits), 0) from marts.waste_by_reason as reasons
            where reasons.workspace_id = summary.workspace_id and reasons.period = summary.period
        )
"""


@dataclass(frozen=True)
class AwkwardRun:
    """Late, repeated, conflicting, retracted and broken lines, for a data directory that has had a run.

    Attributes:
        landing: everything delivered, for the earlier run too.
        before: the data directory before the run.
        undisturbed: the data directory after an undisturbed run.
        as_of: the day that the run reports.
        events: the steps and changes on disk of the undisturbed run, in order.
        seconds: how long the undisturbed run took.
    """

    landing: Path
    before: Path
    undisturbed: Path
    as_of: str
    events: tuple[str, ...]
    seconds: float

    @property
    def steps(self) -> list[str]:
        """The starts of steps, and the end of the last."""
        return [event for event in self.events if event.startswith("step ...")] + [self.events[-1]]

    @property
    def changes(self) -> list[int]:
        """The numbers of the changes that could break a later run; dbt's own files cannot."""
        return [
            number
            for number, event in enumerate(self.events)
            # links and folders of parts are in a version being built, which the next build removes whole
            if not event.startswith(("step ", "open ", "os.mkdir dbt", "os.link "))
            and "/tmp" not in event
            and not (event.startswith("os.mkdir journal/") and number > 25)
        ]

    def copy_before(self, to: Path) -> Path:
        """A copy of the data directory before the run, for a fault to be injected."""
        shutil.copytree(self.before, to, symlinks=True)
        return to

    def assert_serves_one_version(self, data_dir: Path) -> None:
        """Readers see one complete version, the one from before the run or the run's."""
        assert ties(data_dir / "published") == []
        newest = served_run(data_dir)
        assert newest in (served_run(self.before), served_run(self.undisturbed))

    def assert_equal(self, data_dir: Path) -> None:
        """The published rows are those of the undisturbed run, and no temporary file is left."""
        published, names = self.undisturbed / "published", ("undisturbed", "recovered")
        found = row_differences(published, data_dir / "published", names=names)
        assert found == [], found[:5]
        assert ties(data_dir / "published") == []
        assert [str(left) for left in data_dir.glob("*/.tmp-*")] == []


def ties(published: Path) -> list[str]:
    """Where the marts of one version do not add up."""
    with duckdb.connect(str(published.resolve() / "credits.duckdb"), read_only=True) as connection:
        count = connection.execute(TIES).fetchall()[0][0]
    return [f"{count} rows of credit_summary are not the sum of their parts"] if count else []


def served_run(data_dir: Path) -> tuple[int, str]:
    """Which run a data directory serves: batch and as_of."""
    version = json.loads((data_dir / "published" / "version.json").read_text(encoding="utf-8"))
    return version["batch_id"], version["as_of"]


def awkward_run(runs: ForkedRuns, root: Path) -> AwkwardRun:
    """Do the runs once, undisturbed."""
    landing, data_dir = root / "landing", root / "undisturbed"
    *earlier, last = histories(WORKSPACES, 2, SEED)
    for number, deliveries in enumerate(earlier):
        shutil.copytree(write_deliveries(root / "runs", number, deliveries), landing, dirs_exist_ok=True)
        run = runs.nightly_run(landing, data_dir, deliveries.as_of)
        assert run.status == 0, run.output
    shutil.copytree(data_dir, root / "before", symlinks=True)
    shutil.copytree(write_deliveries(root / "runs", 1, last), landing, dirs_exist_ok=True)
    run = runs.nightly_run(landing, data_dir, last.as_of, events=root / "events")
    assert run.status == 0, run.output
    lines = (root / "events").read_text(encoding="utf-8").splitlines()
    events = tuple(json.loads(line)[1] for line in lines)
    return AwkwardRun(landing, root / "before", data_dir, str(last.as_of), events, run.seconds)


def recover(runs: ForkedRuns, awkward: AwkwardRun, data_dir: Path, *options: str, reports: str = "") -> None:
    """One normal run, with these options, reports the recovery and makes every published row equal."""
    run = runs.nightly_run(awkward.landing, data_dir, awkward.as_of, *options)
    assert run.status == 0, run.output
    assert reports in run.output, run.output
    awkward.assert_equal(data_dir)
