"""What a person chooses at the side: language, workspace, period and filters; the address keeps it.

Not here: what the choice shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import streamlit as st

from orchestration.dashboard.figures.periods import (
    DATES,
    USUAL,
    Period,
    period_of_dates,
    published_periods,
)
from orchestration.dashboard.figures.queries import (
    DAILY,
    DETAIL_DAYS,
    DETAILED,
    TAG,
    Filter,
    choices,
    known_names,
)
from orchestration.dashboard.text import Names, dimension_label, period_label, value_label
from orchestration.publish.report import formatting
from orchestration.publish.report.breakdown import TYPE_NAMES
from orchestration.publish.report.i18n import LANGUAGES
from orchestration.publish.report.i18n import gettext as _

LANGUAGE_NAMES = {"en": "English", "th": "ไทย"}


@dataclass(frozen=True)
class Choice:
    """What is shown: a filter, the period it is of, and all that is published of the workspace.

    Attributes:
        as_of: the last day of the data.
        first_use: the first day with usage; None without any.
        periods: those published, by name.
        names: display names by dimension and id.
    """

    selection: Filter
    period: Period
    as_of: date
    first_use: date | None
    periods: Mapping[str, Period]
    names: Names

    @property
    def burn_days(self) -> int:
        """Days of the period, from the first usage on; at least 1."""
        first = max(self.period.first, self.first_use or self.period.first)
        return max((self.period.last - first).days + 1, 1)


def chosen_language(otherwise: str) -> str:
    """The language of the address, or the one chosen since; one of `LANGUAGES`."""
    language = st.session_state.get("lang") or st.query_params.get("lang", otherwise)
    return language if language in LANGUAGES else "en"


def choose(connection: duckdb.DuckDBPyConnection, ids: Sequence[str], *, language: str) -> Choice | None:
    """The widgets at the side and what is chosen in them; None while the dates are not complete."""
    with st.sidebar:
        st.selectbox(
            "Language · ภาษา",
            LANGUAGES,
            key=_initialized("lang", language),
            format_func=lambda code: LANGUAGE_NAMES.get(code, code),
        )
        workspace_id = _workspace(connection, ids)
        periods = published_periods(connection, workspace_id)
        as_of = max(period.last for period in periods.values())
        first_use = _first_day(connection, workspace_id)
        period = _period(periods, as_of=as_of, first=first_use or as_of)
        if period is None:
            st.info(_("Choose the last day, too."))
            return None
        whole = Filter(workspace_id, period.first, period.last)
        names = known_names(connection, workspace_id)
        names |= {("generation_type", known): _(name) for known, name in TYPE_NAMES.items()}
        chosen = _filters(choices(connection, whole), names)
    _keep_address(language, period, workspace_id, chosen)
    selection = Filter(workspace_id, period.first, period.last, chosen)
    return Choice(selection, period, as_of, first_use, periods, names)


def toggle(dimension: str, value: str) -> None:
    """Choose a value of a dimension, or no longer, as in its widget."""
    chosen: list[str] = list(st.session_state.get(dimension, ()))
    st.session_state[dimension] = (
        [other for other in chosen if other != value] if value in chosen else [*chosen, value]
    )


def _workspace(connection: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> str:
    query = "select workspace_id, max(workspace_name) from marts.credit_summary group by workspace_id"
    named = [(id, name or "") for id, name in connection.execute(query).fetchall()]
    labels = dict(zip([id for id, _name in named], formatting.distinct_labels(named), strict=True))
    first_shown = st.query_params.get("workspace")
    if st.session_state.get("workspace") not in ids:
        st.session_state["workspace"] = first_shown if first_shown in ids else ids[0]
    return str(st.selectbox(_("Workspace"), ids, key="workspace", format_func=lambda id: labels[id]))


def _period(periods: Mapping[str, Period], *, as_of: date, first: date) -> Period | None:
    names = [*periods, DATES]
    asked = st.session_state.get("period") or st.query_params.get("period")
    if asked not in names:
        asked = USUAL if USUAL in names else names[0]
    st.session_state["period"] = asked
    name = st.selectbox(_("Period"), names, key="period", format_func=period_label)
    if name != DATES:
        return periods[name]
    params = st.query_params
    ends = sorted((_day(params.get("from"), first), _day(params.get("to"), as_of)))
    picked: Any = st.date_input(_("From and to"), key=_initialized("dates", tuple(ends)))
    is_complete = isinstance(picked, tuple) and len(picked) == 2
    return period_of_dates(picked[0], picked[1]) if is_complete else None


def _filters(options: Mapping[str, Sequence[str]], names: Names) -> dict[str, tuple[str, ...]]:
    chosen = {name: _chosen(name, options[name], names) for name in DAILY if _is_offered(name, options)}
    detailed = [name for name in (*DETAILED, TAG) if _is_offered(name, options)]
    if detailed:
        is_used = any(st.session_state.get(name) or st.query_params.get(name) for name in detailed)
        with st.expander(_("More filters"), expanded=is_used):
            st.caption(_("Known of the generations of the last {days} days.", days=DETAIL_DAYS))
            chosen |= {name: _chosen(name, options[name], names) for name in detailed}
    return chosen


def _is_offered(name: str, options: Mapping[str, Sequence[str]]) -> bool:
    return bool(options[name])


def _chosen(name: str, options: Sequence[str], names: Names) -> tuple[str, ...]:
    _initialized(name, st.query_params.get_all(name))
    # a value chosen for other days or another workspace may not exist here
    st.session_state[name] = [value for value in st.session_state[name] if value in options]
    return tuple(
        st.multiselect(
            dimension_label(name),
            options,
            key=name,
            placeholder=_("All"),
            format_func=lambda value: value_label(name, value, names),
        )
    )


def _initialized(key: str, value: object) -> str:
    """The key of a widget, which starts with the value from the address and then keeps what is chosen."""
    st.session_state.setdefault(key, value)
    return key


def _keep_address(
    language: str, period: Period, workspace_id: str, chosen: Mapping[str, Sequence[str]]
) -> None:
    address: dict[str, Any] = {"lang": language, "workspace": workspace_id, "period": period.name}
    if period.name == DATES:
        address |= {"from": period.first.isoformat(), "to": period.last.isoformat()}
    st.query_params.from_dict({**address, **{name: list(some) for name, some in chosen.items() if some}})


def _first_day(connection: duckdb.DuckDBPyConnection, workspace_id: str) -> date | None:
    query = "select min(usage_date) from marts.usage_daily where workspace_id = $id"
    (first,) = connection.execute(query, {"id": workspace_id}).fetchall()[0]
    return first if isinstance(first, date) else None


def _day(text: str | None, otherwise: date) -> date:
    try:
        return date.fromisoformat(text) if text else otherwise
    except ValueError:
        return otherwise
