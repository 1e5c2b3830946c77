"""The named metrics equal the marts' figures, and refer to existing columns."""

from __future__ import annotations

import csv
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from support.product import REPO

SEMANTIC = REPO / "dbt_project" / "semantic"
BIN = REPO / ".venv-metrics" / "bin"


def definitions() -> dict[str, Any]:
    return dict(yaml.safe_load((SEMANTIC / "models" / "metrics.yml").read_text(encoding="utf-8")))


def columns_of(mart: str) -> set[str]:
    described = yaml.safe_load((REPO / f"dbt_project/models/marts/{mart}.yml").read_text(encoding="utf-8"))
    return {column["name"] for column in described["models"][0]["columns"]}


def test_every_measure_and_dimension_is_a_column_of_its_mart() -> None:
    marts = {
        **{"usage": "usage_daily", "people": "usage_by_member", "balances": "credit_balance_daily"},
        **{"charges": "chargeback_monthly", "payments": "purchases"},
    }
    for model in definitions()["semantic_models"]:
        columns = columns_of(marts[model["name"]])
        named = {
            one.get("expr", one["name"]) for kind in ("measures", "dimensions") for one in model.get(kind, [])
        }
        assert named and named <= columns, model["name"]


def test_every_metric_is_described_and_built_from_existing_measures() -> None:
    metrics = {metric["name"]: metric for metric in definitions()["metrics"]}
    measures = {
        one["name"] for model in definitions()["semantic_models"] for one in model.get("measures", [])
    }
    assert {"credits", "waste_rate", "regeneration_rate", "credits_left"} <= metrics.keys()
    for name, metric in metrics.items():
        parameters = metric["type_params"]
        assert metric["description"].endswith("."), name
        assert (
            parameters["measure"] in measures
            if metric["type"] == "simple"
            else set(parameters.values()) <= metrics.keys()
        )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("metrics", "by", "query"),
    [
        (
            "credits",
            "usage__member_id",
            "select member_id, credits from marts.usage_by_member where period = '90d'",
        ),
        (
            "wasted_credits",
            "usage__product_category",
            "select product_category, wasted_credits from marts.usage_by_category where period = '90d'",
        ),
        (
            "wasted_cost",
            "usage__generation_type",
            "select generation_type, wasted_cost from marts.usage_by_generation_type where period = '90d'",
        ),
        (
            "waste_rate",
            "workspace",
            "select workspace_id, waste_rate from marts.credit_summary where period = '90d'",
        ),
        (
            "charged_cost",
            "charge__team",
            "select team, sum(cost) from marts.chargeback_daily group by all",
        ),
        (
            "cash_paid",
            "payment__currency",
            "select currency, sum(amount) from marts.purchases group by all",
        ),
        (
            "credits_left",
            "workspace",
            "select workspace_id, credits_remaining from marts.credit_summary where period = '90d'",
        ),
    ],
)
def test_metricflow_answers_equal_the_marts(
    sample_run: Any, tmp_path: Path, metrics: str, by: str, query: str
) -> None:
    if not (BIN / "mf").exists():
        pytest.skip("MetricFlow is not installed; make test-metrics installs it")
    published, out = sample_run.data_dir / "published", tmp_path / "out.csv"
    with duckdb.connect(str(published / "credits.duckdb"), read_only=True) as connection:
        expected = dict(connection.execute(query).fetchall())
        window = "select window_start_date, window_end_date from marts.credit_summary where period = '90d'"
        ((first, last),) = connection.execute(window).fetchall()
    arguments = ["query", "--metrics", metrics, "--group-by", by, "--csv", out]
    if "'90d'" in query:
        arguments += ["--start-time", str(first), "--end-time", str(last)]
    subprocess.run(["sh", SEMANTIC / "ask.sh", published, BIN, *arguments], check=True, capture_output=True)
    with out.open(encoding="utf-8") as file:
        found = {row[by]: Decimal(row[metrics]) for row in csv.DictReader(file)}
    # rates are fractions that MetricFlow divides as doubles
    exact = Decimal("1e-12") if metrics == "waste_rate" else Decimal(0)
    assert found.keys() == expected.keys() and found
    assert all(abs(found[key] - expected[key]) <= exact for key in expected)
