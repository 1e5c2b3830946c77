"""How well waste is foretold, and how fast: `make bench-waste`, LANDING=DIR for data it has never seen.

One night is run on the data; then rule, logistic twin and boosting are tested on every week it has, each by
what was known before it. Ends with what the promotion gate says, and both canaries. Exit code 1 if a canary
lives.
Not here: the protocol (forecasting/waste_evaluation.py), the gate, or the canaries (waste_canaries.py).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.measure import Measured, measure
from benchmarks.waste_canaries import planted_leak, shuffled_time
from forecasting.waste.evaluation import Evaluation, evaluate
from forecasting.waste.features import Cases, History, cases_of
from forecasting.waste.model import SEED, in_use
from forecasting.waste.promotion import CANDIDATE, objections
from forecasting.waste.scoring import foretell
from orchestration.landing.sample.write import write_load
from orchestration.warehouse.duckdb import DuckDBWarehouse
from orchestration.warehouse.run_state import RunState
from orchestration.warehouse.waste_inputs import learning_cases, registry_of

REPO = Path(__file__).resolve().parents[1]
AS_OF = date(2026, 4, 7)
MATURITY_DAYS = 14
SCORED = 1_000_000
EPOCH = date(1970, 1, 1)


def run_night(landing: Path, data_dir: Path, as_of: str | None) -> Measured:
    """One night of the product, in a process of its own."""
    command = [str(Path(sys.executable).with_name("credits")), "run", "--landing", str(landing)]
    command += ["--data-dir", str(data_dir), *(["--as-of", as_of] if as_of else [])]
    return measure(command, folder=REPO, log=data_dir.with_suffix(".log"))


def last_day_of(warehouse: DuckDBWarehouse) -> date:
    """The last day on which anything was generated; what is older than that tells of nothing to come."""
    (found,) = warehouse.fetch("select max(last_usage_date) from facts.dim_reporting_workspaces")[0]
    if not isinstance(found, date):
        sys.exit("a test needs generations; the landing folder holds none. Give another one with --landing.")
    return found


def every_case(warehouse: DuckDBWarehouse, *, as_of: date) -> Cases:
    """All cases of the history, beyond the days that a night looks back."""
    (text,) = warehouse.query("select sql from duckdb_views() where view_name = 'ml_waste_cases'")["sql"]
    for days in (180, 210):
        first = str((pd.Timestamp(as_of) - pd.Timedelta(days=days)).date())
        if text.count(first) != 1:
            raise SystemExit(f"the view ml_waste_cases should name {first} once; look at this benchmark.")
        text = text.replace(first, "0001-01-01")
    with warehouse.connect() as connection:
        connection.execute(text.replace("CREATE VIEW", "CREATE OR REPLACE VIEW"))
    return cases_of(learning_cases(warehouse))


def table_of(evaluation: Evaluation) -> pd.DataFrame:
    """A row of figures for each model."""
    rows = {}
    for name, scores in evaluation.scores.items():
        rows[name] = {
            "average precision": scores.average_precision,
            "90 % from": scores.low,
            "to": scores.high,
            "lead over rule": scores.lead,
            "from": scores.lead_low,
            "to ": scores.lead_high,
            "Brier": scores.brier,
            "calibration": scores.calibration_error,
            "worst group": scores.worst_group_error,
            **{f"by {kind}": error for kind, error in evaluation.groups[name].items()},
        }
    return pd.DataFrame(rows).T


def tell(title: str, evaluation: Evaluation | None) -> None:
    """Print one evaluation, and what the gate says of it."""
    print(f"\n{title}")
    if evaluation is not None:
        print(
            f"{evaluation.cases:,} cases of {evaluation.weeks} test weeks, {evaluation.base_rate:.1%} "
            "wasted; 90 % ranges, products drawn anew; calibration: mean gap of foretold and true shares"
        )
        print(table_of(evaluation).to_string(float_format=lambda value: f"{value:.4f}"))
        clearest = sorted(evaluation.importance.items(), key=lambda item: -item[1])[:6]
        print("tells most:", ", ".join(f"{name} {fall:.3f}" for name, fall in clearest))
    against = objections(evaluation)
    print("the gate:", f"{CANDIDATE} is used" if not against else "the rule is used: " + "; ".join(against))


def speed(warehouse: DuckDBWarehouse, *, as_of: date) -> dict[str, float]:
    """Seconds to learn anew from what a night reads, and to score a million cases."""
    started = time.monotonic()
    cases = cases_of(learning_cases(warehouse))
    tonight = in_use(cases, registry_of(warehouse).iloc[:0], None, as_of=as_of, maturity_days=MATURITY_DAYS)
    learnt = time.monotonic() - started
    million = cases.take((pd.RangeIndex(SCORED) % max(len(cases), 1)).to_numpy())
    history = History(cases)
    started = time.monotonic()
    foretell(tonight.rule, tonight.boosted, history, million, as_of=(as_of - EPOCH).days)
    scored = time.monotonic() - started
    return {"learnt_from": len(cases), "learn_seconds": learnt, "score_million_seconds": scored}


def main() -> None:
    options = _parser().parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        landing, data_dir = options.landing, Path(scratch) / "data"
        as_of = options.as_of
        if landing is None:
            landing, as_of = Path(scratch) / "landing", as_of or str(AS_OF)
            write_load(
                landing,
                workspaces=options.workspaces,
                days=options.days,
                events=options.events,
                seed=options.seed,
            )
        warehouse = DuckDBWarehouse(data_dir / "warehouse.duckdb")
        night = run_night(landing, data_dir, as_of)
        if as_of is None:
            night = run_night(landing, data_dir, str(last_day_of(warehouse)))
        run_state = RunState.read(data_dir / "published")
        assert run_state is not None
        today = (run_state.as_of - EPOCH).days
        step = night.part("waste_classifier")
        print(
            f"night of {run_state.as_of}: the classifier took {step.seconds:.1f} s and "
            f"{step.peak_mb or 0:,.0f} MB of {night.seconds:.0f} s"
        )
        took = speed(warehouse, as_of=run_state.as_of)
        print(
            f"learning from {took['learnt_from']:,.0f} cases: {took['learn_seconds']:.1f} s; "
            f"scoring 1,000,000: {took['score_million_seconds']:.1f} s"
        )
        terms: dict[str, Any] = {"as_of": today, "maturity_days": MATURITY_DAYS, "seed": SEED}
        recent = cases_of(learning_cases(warehouse))
        tonight = evaluate(recent, **terms)
        tell("As the night decides, on the newest weeks", tonight)
        cases = every_case(warehouse, as_of=run_state.as_of)
        weeks = min(options.weeks, (today - int(cases.day.min())) // 7) if len(cases) else 0
        whole = evaluate(cases, weeks=weeks, **terms)
        tell(f"All weeks, {options.weeks} at most", whole)
        caught = {
            "shuffled time": shuffled_time(cases, **terms),
            "planted leak": planted_leak(cases, weeks=weeks, **terms) if whole else "nothing to test it on",
        }
    print("\nCanaries")
    for name, by in caught.items():
        print(f"{name}: {'caught: ' + by if by else 'NOT CAUGHT'}")
    if options.json:
        told = {"speed": took, "night": tonight and asdict(tonight), "all": whole and asdict(whole)}
        options.json.write_text(json.dumps(told, indent=1, default=str) + "\n")
    sys.exit(0 if all(caught.values()) else 1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--landing", type=Path, help="landing folder to test on; without it a load is drawn")
    parser.add_argument(
        "--as-of", help="last local date to know of (default: the last day with a generation)"
    )
    parser.add_argument("--weeks", type=int, default=90, help="newest weeks to test (default: 90)")
    parser.add_argument("--workspaces", type=int, default=12, help="of the load that is drawn")
    parser.add_argument("--days", type=int, default=120, help="of the load that is drawn")
    parser.add_argument("--events", type=int, default=200_000, help="of the load that is drawn")
    parser.add_argument("--seed", type=int, default=0, help="of the load that is drawn")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    return parser


if __name__ == "__main__":
    main()
