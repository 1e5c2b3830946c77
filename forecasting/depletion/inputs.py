"""The input of a forecast, as frames.

Not here: reading them from a warehouse (orchestration/warehouse/forecast_inputs.py), or the forecast.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields

import pandas as pd


def _no_packs() -> pd.DataFrame:
    return pd.DataFrame(
        columns=["workspace_id", "pack_id", "credits_micro", "price", "currency", "validity_days"]
    )


def _no_charges() -> pd.DataFrame:
    return pd.DataFrame(
        columns=["workspace_id", "usage_date", "source", "event_id", "credits_micro", "excess_micro"]
    )


@dataclass(frozen=True)
class CreditHistory:
    """Credits and usage up to as_of. Columns ending in `_micro` are whole micro-credits; days are local.

    Attributes:
        balances: `Ledger.balance_daily` up to as_of: workspace_id, usage_date, closing_micro, overage_micro,
            before_ledger_micro.
        lots: `Ledger.lots` at as_of: workspace_id, lot_id, lot_status, priority, effective_on, expires_on,
            remaining_micro.
        usage: workspace_id, usage_date, credits_micro of days with usage, also of workspaces without a
            ledger. A workspace's first row is its first usage.
        workspaces: workspace_id, each once, and lead_time_days.
        packs: workspace_id, pack_id, credits_micro, price (Decimal), currency, validity_days.
        charges: implausible charges: workspace_id, usage_date, source, event_id, credits_micro, excess_micro
            (the part that is not demand).
    """

    balances: pd.DataFrame
    lots: pd.DataFrame
    usage: pd.DataFrame
    workspaces: pd.DataFrame
    packs: pd.DataFrame = field(default_factory=_no_packs)
    charges: pd.DataFrame = field(default_factory=_no_charges)

    def for_workspace(self, workspace_id: str) -> CreditHistory:
        """The rows of one workspace."""
        return self.for_workspaces([workspace_id])

    def for_workspaces(self, workspace_ids: Iterable[str]) -> CreditHistory:
        """The rows of these workspaces."""
        ids = set(map(str, workspace_ids))
        parts = (getattr(self, part.name) for part in fields(self))
        return CreditHistory(*(part[part["workspace_id"].astype("str").isin(ids)] for part in parts))
