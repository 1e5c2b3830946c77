"""Great Expectations is loaded in part, and finds what all of it finds."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

FROM_PARTS = """
import json, sys
from dataclasses import replace
from expectations.gates import Check, Gate
from expectations.runner import _validate, suite_of
check = Check(name="shut", rule="r", cases="", found="", why="w", remedy="m", severity="warning")
(expectation,) = suite_of(Gate("house.doors", (check,))).expectations
results = [_validate(expectation, count).to_json_dict() for count in (0, 2)]
loaded = [name for name in sys.modules if name.startswith(("great_expectations.datasource", "scipy"))]
print(json.dumps([results, loaded]))
"""
FROM_ALL = """
import json
import great_expectations as gx, pandas as pd
from great_expectations.data_context.types.base import ProgressBarsConfig
from expectations.gates import Check, Gate
from expectations.runner import suite_of
context = gx.get_context(mode="ephemeral")
context.enable_analytics(False)
context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
asset = context.data_sources.add_pandas("w").add_dataframe_asset("g")
counts = asset.add_batch_definition_whole_dataframe("c")
check = Check(name="shut", rule="r", cases="", found="", why="w", remedy="m", severity="warning")
results = []
for count in (0, 2):
    batch = counts.get_batch({"dataframe": pd.DataFrame({"shut": [count]})})
    results += batch.validate(suite_of(Gate("house.doors", (check,)))).results
print(json.dumps([result.to_json_dict() for result in results]))
"""


def _printed(program: str) -> list[list[dict[str, object]]]:
    command = [sys.executable, "-c", program]
    return list(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


@pytest.mark.slow
def test_a_gate_finds_what_a_batch_validated_by_all_of_great_expectations_finds() -> None:
    results, loaded = _printed(FROM_PARTS)
    from_all = _printed(FROM_ALL)

    assert loaded == [], "data sources are never loaded"
    assert [result["success"] for result in results] == [True, False]
    for ours, theirs in zip(results, from_all, strict=True):
        assert {**ours, "expectation_config": None} == {**theirs, "expectation_config": None}
        kept = ("type", "severity", "meta")
        assert [ours["expectation_config"][key] for key in kept] == [
            theirs["expectation_config"][key] for key in kept
        ]
