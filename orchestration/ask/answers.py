"""What an assistant can ask of the published marts; each answer is one JSON object, read from one version.

The docstrings are what the assistant reads. Not here: the protocol (server.py), the sentences and figures
(publish/report/), or which SQL may run (publish/rows/).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Annotated, Any, Literal

import duckdb
from pydantic import Field

from orchestration.ask.what_if import changed_forecast
from orchestration.publish.report.as_json import render_json
from orchestration.publish.report.budgets import before_text
from orchestration.publish.report.formatting import day_month_year, plain
from orchestration.publish.report.load import (
    NEWEST_RUN,
    chosen_workspace,
    has_mart,
    load_report,
    require_period_of,
    workspace_ids,
)
from orchestration.publish.report.model import Report
from orchestration.publish.report.page import headline_notes, report_headline
from orchestration.publish.report.sentences import (
    accuracy_text,
    describe_waste_reason,
)
from orchestration.publish.report.suggestions import evidence_text, saving_text, what_if_text
from orchestration.publish.rows.cells import json_value
from orchestration.publish.rows.read_only import open_published
from orchestration.publish.rows.select import has_workspaces, query_rows
from orchestration.publish.versions.export import DATABASE_NAME

MOST_ROWS = 1_000
# of one answer, so that it fits the memory of an assistant
MOST_CHARACTERS = 200_000
QUERY_SECONDS = 30.0
# the mart of each scope, and its keys
SCOPES = {
    "member": ("usage_by_member", "member_id"),
    "team": ("usage_by_team", "team"),
    "category": ("usage_by_category", "product_category"),
    "generation_type": ("usage_by_generation_type", "generation_type"),
    "tag": ("usage_by_tag", "tag_key, tag_value"),
}
_WORKSPACES = (
    "select workspace_id, workspace_name, as_of, credits_used, credits_remaining"
    " from marts.credit_summary where period = '30d' order by workspace_id"
)

Workspace = Annotated[str | None, Field(description="Id of the workspace; needed only if there are several.")]
Period = Annotated[
    Literal["7d", "30d", "90d", "month_to_date", "last_month", "billing_period"],
    Field(description="The window; billing_period only where a plan renews the credits."),
]
Scope = Annotated[
    Literal["member", "team", "category", "generation_type", "tag"],
    Field(description="What the use is broken down by."),
]
Limit = Annotated[int, Field(ge=1, le=MOST_ROWS, description="The most rows to return.")]
Changes = Annotated[
    list[str],
    Field(
        min_length=1,
        max_length=10,
        description="Changes that apply together: 'regeneration-rate=-50%', 'saving=120 credits' (in 30 "
        "days), 'members=+2', 'bulk=400 products' or 'bulk=400 products@DATE', 'buy=PACK@DATE'.",
    ),
]


class AnswerError(ValueError):
    """A question cannot be answered; the message is one sentence with the remedy."""


@dataclass(frozen=True)
class Answers:
    """The questions that can be asked of one data directory.

    Attributes:
        data_dir: its published version is what is read; `what_if` alone reads its working warehouse.
        memory_limit: of a query, such as "6GB".
        language: of the sentences.
    """

    data_dir: Path
    memory_limit: str
    language: str = "en"

    @property
    def published(self) -> Path:
        return self.data_dir / "published"

    def workspaces(self, limit: Limit = 100) -> dict[str, Any]:
        """List the workspaces: id, name, the day the data ends, credits used in 30 days and credits left."""
        with self._opened() as connection:
            rows, has_more = _fitting(connection.execute(_WORKSPACES), limit)
        return {"rows": rows, "has_more": has_more}

    def summary(self, workspace: Workspace = None, period: Period = "30d") -> dict[str, Any]:
        """Summarise a workspace: credits used, left and wasted, cost, when they run out, what to change."""
        report, document = self._report(workspace, period)
        shown = {name: document[name] for name in ("title", "period", "published_at", "summary", "before")}
        return shown | {
            "change": before_text(report),
            "headline": report_headline(report),
            "suggestion": document["waste"]["suggestion"],
            "checks": document["checks"],
        }

    def usage(
        self, scope: Scope, workspace: Workspace = None, period: Period = "30d", limit: Limit = 100
    ) -> dict[str, Any]:
        """Break the use of a workspace down by member, team, category, generation type or tag.

        Rows come with the most credits first: credits, share, generations, regeneration rate, credits per
        product, quality, waste and cost, as far as the scope has them. Tags overlap; the others add up.
        """
        mart, keys = SCOPES[scope]
        order = f"credits desc, {keys}"
        return self._of_period(mart, workspace, period=period, order=order, limit=limit)

    def changes(
        self, workspace: Workspace = None, period: Period = "30d", limit: Limit = 100
    ) -> dict[str, Any]:
        """Compare a period with the one before it: credits by scope, and what each adds to the change."""
        order = "scope <> 'workspace', abs(contribution) desc, scope, scope_id"
        return self._of_period("period_changes", workspace, period=period, order=order, limit=limit)

    def forecast(self, workspace: Workspace = None) -> dict[str, Any]:
        """Predict when the credits of a workspace run out, with the range, what to buy, and past accuracy."""
        report, document = self._report(workspace, "30d")
        notes = [*headline_notes(report), *accuracy_text(report)]
        return _headed(report) | {"forecast": document["forecast"], "notes": notes}

    def what_if(self, changes: Changes, workspace: Workspace = None) -> dict[str, Any]:
        """Predict when the credits would run out with changes, next to the forecast as it is.

        It computes, which takes some seconds, and answers that the data directory is busy during a run.
        """
        with self._opened() as connection:
            chosen = chosen_workspace(workspace_ids(connection), workspace)
        return changed_forecast(self.data_dir, chosen, changes)

    def waste(self, workspace: Workspace = None, period: Period = "30d") -> dict[str, Any]:
        """Show what was wasted, by reason, with what each reason means, and what is still pending."""
        report, document = self._report(workspace, period)
        waste = {name: value for name, value in document["waste"].items() if name != "suggestions"}
        for reason in waste["reasons"]:
            reason["meaning"] = describe_waste_reason(reason["waste_reason"]).meaning
        return _headed(report) | {"period": document["period"], "waste": waste}

    def suggestions(self, workspace: Workspace = None) -> dict[str, Any]:
        """Suggest what to change to waste less: evidence, saving, and by how much the credits last longer.

        The largest saving comes first. Savings overlap and do not add up.
        """
        report, document = self._report(workspace, "30d")
        rows = []
        for found, row in zip(report.suggestions, document["waste"]["suggestions"], strict=True):
            evidence = evidence_text(found, write_date=day_month_year)
            later = what_if_text(found, report.forecast, write_date=day_month_year)
            rows.append(row | {"evidence": evidence, "saving": saving_text(found), "effect": later})
        return _headed(report) | {"advice": document["waste"]["suggestion"], "rows": rows}

    def budgets(self, workspace: Workspace = None) -> dict[str, Any]:
        """Show the budgets whose period is open: used, expected at its end, how likely they are passed."""
        report, document = self._report(workspace, "30d")
        return _headed(report) | {"rows": document["budgets"]}

    def data_quality(self, only_failed: bool = True, limit: Limit = 100) -> dict[str, Any]:
        """Show the checks of the newest run over all workspaces, failed ones first, and how many passed."""
        checks = f"from marts.data_quality where {NEWEST_RUN}"
        order = "order by passed, layer, asset, check_name"
        with self._opened() as connection:
            counts = _rows(
                connection.execute(
                    f"select count_if(passed) as passed, count_if(not passed) as failed {checks}"
                )
            )
            shown = connection.execute(
                f"select * {checks} and not (passed and $only_failed) {order}", {"only_failed": only_failed}
            )
            rows, has_more = _fitting(shown, limit)
        return {**counts[0], "rows": rows, "has_more": has_more}

    def query(
        self,
        sql: Annotated[str, Field(description="One statement that reads, such as: from marts.usage_daily")],
        limit: Limit = 100,
    ) -> dict[str, Any]:
        """Run one SQL statement (DuckDB) on the published marts, which it can read, and nothing else.

        The resource credits://marts lists them. `has_more` says that rows were left out.
        """
        with query_rows(self.published, sql, memory_limit=self.memory_limit) as rows:
            # a statement must not keep the other questions waiting
            stop = Timer(QUERY_SECONDS, rows.connection.interrupt)
            stop.start()
            try:
                result = rows.executed()
                columns = _names(result)
                shown, has_more = _fitting(result, limit)
            except duckdb.InterruptException:
                raise AnswerError(
                    f"a query may take {QUERY_SECONDS:.0f} seconds; this one takes longer. Select less."
                ) from None
            finally:
                stop.cancel()
        return {"columns": columns, "rows": shown, "has_more": has_more}

    def marts(self) -> list[dict[str, Any]]:
        """Every mart of the version and what one of its rows is."""
        query = (
            "select table_name as mart, any_value(comment) as description from ("
            " select table_name, comment, schema_name from duckdb_tables() union all"
            " select view_name, comment, schema_name from duckdb_views())"
            " where schema_name = 'marts' group by table_name order by table_name"
        )
        with self._opened() as connection:
            return _rows(connection.execute(query))

    def columns(self, mart: str) -> list[dict[str, Any]]:
        """Every column of a mart, its type, and what it means."""
        query = (
            "select column_name as column, data_type as type, comment as description from duckdb_columns()"
            " where schema_name = 'marts' and table_name = $mart order by column_index"
        )
        with self._opened() as connection:
            self._require(connection, mart)
            return _rows(connection.execute(query, {"mart": mart}))

    def _opened(self) -> duckdb.DuckDBPyConnection:
        database = self.published / DATABASE_NAME
        if not database.exists():
            raise AnswerError(
                f"only published marts are read; {self.published} holds none. Run `credits run` first."
            )
        return open_published(database)

    def _report(self, workspace: str | None, period: str) -> tuple[Report, dict[str, Any]]:
        report = load_report(self.published, workspace_id=workspace, days=30, period=period)
        return report, json.loads(render_json(report))

    def _of_period(
        self, mart: str, workspace: str | None, *, period: str, order: str, limit: int
    ) -> dict[str, Any]:
        with self._opened() as connection:
            self._require(connection, mart)
            chosen = chosen_workspace(workspace_ids(connection), workspace)
            require_period_of(connection, chosen, period)
            query = (
                f"select * exclude (workspace_id, period) from marts.{mart}"
                f" where workspace_id = $id and period = $period order by {order}"
            )
            rows, has_more = _fitting(connection.execute(query, {"id": chosen, "period": period}), limit)
        return {"workspace_id": chosen, "period": period, "rows": rows, "has_more": has_more}

    def _require(self, connection: duckdb.DuckDBPyConnection, mart: str) -> None:
        if not has_mart(connection, mart):
            raise AnswerError(
                f"an answer is read from a published mart; {plain(mart)!r} is none. Use one of: "
                f"{', '.join(has_workspaces(connection))}, or publish it with `credits run`."
            )


def _headed(report: Report) -> dict[str, Any]:
    return {"workspace_id": report.summary.workspace_id, "as_of": report.summary.as_of.isoformat()}


def _names(result: duckdb.DuckDBPyConnection) -> list[str]:
    names = [name for name, *_ in result.description or []]
    if len(set(names)) < len(names):
        found = plain(", ".join(names))
        raise AnswerError(f"columns of a result need unique names; found {found}. Rename with `as`.")
    return names


def _rows(result: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = _names(result)
    return [dict(zip(names, map(json_value, row), strict=True)) for row in result.fetchall()]


def _fitting(result: duckdb.DuckDBPyConnection, limit: int) -> tuple[list[dict[str, Any]], bool]:
    """The first rows of a result, as many as an answer holds, and whether more follow."""
    rows: list[dict[str, Any]] = []
    names, room = _names(result), MOST_CHARACTERS
    while values := result.fetchone():
        row = dict(zip(names, map(json_value, values), strict=True))
        room -= len(json.dumps(row))
        if len(rows) == limit or (rows and room < 0):
            return rows, True
        if room < 0:
            raise AnswerError(
                f"an answer holds {MOST_CHARACTERS:,} characters; the first row has more. Select less of it."
            )
        rows.append(row)
    return rows, False
