"""The data of a report: one workspace and period, as exact numbers. Fields are named after the mart columns.

Not here: how it is read (load.py), or how it is shown to people (formatting.py, the renderers).
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

MONTH_TO_DATE, LAST_MONTH, BILLING_PERIOD = CALENDAR_PERIODS = (
    "month_to_date",
    "last_month",
    "billing_period",
)


@dataclass(frozen=True)
class Summary:
    """A row of credit_summary. Credits in credits, rates as fractions of 1, null where undefined."""

    workspace_id: str
    workspace_name: str
    timezone: str
    as_of: date
    window_start_date: date
    last_usage_date: date | None
    credits_used: Decimal
    allowance: Decimal | None
    credits_remaining: Decimal | None
    overage: Decimal | None
    burn_rate: Decimal | None
    burn_rate_days: int | None
    generation_count: int
    attempt_count: int
    regeneration_count: int
    regeneration_rate: Decimal | None
    product_count: int
    member_count: int
    credits_per_product: Decimal | None
    first_pass_quality_score: Decimal | None
    first_pass_scored_count: int
    first_pass_count: int
    first_pass_yield: Decimal | None
    used_credits: Decimal
    iterated_credits: Decimal
    wasted_credits: Decimal
    pending_credits: Decimal
    untracked_credits: Decimal
    waste_rate: Decimal | None
    expected_pending_waste_credits: Decimal | None
    expected_pending_waste_credits_low: Decimal | None
    expected_pending_waste_credits_high: Decimal | None
    most_efficient_member_id: str | None
    window_end_date: date | None = None
    cost: Decimal | None = None
    currency: str | None = None
    unpriced_credits: Decimal | None = None
    wasted_cost: Decimal | None = None
    refunded_cost: Decimal | None = None


@dataclass(frozen=True)
class UsageLine:
    """What one member, category or generation type used: a row of a usage_by mart."""

    id: str
    name: str
    credits: Decimal
    credit_share: Decimal | None
    spend_rank: int
    generation_count: int
    attempt_count: int
    regeneration_count: int
    regeneration_rate: Decimal | None
    product_count: int
    credits_per_product: Decimal | None
    first_pass_quality_score: Decimal | None
    first_pass_scored_count: int
    wasted_credits: Decimal
    waste_rate: Decimal | None
    is_most_efficient: bool
    cost: Decimal | None = None
    currency: str | None = None
    wasted_cost: Decimal | None = None


@dataclass(frozen=True)
class WasteLine:
    """What was wasted for one reason: a row of waste_by_reason."""

    waste_reason: str
    wasted_credits: Decimal
    generation_count: int
    share_of_credits: Decimal | None
    cost: Decimal | None = None
    currency: str | None = None


@dataclass(frozen=True)
class Suggestion:
    """What could be changed to waste less: a row of waste_suggestions, which has no period."""

    suggestion_rank: int
    segment_kind: str
    segment_id: str
    waste_reason: str
    evidence_count: int
    affected_count: int
    elsewhere_count: int
    elsewhere_affected_count: int
    wasted_credits: Decimal
    potential_saving_credits_low: Decimal
    potential_saving_credits_mid: Decimal
    potential_saving_credits_high: Decimal
    saving_days: Decimal | None
    suggestion: str
    evidence_from: date
    evidence_to: date
    depletes_on_p50_if_saved: date | None = None
    suggestion_parts: str | None = None


@dataclass(frozen=True)
class Forecast:
    """The forecast published on the report's day: a row of depletion_forecast."""

    forecast_status: str
    credits_remaining: Decimal | None
    burn_rate_7d: Decimal | None
    burn_rate_7d_days: int | None
    burn_rate_30d: Decimal | None
    burn_rate_30d_days: int | None
    pace_date: date | None
    depletes_on_p025: date | None
    depletes_on_p5: date | None
    depletes_on_p10: date | None
    depletes_on_p50: date | None
    depletes_on_p90: date | None
    depletes_on_p975: date | None
    empty_since: date | None
    next_grant_on: date | None
    chance_empty_before_grant: Decimal | None
    buy_by: date | None
    credits_to_buy: Decimal | None
    recommended_packs: str | None
    packs_price: Decimal | None
    packs_currency: str | None
    expiring_credits: Decimal | None
    lead_time_days: int
    capped_credits: Decimal
    history_days: int
    demand_change: str | None = None
    deciding_charge_source: str | None = None
    deciding_charge_event_id: str | None = None
    deciding_charge_date: date | None = None
    deciding_charge_credits: Decimal | None = None
    status_without_charge: str | None = None
    credits_remaining_without_charge: Decimal | None = None
    empty_on_without_charge: date | None = None


@dataclass(frozen=True)
class Accuracy:
    """How accurate forecasts have been: a row of forecast_accuracy over all horizons."""

    kind: str
    cases: int
    covered_80_cases: int
    coverage_80: Decimal
    median_abs_error_days: int
    pace_median_abs_error_days: int
    mean_abs_error_days: Decimal
    pace_mean_abs_error_days: Decimal


@dataclass(frozen=True)
class Balance:
    """Credits left at the end of a day, none while in overage: from credit_balance_daily."""

    usage_date: date
    closing: Decimal


@dataclass(frozen=True)
class PathDay:
    """Quantiles of the credits left at the end of a future day, for pictures: a row of depletion_paths."""

    forecast_date: date
    balance_p10: float
    balance_p25: float
    balance_p50: float
    balance_p75: float
    balance_p90: float


@dataclass(frozen=True)
class ExpiringLot:
    """Credits that expire unless they are used before: from credit_lots."""

    expires_on: date
    remaining: Decimal


@dataclass(frozen=True)
class Restated:
    """How the newest run restated days published before, for one cause: from restatements."""

    cause: str
    day_count: int
    first_date: date
    last_date: date
    credits_before: Decimal
    credits_after: Decimal
    wasted_credits_before: Decimal
    wasted_credits_after: Decimal


@dataclass(frozen=True)
class SourceTotal:
    """What a source says that it counted in its newest month, next to ours: from reconciliation.

    `unit` is credits, or amount in `currency`.
    """

    source: str
    unit: str
    currency: str
    first_day: date
    last_day: date
    theirs: Decimal
    ours: Decimal


@dataclass(frozen=True)
class Budget:
    """What was used of a budget in its open period, and is expected: a row of budget_status.

    `used`, `budget` and what is expected are credits, or an amount in `currency`.
    """

    budget_id: str
    scope: str
    scope_id: str
    scope_name: str
    budget_period: str
    period_start: date
    period_end: date
    counted_from: date
    counted_to: date
    unit: str
    currency: str | None
    budget: Decimal
    used: Decimal
    used_share: Decimal | None
    paced: Decimal
    expected_p10: Decimal | None
    expected_p50: Decimal | None
    expected_p90: Decimal | None
    chance_to_exceed: Decimal | None
    exceeds_on: date | None
    exceeds_on_p10: date | None
    exceeds_on_p90: date | None
    exceeded_on: date | None
    status: str
    unpriced_credits: Decimal
    other_currency_credits: Decimal
    history_days: int | None


@dataclass(frozen=True)
class PeriodBefore:
    """What the workspace used in the period before: a row of period_changes."""

    before_start_date: date
    before_end_date: date
    credits_before: Decimal
    credits_change: Decimal


@dataclass(frozen=True)
class Check:
    """One check of the newest run. Its message is left out: it may name other workspaces."""

    layer: str
    asset: str | None
    check_name: str
    severity: str
    passed: bool


@dataclass(frozen=True)
class DayOfUse:
    """Credits used on a day, from usage_daily; days without use have none."""

    usage_date: date
    credits: Decimal


@dataclass(frozen=True, kw_only=True)
class Window:
    """What one workspace used in one period: the part of a report that depends on the period.

    Attributes:
        period: of the marts.
        days: length of the period, which ends on `summary.as_of`, or before it if it is last_month.
        members, categories, generation_types: most credits first.
        waste: most credits first; reasons without credits included.
        before: what was used in the period before; None if unknown.
        daily: its days with use, oldest first; empty unless it is read for a page.
    """

    period: str = "30d"
    days: int
    summary: Summary
    members: tuple[UsageLine, ...]
    categories: tuple[UsageLine, ...]
    generation_types: tuple[UsageLine, ...]
    waste: tuple[WasteLine, ...]
    before: PeriodBefore | None = None
    daily: tuple[DayOfUse, ...] = ()

    @property
    def is_rolling(self) -> bool:
        """Whether the period is so many days up to `summary.as_of`."""
        return self.period not in CALENDAR_PERIODS

    @property
    def last_day(self) -> date:
        """The last day of the period."""
        return self.summary.window_end_date or self.summary.as_of


@dataclass(frozen=True, kw_only=True)
class Report(Window):
    """Everything reported about one workspace and period.

    Attributes:
        suggestions: the largest potential saving first; they overlap and do not add up.
        forecast: None if the marts hold none for `summary.as_of`.
        balances: the newest `BALANCE_DAYS` days of the ledger, oldest first; empty without a ledger.
        paths: of the forecast, from the report's day on; empty without a range.
        expiring: what is left of lots that end after the report's day, first to end first.
        restated: how the newest run restated days published before.
        accuracy: of this workspace's forecasts, or of all where it has none; published ones first.
        budgets: their open periods, those exceeded first, then the likeliest to be.
        reconciliation: totals that sources state of this workspace, or of all where it is the only one.
        checks: of the newest run over all workspaces; failed ones first.
        published_at: when the version it was read from was published; None if unknown.
        windows: all that a page lets people choose from; empty unless it is read for one.
    """

    suggestions: tuple[Suggestion, ...]
    forecast: Forecast | None
    balances: tuple[Balance, ...]
    paths: tuple[PathDay, ...]
    expiring: tuple[ExpiringLot, ...]
    restated: tuple[Restated, ...]
    accuracy: tuple[Accuracy, ...]
    checks: tuple[Check, ...]
    published_at: datetime | None = None
    reconciliation: tuple[SourceTotal, ...] = ()
    budgets: tuple[Budget, ...] = ()
    windows: tuple[Window, ...] = ()
