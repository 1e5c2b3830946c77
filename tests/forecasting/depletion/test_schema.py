"""The declared row of a forecast is that of the frames, and of the marts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from support.depletion_rows import bought, history, predict, steady, usage

from forecasting.depletion.schema import CREDITS, FORECAST_ROW, PATHS_ROW

MARTS = Path(__file__).resolve().parents[3] / "dbt_project" / "models" / "marts"
# columns of the mart that follow from others, or from the charge that decides the state
DERIVED = re.compile("^burn_rate_(7|30)d$|^deciding_charge_|_without_charge$")
DBT_TYPES = {"string": pa.string(), "date": pa.date32(), "bigint": pa.int64()}


def in_frame(row: Mapping[str, pa.DataType]) -> list[str]:
    return [f"{name}_micro" if kind == CREDITS else name for name, kind in row.items()]


def test_the_frames_have_the_declared_columns_with_credits_in_micro_credits() -> None:
    forecast = predict(history(usage(steady()), [bought(900)]))
    assert sorted(forecast.dates.columns) == sorted(in_frame(FORECAST_ROW))
    assert sorted(forecast.paths.columns) == sorted(in_frame(PATHS_ROW))


@pytest.mark.parametrize(
    ("mart", "row"), [("depletion_forecast", FORECAST_ROW), ("depletion_paths", PATHS_ROW)]
)
def test_the_mart_publishes_every_declared_column_with_its_type(
    mart: str, row: Mapping[str, pa.DataType]
) -> None:
    (model,) = yaml.safe_load((MARTS / f"{mart}.yml").read_text())["models"]
    published = {column["name"]: column["data_type"] for column in model["columns"]}
    own = {name: kind for name, kind in published.items() if not DERIVED.search(name)}
    assert {name: dbt_type(kind) for name, kind in own.items()} == dict(row)


def dbt_type(name: str) -> pa.DataType:
    if name.startswith("decimal"):
        return pa.decimal128(*map(int, name.removeprefix("decimal(").removesuffix(")").split(",")))
    return DBT_TYPES[name]
