"""What the waste classifier is made from, read from the working warehouse.

Not Dagster, and no arithmetic: that is forecasting/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from orchestration.warehouse.duckdb_warehouse import DuckDBWarehouse

MAX_CASES = 2_000_000
AT_ONCE = 1_000_000
_PARTS = 10_000
_CASES = """
    select
        row_id, source, event_id, workspace_id, member_id, product_id, generation_type, product_category,
        ruleset_id, template_id, model, attempt_number, since_previous_us,
        cast(quality_score as double) as quality_score, cast(credits as double) as credits,
        made_us, settled_after_us, is_wasted, known_on, usage_date
    from facts.fct_waste_cases
    where {condition}
    order by workspace_id, source, event_id
"""


def learning_cases(warehouse: DuckDBWarehouse) -> pd.DataFrame:
    """The cases to learn from, in an order of their own; of more than MAX_CASES, some products with all of theirs."""
    found = _count(warehouse, "true")
    share = min(_PARTS, _PARTS * MAX_CASES // max(found, 1))
    return warehouse.query(
        _CASES.format(condition=f"{_part(_PARTS)} < {share}" if share < _PARTS else "true")
    )


def cases_to_score(
    warehouse: DuckDBWarehouse, variables: Mapping[str, Any], *, as_of: str
) -> Iterator[pd.DataFrame]:
    """The cases of the drill-down, about AT_ONCE at a time."""
    recent = f"usage_date > date '{as_of}' - {int(variables['detail_days'])}"
    parts = _count(warehouse, recent) // AT_ONCE + 1
    for part in range(parts):
        chosen = f" and {_part(parts)} = {part}" if parts > 1 else ""
        yield warehouse.query(_CASES.format(condition=recent + chosen))


def registry_of(warehouse: DuckDBWarehouse) -> pd.DataFrame:
    """What the last run registered of the waste classifier; empty if there was none."""
    if not warehouse.has_table("waste.models"):
        return pd.DataFrame(columns=["model", "version"])
    return warehouse.query("select * from waste.models order by model, version")


def _count(warehouse: DuckDBWarehouse, condition: str) -> int:
    counted = f"select count(*) as found from facts.fct_waste_cases where {condition}"
    return int(warehouse.query(counted)["found"][0])


def _part(parts: int) -> str:
    return f"hash(workspace_id, product_id) % {parts}"
