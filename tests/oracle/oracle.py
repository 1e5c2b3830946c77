"""The oracle: the figures of the published marts, recomputed from accepted rows by the definitions alone.

No SQL, no frames and none of the project's code, so that a mistake is not repeated. Never incremental.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

from oracle import burn as burning
from oracle.budgets import budget_rows
from oracle.contract import Row, with_tags
from oracle.disposition import Fact, facts_of
from oracle.known import local_date, what_is_known
from oracle.ledger import Ledger, Lot, run_ledger
from oracle.money import Draw, WorkspaceMoney, cost_columns, unit_cost_rows
from oracle.plans import expected_lots, renewed_on
from oracle.reconciliation import newest_totals, reconciled
from oracle.usage import (
    Mart,
    Window,
    as_credits,
    breakdown,
    cell_of,
    credits_of,
    disposed_credits,
    grouped,
    in_window,
    measures,
    member_rows,
    most_efficient_member,
    tag_of,
    tag_rows,
    team_of,
    type_rows,
    usage_daily,
    waste_rows,
    window_before,
    windows,
    with_expected,
)

GRAINS: dict[str, tuple[str, ...]] = {
    "credit_summary": ("workspace_id", "period"),
    "usage_by_member": ("workspace_id", "period", "member_id"),
    "usage_by_category": ("workspace_id", "period", "product_category"),
    "usage_by_generation_type": ("workspace_id", "period", "generation_type"),
    "usage_by_team": ("workspace_id", "period", "team"),
    "usage_by_tag": ("workspace_id", "period", "tag_key", "tag_value"),
    "usage_daily": ("workspace_id", "usage_date", "member_id", "product_category", "generation_type"),
    "waste_by_reason": ("workspace_id", "period", "waste_reason"),
    "generation_details": ("source", "event_id"),
    "credit_lots": ("workspace_id", "lot_id"),
    "credit_balance_daily": ("workspace_id", "usage_date"),
    "lot_draws": ("workspace_id", "lot_id", "usage_date"),
    "purchases": ("workspace_id", "entry_id"),
    "period_changes": ("workspace_id", "period", "scope", "scope_id"),
    "budget_status": ("workspace_id", "budget_id", "period_start"),
    "unit_costs": ("workspace_id", "period", "scope", "scope_id", "currency"),
    "depletion_forecast": ("workspace_id", "as_of"),
    "reconciliation": ("source", "workspace_id", "model", "unit", "currency", "day", "last_day"),
}

COSTED_BY: dict[str, Callable[[Fact], Any]] = {
    "usage_by_member": lambda fact: fact.generation.member_id,
    "usage_by_category": lambda fact: fact.generation.product_category,
    "usage_by_generation_type": lambda fact: fact.generation.generation_type,
    "waste_by_reason": lambda fact: fact.waste_reason if fact.disposition == "wasted" else None,
}
SCOPES: dict[str, Callable[[Fact], Any]] = {
    "workspace": lambda fact: "(all)",
    "member": COSTED_BY["usage_by_member"],
    "product_category": COSTED_BY["usage_by_category"],
    "generation_type": COSTED_BY["usage_by_generation_type"],
}
BALANCE_COLUMNS = (
    "opening",
    "funded",
    "consumed",
    "expired",
    "voided",
    "overage",
    "before_ledger",
    "closing",
)
LOT_COLUMNS = ("funded", "consumed", "expired", "voided", "remaining")
DETAIL_COLUMNS = (
    "attempt_number",
    "attempt_count",
    "current_outcome",
    "disposition",
    "waste_reason",
    "is_failed",
    "is_rejected",
    "is_excess_regeneration",
    "is_low_quality_draft",
    "is_unused",
)
EVENT_COLUMNS = (
    "workspace_id",
    "member_id",
    "product_id",
    "generation_type",
    "locale",
    "product_category",
    "status",
    "quality_score",
    "usage_date",
)


class Oracle:
    """Figures of the marts for one as_of.

    Args:
        rows: accepted raw rows of each feed, typed as the contract says (Decimal, aware datetime, int, str or
            None). Columns left out take the contract's defaults; `batch_id` (default 1) and `content_hash`
            decide between conflicting contents.
        as_of: the last local date that may be known.
        tag_keys: the attributes that are tags.
    """

    def __init__(
        self,
        rows: Mapping[str, Sequence[Mapping[str, Any]]],
        *,
        as_of: date,
        tag_keys: Sequence[str] = (),
    ) -> None:
        self.as_of = as_of
        self.tag_keys = tag_keys
        self.totals = newest_totals(rows.get("provider_totals", ()))
        events = [with_tags(row, tag_keys) for row in rows.get("generation_events", ())]
        self.known = what_is_known({**rows, "generation_events": events}, as_of)
        self.facts: list[Fact] = facts_of(self.known)
        self._facts_of: dict[str, list[Fact]] = grouped(self.facts, lambda fact: fact.generation.workspace_id)
        entries: dict[str, list[Row]] = defaultdict(list)
        for entry in self.known.entries:
            entries[entry["workspace_id"]].append(entry)
        # A row for every workspace with a generation or a credit entry.
        self.workspace_ids = sorted({*self._facts_of, *entries})
        self.usage: dict[str, Counter[date]] = {workspace: Counter() for workspace in self.workspace_ids}
        for fact in self.facts:
            self.usage[fact.generation.workspace_id][fact.generation.usage_date] += fact.generation.credits
        self.ledgers: dict[str, Ledger] = {
            workspace_id: run_ledger(
                found,
                self.usage[workspace_id],
                zone=self.known.zone(workspace_id),
                as_of=as_of,
                generation_days={
                    (fact.generation.source, fact.generation.event_id): fact.generation.usage_date
                    for fact in self._facts_of.get(workspace_id, ())
                },
            )
            for workspace_id, found in entries.items()
        }
        self.money = {workspace_id: self._money(workspace_id) for workspace_id in self.ledgers}
        self._team_versions: dict[str, dict[str, list[Row]]] = defaultdict(dict)
        for (workspace_id, member_id), versions in self.known.member_versions.items():
            self._team_versions[workspace_id][member_id] = versions
        self._laid: dict[str, Mapping[tuple[str, str], Sequence[Draw]]] = {
            workspace_id: money.laid(self._facts_of.get(workspace_id, ()))
            for workspace_id, money in self.money.items()
        }

    def _money(self, workspace_id: str) -> WorkspaceMoney:
        return WorkspaceMoney(
            self.ledgers[workspace_id],
            generation_days={
                fact.generation.key: fact.generation.usage_date
                for fact in self._facts_of.get(workspace_id, ())
            },
            versions=self.known.workspace_versions.get((workspace_id,), ()),
            zone=self.known.zone(workspace_id),
        )

    def _costs(self, facts: Sequence[Fact], *, with_wasted: bool = True) -> dict[str, Any]:
        """The columns of cost of generations of one workspace."""
        workspace_ids = {fact.generation.workspace_id for fact in facts}
        laid = self._laid.get(next(iter(workspace_ids), ""), {})
        return cost_columns(facts, laid, with_wasted=with_wasted)

    def _expected(self, workspace_id: str) -> list[Lot]:
        plans = [plan for key, plan in self.known.plans.items() if key[0] == workspace_id]
        entries = [entry for entry in self.known.entries if entry["workspace_id"] == workspace_id]
        return expected_lots(plans, entries, self.known.zone(workspace_id), self.as_of)

    def marts(self) -> dict[str, Mart]:
        """Return mart -> key (columns of GRAINS) -> column -> value.

        Credits are Decimal, ratios and rates Fraction, instants naive UTC datetimes. Keys are not repeated.
        """
        marts: dict[str, Mart] = {name: {} for name in GRAINS}
        for workspace_id in self.workspace_ids:
            plans = [plan for key, plan in self.known.plans.items() if key[0] == workspace_id]
            renewed = renewed_on(plans, self.as_of)
            for period, window in windows(self.as_of, renewed).items():
                self._add_period(marts, workspace_id, period, window)
                before = window_before(period, window, renewed)
                marts["period_changes"] |= {
                    (workspace_id, period, *key): row
                    for key, row in self._changes(workspace_id, window, before).items()
                }
            marts["depletion_forecast"][workspace_id, self.as_of] = self._forecast(workspace_id)
        for workspace_id, ledger in self.ledgers.items():
            _add_ledger(marts, workspace_id, ledger)
        for workspace_id in self.workspace_ids:
            for lot in self._expected(workspace_id):
                marts["credit_lots"][workspace_id, lot.lot_id] = _lot_row(lot, "expected")
        for workspace_id, money in self.money.items():
            for (lot_id, day), row in money.lot_draws(self.as_of).items():
                marts["lot_draws"][workspace_id, lot_id, day] = row
        for entry in self.known.entries:
            if entry["entry_type"] == "purchase":
                marts["purchases"][entry["workspace_id"], entry["entry_id"]] = self._purchase(entry)
        marts["usage_daily"] = usage_daily(self.facts)
        for key, group in grouped(self.facts, cell_of).items():
            marts["usage_daily"][key] |= self._costs(group)
        for (workspace_id, budget_id), budget in self.known.budgets.items():
            if workspace_id in self.workspace_ids:
                rows = self._budget(workspace_id, budget)
                marts["budget_status"] |= {(workspace_id, budget_id, start): row for start, row in rows}
        marts["reconciliation"] = dict(
            reconciled(
                self.totals,
                counted=self.known.counted,
                left_out=self.known.left_out,
                zones={self.known.zone(workspace_id).key for workspace_id in self.workspace_ids},
                as_of=self.as_of,
            )
        )
        for fact in self.facts:
            if fact.generation.usage_date > self.as_of - timedelta(days=90):
                row = _detail(fact) | self._costs([fact], with_wasted=False)
                marts["generation_details"][fact.generation.key] = row
        return marts

    def _changes(self, workspace_id: str, window: Window, before: Window) -> dict[tuple[str, str], Any]:
        facts = self._facts_of.get(workspace_id, ())
        now, then = in_window(facts, window), in_window(facts, before)
        team = partial(team_of, self._team_versions[workspace_id], zone=self.known.zone(workspace_id))
        rows = {}
        for scope, dimension in {**SCOPES, "team": team}.items():
            parts, parts_before = grouped(now, dimension), grouped(then, dimension)
            for value in parts.keys() | parts_before.keys():
                credits = credits_of(parts.get(value, ()))
                credits_before = credits_of(parts_before.get(value, ()))
                rows[scope, value] = {
                    "credits": as_credits(credits),
                    "credits_before": as_credits(credits_before),
                    "credits_change": as_credits(credits - credits_before),
                    "contribution": as_credits(credits - credits_before),
                    "before_start_date": before[0],
                    "before_end_date": before[1],
                }
        return rows

    def _budget(self, workspace_id: str, budget: Row) -> Iterator[tuple[date, dict[str, Any]]]:
        scope, scope_id = budget["scope"], budget["scope_id"]
        facts = self._facts_of.get(workspace_id, ())
        if scope == "tag":
            key, _, value = scope_id.partition("=")
            number = self.tag_keys.index(key) if key in self.tag_keys else None
            dimension = (lambda fact: None) if number is None else partial(tag_of, number)
        else:
            zone = self.known.zone(workspace_id)
            team = partial(team_of, self._team_versions[workspace_id], zone=zone)
            dimension = {**SCOPES, "team": team, "category": SCOPES["product_category"]}[scope]
            value = "(all)" if scope == "workspace" else scope_id
        laid = self._laid.get(workspace_id, {})
        return budget_rows(budget, facts, laid, is_in=lambda fact: dimension(fact) == value, as_of=self.as_of)

    def _purchase(self, entry: Row) -> dict[str, Any]:
        workspace = self.known.workspaces.get((entry["workspace_id"],)) or {}
        return {
            "day": local_date(entry["occurred_at"], self.known.zone(entry["workspace_id"])),
            "lot_id": entry["lot_id"] or entry["entry_id"],
            "credits": entry["credits"],
            "amount": entry["amount"],
            "currency": entry["currency"] or workspace.get("currency"),
            "pack_id": entry["pack_id"],
            "invoice_id": entry["invoice_id"],
        }

    def _add_period(self, marts: dict[str, Mart], workspace_id: str, period: str, window: Window) -> None:
        facts = in_window(self._facts_of.get(workspace_id, ()), window)
        members = member_rows(facts, workspace_id, self.known.members)
        categories = breakdown(facts, lambda fact: fact.generation.product_category)
        summary = self._summary(workspace_id, facts, window)
        summary["most_efficient_member_id"] = most_efficient_member(members)
        marts["credit_summary"][workspace_id, period] = summary
        team = partial(team_of, self._team_versions[workspace_id], zone=self.known.zone(workspace_id))
        teams = breakdown(facts, team)
        with_expected(teams, facts, team)
        for name, row in teams.items():
            marts["usage_by_team"][workspace_id, period, name] = row
        for name, group in grouped(facts, team).items():
            marts["usage_by_team"][workspace_id, period, name] |= self._costs(group)
        for scope, dimension in {**SCOPES, "team": team}.items():
            for value, group in grouped(facts, dimension).items():
                for currency, row in unit_cost_rows(group, self._laid.get(workspace_id, {})).items():
                    marts["unit_costs"][workspace_id, period, scope, value, currency] = row
        for name, rows in (
            ("usage_by_member", members),
            ("usage_by_category", categories),
            ("usage_by_generation_type", type_rows(facts)),
            ("waste_by_reason", waste_rows(facts)),
        ):
            dimension = COSTED_BY[name]
            for value, group in grouped(facts, dimension).items():
                if value in rows:
                    rows[value] |= self._costs(group, with_wasted=name != "waste_by_reason")
            marts[name].update({(workspace_id, period, value): row for value, row in rows.items()})
        for number, key in enumerate(self.tag_keys):
            rows = tag_rows(facts, number)
            for value, group in grouped(facts, partial(tag_of, number)).items():
                rows[value] |= self._costs(group)
            marts["usage_by_tag"] |= {(workspace_id, period, key, value): row for value, row in rows.items()}

    def _summary(self, workspace_id: str, facts: Sequence[Fact], window: Window) -> dict[str, Any]:
        row = measures(facts)
        row["credits_used"] = row.pop("credits")
        ledger = self.ledgers.get(workspace_id)
        workspace = self.known.workspaces.get((workspace_id,)) or {}
        start, end = window
        rate = burning.burn(self.usage[workspace_id], as_of=end, window_days=(end - start).days + 1)
        days = [day for day in ledger.days if start <= day.usage_date <= end] if ledger else []
        holds = ledger if end == self.as_of else None
        return {
            **row,
            **disposed_credits(facts),
            **self._costs(facts),
            "workspace_name": workspace.get("name") or workspace_id,
            "timezone": workspace.get("timezone") or "UTC",
            "as_of": self.as_of,
            "window_start_date": start,
            "window_end_date": end,
            "allowance": as_credits(holds.allowance) if holds else None,
            "credits_remaining": as_credits(holds.remaining) if holds else None,
            "overage": as_credits(sum(day.overage for day in days)) if ledger else None,
            "before_ledger": as_credits(sum(day.before_ledger for day in days)) if ledger else None,
            "burn_rate": rate.rate,
            "burn_rate_days": rate.days,
        }

    def _forecast(self, workspace_id: str) -> dict[str, Any]:
        usage, ledger = self.usage[workspace_id], self.ledgers.get(workspace_id)
        week = burning.burn(usage, as_of=self.as_of, window_days=7)
        month = burning.burn(usage, as_of=self.as_of, window_days=30)
        status = burning.forecast_status(ledger, usage, self.as_of)
        expected = self._expected(workspace_id)
        pace = None
        if ledger and status in burning.WITH_PACE_DATE:
            pace = burning.pace_date([*ledger.lots, *expected], week, self.as_of)
        return {
            "forecast_status": status,
            "credits_remaining": as_credits(ledger.remaining) if ledger else None,
            "burn_rate_7d": week.rate,
            "burn_rate_7d_days": week.days,
            "burn_rate_30d": month.rate,
            "burn_rate_30d_days": month.days,
            "pace_date": pace,
            "empty_since": burning.empty_since(ledger) if ledger and status == "already_empty" else None,
            "next_grant_on": burning.next_grant_on(ledger, expected, self.as_of),
            "history_days": burning.history_days(usage, self.as_of),
        }


def _add_ledger(marts: dict[str, Mart], workspace_id: str, ledger: Ledger) -> None:
    for lot in ledger.lots:
        marts["credit_lots"][workspace_id, lot.lot_id] = _lot_row(lot, ledger.status(lot))
    for day in ledger.days:
        residual = day.opening + day.funded - day.consumed - day.expired - day.voided - day.closing
        marts["credit_balance_daily"][workspace_id, day.usage_date] = {
            **{column: as_credits(getattr(day, column)) for column in BALANCE_COLUMNS},
            "residual": as_credits(residual),
            "usage_residual": as_credits(0),
        }


def _lot_row(lot: Lot, status: str) -> dict[str, Any]:
    return {
        **{column: as_credits(getattr(lot, column)) for column in LOT_COLUMNS},
        "residual": as_credits(lot.funded - lot.consumed - lot.expired - lot.voided - lot.remaining),
        "effective_at": lot.effective_at.replace(tzinfo=None),
        "expires_at": lot.expires_at.replace(tzinfo=None) if lot.expires_at else None,
        "priority": lot.priority,
        "lot_status": status,
    }


def _detail(fact: Fact) -> dict[str, Any]:
    return {
        **{column: getattr(fact.generation, column) for column in EVENT_COLUMNS},
        "occurred_at": fact.generation.occurred_at.replace(tzinfo=None),
        "credits": as_credits(fact.generation.credits),
        "episode_number": fact.episode.number if fact.episode else None,
        **{column: getattr(fact, column) for column in DETAIL_COLUMNS},
    }
