"""Rows of budget_status of the example month, as published and as the report holds them."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from orchestration.publish.report.model import Budget


def budget_row(**changes: Any) -> dict[str, Any]:
    """Of a team, in the month of the example, likely to be passed."""
    return {
        **{"workspace_id": "w1", "budget_id": "b1", "as_of": date(2026, 4, 7), "scope": "team"},
        **{"scope_id": "Catalogue", "scope_name": "Catalogue", "budget_period": "month"},
        **{"period_start": date(2026, 4, 1), "period_end": date(2026, 4, 30), "is_open": True},
        **{"counted_from": date(2026, 4, 1), "counted_to": date(2026, 4, 30), "unit": "credits"},
        **{"currency": None, "budget": Decimal(1000), "used": Decimal(812), "used_share": Decimal("0.812")},
        **{"paced": Decimal("233.33"), "expected_p10": Decimal(980), "expected_p50": Decimal(1100)},
        **{"expected_p90": Decimal(1250), "chance_to_exceed": Decimal("0.8123"), "exceeded_on": None},
        **{"exceeds_on": date(2026, 4, 22), "exceeds_on_p10": date(2026, 4, 17)},
        **{"exceeds_on_p90": date(2026, 4, 27), "status": "likely_to_exceed"},
        **{"unpriced_credits": Decimal(0), "other_currency_credits": Decimal(0), "history_days": 60},
        **changes,
    }


def budget(**changes: Any) -> Budget:
    """The same row as the report reads it."""
    row = budget_row(**changes)
    return Budget(**{field.name: row[field.name] for field in fields(Budget)})
