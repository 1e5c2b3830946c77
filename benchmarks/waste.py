"""How well waste is predicted, and how fast: `make bench-waste`, LANDING=DIR for other data.

Runs the nightly job on the data, then tests rule, logistic twin and boosting on every week, each from what
was known before it, and boosting by how many cases it is trained on. Ends with the promotion decision and
the canaries; exits with 1 if a canary is not caught.
Not here: the protocol (forecasting/waste/evaluation.py), promotion, or the canaries (waste_canaries.py).
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
from benchmarks.waste_canaries import early_final_labels, planted_leak, shuffled_time
from benchmarks.waste_labels import compare_labels
from forecasting.waste.evaluation import MIN_WEEKS, Evaluation, evaluate, trained_to
from forecasting.waste.features import Cases
from forecasting.waste.model import SEED, choose_model
from forecasting.waste.promotion import CANDIDATE, objections
from forecasting.waste.scoring import predict_waste
from orchestration.landing.sample.write import write_load
from orchestration.warehouse.duckdb import DuckDBWarehouse
from orchestration.warehouse.run_state import RunState
from orchestration.warehouse.waste_inputs import Window, registry_of, training_cases

REPO = Path(__file__).resolve().parents[1]
AS_OF = date(2026, 4, 7)
MATURITY_DAYS = 14
SCORED = 1_000_000
READ_DAYS = 180  # waste_history_days of the dbt project
EPOCH = date(1970, 1, 1)
SIZES = (5_000, 10_000, 20_000, 40_000, 80_000, 160_000)


def run_credits(landing: Path, data_dir: Path, as_of: str | None) -> Measured:
    """One nightly run, in a process of its own."""
    command = [str(Path(sys.executable).with_name("credits")), "run", "--landing", str(landing)]
    # the second run of a log that ended long ago goes back to its last day
    command += ["--data-dir", str(data_dir), "--allow-shrink", *(["--as-of", as_of] if as_of else [])]
    return measure(command, folder=REPO, log=data_dir.with_suffix(".log"))


def last_day_of(warehouse: DuckDBWarehouse) -> date:
    """The last day with a generation."""
    (found,) = warehouse.fetch("select max(last_usage_date) from facts.dim_reporting_workspaces")[0]
    if not isinstance(found, date):
        sys.exit("a test needs generations; the landing folder has none. Give another one with --landing.")
    return found


def every_case(warehouse: DuckDBWarehouse, *, as_of: date) -> Cases:
    """All cases of the history, beyond the days that a run trains on."""
    (text,) = warehouse.query("select sql from duckdb_views() where view_name = 'ml_waste_cases'")["sql"]
    for days in (180, 210):
        first = str((pd.Timestamp(as_of) - pd.Timedelta(days=days)).date())
        if text.count(first) != 1:
            raise SystemExit(f"the view ml_waste_cases must contain {first} once; correct this benchmark.")
        text = text.replace(first, "0001-01-01")
    with warehouse.connect() as connection:
        connection.execute(text.replace("CREATE VIEW", "CREATE OR REPLACE VIEW"))
    return _cases(warehouse, as_of=as_of, days=(as_of - date.min).days)


def _cases(warehouse: DuckDBWarehouse, *, as_of: date, days: int = READ_DAYS) -> Cases:
    return training_cases(warehouse, Window.of(warehouse, as_of=as_of, days=days)).cases


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


def print_evaluation(title: str, evaluation: Evaluation | None) -> None:
    """Print one evaluation and its promotion decision."""
    print(f"\n{title}")
    if evaluation is not None:
        print(
            f"{evaluation.cases:,} cases of {evaluation.weeks} test weeks, {evaluation.base_rate:.1%} "
            "wasted; 90 % ranges, bootstrap over products; calibration: mean gap of predicted and true shares"
        )
        print(table_of(evaluation).to_string(float_format=lambda value: f"{value:.4f}"))
        clearest = sorted(evaluation.importance.items(), key=lambda item: -item[1])[:6]
        print("most important:", ", ".join(f"{name} {importance:.3f}" for name, importance in clearest))
    against = objections(evaluation)
    print("promotion:", f"{CANDIDATE} is used" if not against else "the rule is used: " + "; ".join(against))


def print_curve(cases: Cases, **terms: Any) -> list[dict[str, float]]:
    """Average precision and CPU seconds by cases trained on, in the newest weeks; the last size is all."""
    print(f"\nBy cases trained on, {MIN_WEEKS} test weeks")
    found = []
    for size in [*(size for size in SIZES if size < len(cases)), len(cases)]:
        started = time.process_time()
        tested = evaluate(cases, weeks=MIN_WEEKS, max_trained=size, **terms)
        seconds = (time.process_time() - started) / MIN_WEEKS
        if tested is not None:
            precision = tested.scores[CANDIDATE].average_precision
            print(f"{size:>9,}: average precision {precision:.4f}, {seconds:.1f} CPU seconds a week")
            found.append({"size": size, "average_precision": precision, "cpu_seconds": seconds})
    return found


def speed(warehouse: DuckDBWarehouse, *, as_of: date) -> dict[str, float]:
    """Seconds to train on what a run reads, and to score a million cases."""
    started = time.monotonic()
    cases = _cases(warehouse, as_of=as_of)
    today = (as_of - EPOCH).days
    cut = trained_to(today, first_day=int(cases.day.min()) if len(cases) else None)
    chosen = choose_model(cases, registry_of(warehouse).iloc[:0], None, cut=cut, maturity_days=MATURITY_DAYS)
    trained = time.monotonic() - started
    million = cases.take((pd.RangeIndex(SCORED) % max(len(cases), 1)).to_numpy())
    history = cases.history
    started = time.monotonic()
    predict_waste(chosen.rule, chosen.boosted, history, million, as_of=today)
    scored = time.monotonic() - started
    return {"training_cases": len(cases), "train_seconds": trained, "score_million_seconds": scored}


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
        run = run_credits(landing, data_dir, as_of)
        if as_of is None:
            run = run_credits(landing, data_dir, str(last_day_of(warehouse)))
        run_state = RunState.read(data_dir / "published")
        assert run_state is not None
        today = (run_state.as_of - EPOCH).days
        step = run.part("waste_classifier")
        print(
            f"run of {run_state.as_of}: the classifier took {step.seconds:.1f} s and "
            f"{step.peak_mb or 0:,.0f} MB of {run.seconds:.0f} s"
        )
        took = speed(warehouse, as_of=run_state.as_of)
        print(
            f"training on {took['training_cases']:,.0f} cases: {took['train_seconds']:.1f} s; "
            f"scoring 1,000,000: {took['score_million_seconds']:.1f} s"
        )
        terms: dict[str, Any] = {"as_of": today, "maturity_days": MATURITY_DAYS, "seed": SEED}
        recent = _cases(warehouse, as_of=run_state.as_of)
        newest = evaluate(recent, **terms)
        print_evaluation("As the nightly run decides, on the newest weeks", newest)
        curve = print_curve(recent, **terms)
        cases = every_case(warehouse, as_of=run_state.as_of)
        weeks = min(options.weeks, (today - int(cases.day.min())) // 7) if len(cases) else 0
        whole = evaluate(cases, weeks=weeks, **terms)
        print_evaluation(f"All weeks, {options.weeks} at most", whole)
        labels = compare_labels(cases, weeks=weeks, **terms)
        if labels is not None:
            print("\nAverage precision with labels of 14 days and fresh ones, on all weeks")
            print(labels.to_string(float_format=lambda value: f"{value:.4f}"))
        caught = {
            "shuffled time": shuffled_time(cases, **terms),
            "final labels before they were overruled": early_final_labels(cases, **terms),
            "planted leak": planted_leak(cases, weeks=weeks, **terms)
            if whole
            else "too little to test it on",
        }
    print("\nCanaries")
    for name, by in caught.items():
        print(f"{name}: {'caught: ' + by if by else 'NOT CAUGHT'}")
    if options.json:
        report = {
            "speed": took,
            "curve": curve,
            "run": newest and asdict(newest),
            "all": whole and asdict(whole),
            "labels": labels is not None and labels.to_dict("index"),
        }
        options.json.write_text(json.dumps(report, indent=1, default=str) + "\n")
    sys.exit(0 if all(caught.values()) else 1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--landing", type=Path, help="landing folder to test on; without it a load is generated"
    )
    parser.add_argument(
        "--as-of", help="last local date to know of (default: the last day with a generation)"
    )
    parser.add_argument("--weeks", type=int, default=90, help="newest weeks to test (default: 90)")
    parser.add_argument("--workspaces", type=int, default=50, help="of the generated load")
    parser.add_argument("--days", type=int, default=250, help="of the generated load")
    parser.add_argument("--events", type=int, default=200_000, help="of the generated load")
    parser.add_argument("--seed", type=int, default=0, help="of the generated load")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    return parser


if __name__ == "__main__":
    main()
