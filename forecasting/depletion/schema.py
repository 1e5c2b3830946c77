"""The row of a depletion forecast and of its daily paths: every column, with its type, as it is published.

The one declaration of forecast.credit_depletion and forecast.depletion_paths, of the journal of forecasts and
of what `credits forecast` writes. In the frames of `forecast_depletion` credits are whole micro-credits, in
`<column>_micro`, and dates are midnights, datetime64[us].

Not here: how a value comes about (forecast.py), or the mart's columns that follow from these (burn rates).
"""

from __future__ import annotations

import pyarrow as pa

CREDITS = pa.decimal128(38, 6)
DATE = pa.date32()
TEXT = pa.string()
WHOLE = pa.int64()

FORECAST_ROW: dict[str, pa.DataType] = {
    "workspace_id": TEXT,
    "as_of": DATE,  # the last local day known
    # no_ledger, already_empty, no_burn, insufficient_history, beyond_horizon or ok: the first that applies
    "forecast_status": TEXT,
    "credits_remaining": CREDITS,  # null without a ledger
    # parts of the burn rates; 0 credits in the whole window where nothing was ever used
    "burn_rate_7d_credits": CREDITS,
    "burn_rate_7d_days": WHOLE,
    "burn_rate_30d_credits": CREDITS,
    "burn_rate_30d_days": WHOLE,
    "pace_date": DATE,
    # quantiles of the date; null unless the status is ok, and beyond the horizon
    "depletes_on_p025": DATE,
    "depletes_on_p5": DATE,
    "depletes_on_p10": DATE,
    "depletes_on_p50": DATE,
    "depletes_on_p90": DATE,
    "depletes_on_p975": DATE,
    "empty_since": DATE,
    "next_grant_on": DATE,  # the first day on which a scheduled or expected lot brings credits
    "chance_empty_before_grant": pa.decimal128(5, 4),  # 0 to 1; null beyond the horizon
    "lead_time_days": WHOLE,
    "buy_by": DATE,  # the latest day to order; may have passed
    # arriving then, or as soon as possible; 0: buy nothing, also where P5 lies beyond the horizon; else null
    # without a date unless already empty
    "credits_to_buy": CREDITS,
    "recommended_packs": TEXT,  # JSON; null if no packs suffice
    "packs_price": pa.decimal128(24, 12),  # in the frames all its digits, as text
    "packs_currency": TEXT,
    "expiring_credits": CREDITS,  # of those packs, expected
    # fell, rose: the last 28 days to under a third of the 62 before, or over three times; else null. Where it
    # fell, credits_to_buy counts on the use since; the range never counts on growth
    "demand_change": TEXT,
    "history_days": WHOLE,  # since the first usage, both ends counted; 0 if none
    "capped_credits": CREDITS,  # of implausible charges, not counted as demand
    "calibration_version": TEXT,
}

# the charge of each workspace without which its state would differ, and that state
DECIDING_CHARGE_ROW: dict[str, pa.DataType] = {
    "workspace_id": TEXT,
    "as_of": DATE,
    "source": TEXT,
    "event_id": TEXT,
    "usage_date": DATE,
    "credits": CREDITS,
    "status_without": TEXT,
    "credits_remaining_without": CREDITS,
    "empty_on_without": DATE,  # by the rule of the headline
}

# quantiles of the credits left at the end of each day from as_of
PATHS_ROW: dict[str, pa.DataType] = {
    "workspace_id": TEXT,
    "forecast_date": DATE,
    "balance_p10": CREDITS,
    "balance_p25": CREDITS,
    "balance_p50": CREDITS,
    "balance_p75": CREDITS,
    "balance_p90": CREDITS,
}
