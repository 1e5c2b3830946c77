"""Reads one JSON document exactly: typed values, or the reason it is rejected.

This defines the contract; its fast counterpart, `fast_sql`, may accept only what this accepts.
Nothing here knows of files.
"""

import re
from collections.abc import Set
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from orchestration.landing.contract import (
    ATTRIBUTES,
    Column,
    Feed,
    FormatRule,
    OrderRule,
    RequiredRule,
    SignRule,
)
from orchestration.landing.rejects import Reject, excerpt
from orchestration.landing.typing.exact_values import (
    EXACT,
    ValueRejected,
    check_storable,
    json_kind,
    read_value,
)
from orchestration.landing.typing.json_text import JsonRejected, Number, json_text, parse_json

_SHOWN_FAULTS = 8
# where the feed tells more than the kind of the column
_REMEDIES: dict[tuple[str, str | None, str], str] = {
    (
        "generation_events",
        "credits",
        "range",
    ): "Deliver 0 or more. To take an event back, deliver its event_id "
    "in event_retractions; to give credits back, deliver a refund in credit_entries.",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A row that meets the contract.

    Attributes:
        values: every contract column (None where missing), typed, defaults applied.
        attributes: canonical JSON text of the attributes and unknown columns, or None.
        unknown: names of the columns that are not in the contract.
    """

    values: dict[str, object]
    attributes: str | None
    unknown: tuple[str, ...]


class RowRejected(ValueError):
    """A row that does not meet the contract; `names` are the columns it had, if it was an object."""

    def __init__(self, reject: Reject, names: frozenset[str] | None = None) -> None:
        super().__init__(reject.reason)
        self.reject = reject
        self.names = names


def read_row(feed: Feed, document: str, *, timezones: Set[str]) -> Row:
    """Type one JSON document by the feed's contract.

    Args:
        feed: the contract.
        document: JSON text of one object.
        timezones: the zone names accepted.

    Raises:
        RowRejected: every rule broken, in contract column order; the first decides rule, column and value.
    """
    found = _parse_object(document)
    values: dict[str, object] = {}
    faults: list[Reject] = []
    for column in feed.columns:
        try:
            value = read_value(column, found.get(column.name), timezones)
            values[column.name] = _default(column, values) if value is None else value
        except (JsonRejected, ValueRejected) as error:
            faults.append(_with_remedy(feed, error.reject))
    try:
        for rule in feed.sign_rules:
            if {rule.column, rule.decided_by} <= values.keys():
                _check_sign(rule, values)
        for required in feed.required_rules:
            if {required.column, required.decided_by} <= values.keys():
                _check_required(required, values)
        for form in feed.format_rules:
            if {form.column, form.decided_by} <= values.keys():
                _check_format(form, values)
        for order in feed.order_rules:
            if {order.first, order.last} <= values.keys():
                _check_order(order, values)
        if feed.one_of and set(feed.one_of) <= values.keys():
            _check_one_of(feed.one_of, values)
        extras = _extras(feed, found)
    except (JsonRejected, ValueRejected) as error:
        faults.append(error.reject)
    if faults:
        raise RowRejected(_all_of(faults), frozenset(found))
    return Row(values, *extras)


def read_extras(feed: Feed, document: str) -> tuple[str | None, tuple[str, ...]]:
    """Attributes text and unknown column names of a document whose contract columns are already good.

    Raises:
        RowRejected: as `read_row` would.
    """
    found = _parse_object(document)
    try:
        return _extras(feed, found)
    except (JsonRejected, ValueRejected) as error:
        raise RowRejected(error.reject, frozenset(found)) from error


def unknown_columns(feed: Feed, names: Set[str]) -> tuple[str, ...]:
    """The names that are not in the contract, sorted."""
    return tuple(sorted(names - set(feed.names) - {ATTRIBUTES}))


def _all_of(faults: list[Reject]) -> Reject:
    """One rejection that names every fault, so that a delivery is corrected once."""
    first, *others = faults
    shown = others[: _SHOWN_FAULTS - 1]
    reasons = [first.reason, *(fault.reason for fault in shown)]
    if len(others) > len(shown):
        reasons.append(f"{len(others) - len(shown)} more faults")
    remedies = dict.fromkeys([first.remedy, *(fault.remedy for fault in shown)])
    return replace(first, reason="; ".join(reasons), remedy=" ".join(remedies))


def _with_remedy(feed: Feed, reject: Reject) -> Reject:
    remedy = _REMEDIES.get((feed.name, reject.column, reject.rule))
    return replace(reject, remedy=remedy) if remedy else reject


def _parse_object(document: str) -> dict[str, object]:
    try:
        found = parse_json(document)
    except JsonRejected as error:
        raise RowRejected(error.reject) from error
    if not isinstance(found, dict):
        reason = f"a row must be a JSON object, not {json_kind(found)}"
        remedy = "Deliver one JSON object per row."
        raise RowRejected(Reject("json.object", None, excerpt(document.strip()), reason, remedy))
    return found


def _extras(feed: Feed, found: dict[str, object]) -> tuple[str | None, tuple[str, ...]]:
    unknown = unknown_columns(feed, found.keys())
    extras = {name: found[name] for name in unknown if found[name] not in (None, "")}
    given = found.get(ATTRIBUTES)
    if isinstance(given, str) and not isinstance(given, Number):
        given = _object_in_text(given)
    if given not in (None, "", {}):
        # if a name is in both, the given object stays nested, or one value would be lost
        if isinstance(given, dict) and not given.keys() & extras.keys():
            extras |= given
        else:
            extras[ATTRIBUTES] = given
    if not extras:
        return None, unknown
    text = json_text(extras)
    check_storable(ATTRIBUTES, text)
    return text, unknown


def _object_in_text(text: str) -> object:
    """Parse attributes that are the text of a JSON object, the only way CSV can deliver them."""
    if not text.lstrip().startswith("{"):
        return text
    try:
        return parse_json(text)
    except JsonRejected:
        return text


def _check_sign(rule: SignRule, values: dict[str, object]) -> None:
    kind, number = values[rule.decided_by], values[rule.column]
    if number is None:
        return
    sign = rule.signs[str(kind)]
    assert isinstance(number, Decimal)
    is_wrong = {"positive": number <= 0, "negative": number >= 0, "zero": number != 0}
    if is_wrong.get(sign, False):
        found = f"{number.normalize(EXACT):f}"
        article = "an" if str(kind)[0] in "aeio" else "a"
        reason = f"{rule.column} of {article} {kind} must be {sign}; found {found}"
        wanted = "0" if sign == "zero" else f"a {sign} number"
        remedy = f"Deliver {wanted}, or correct the {rule.decided_by}."
        raise ValueRejected(Reject("sign", rule.column, found, reason, remedy))


def _check_required(rule: RequiredRule, values: dict[str, object]) -> None:
    given = values[rule.decided_by]
    if values[rule.column] is None and given is not None and rule.value in (None, given):
        wanted, each = rule.value or "filled", rule.value or f"row with {rule.decided_by}"
        reason = f"{rule.column} is required where {rule.decided_by} is {wanted}, and missing or empty"
        raise ValueRejected(Reject("required", rule.column, None, reason, f"Fill it in every {each}."))


def _check_format(rule: FormatRule, values: dict[str, object]) -> None:
    text = values[rule.column]
    if text is None or values[rule.decided_by] != rule.value:
        return
    if not re.fullmatch(rule.pattern, str(text), re.DOTALL):
        found = excerpt(str(text))
        reason = f"{rule.column} of a {rule.value} must be {rule.form}; found {found}"
        remedy = f"Deliver it in that form, or correct the {rule.decided_by}."
        raise ValueRejected(Reject("text.format", rule.column, found, reason, remedy))


def _check_order(rule: OrderRule, values: dict[str, object]) -> None:
    first, last = values[rule.first], values[rule.last]
    if isinstance(first, date) and isinstance(last, date) and first > last:
        reason = f"{rule.last} must not be before {rule.first}, {first}; found {last}"
        remedy = f"Correct one of {rule.first} and {rule.last}."
        raise ValueRejected(Reject("date.order", rule.last, str(last), reason, remedy))


def _check_one_of(names: tuple[str, ...], values: dict[str, object]) -> None:
    filled = [name for name in names if values[name] is not None]
    if len(filled) != 1:
        wanted, found = " or ".join(names), " and ".join(filled) or "none"
        reason = f"a row has either {wanted}; found {found}"
        remedy = f"Deliver a row of its own for each of {wanted}."
        raise ValueRejected(Reject("one_of", names[0], None, reason, remedy))


def _default(column: Column, values: dict[str, object]) -> object:
    # the column it is taken from may itself be at fault
    return values.get(column.default_from) if column.default_from else column.default
