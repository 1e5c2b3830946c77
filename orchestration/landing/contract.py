"""The landing feeds as data: columns, kinds, defaults and the rules between columns.

No reading and no typing here; `fast_sql` and `exact_rows` both follow this description.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import pyarrow as pa

Kind = Literal["text", "timezone", "instant", "date", "credits", "money", "score", "count", "integer"]
Sign = Literal["positive", "negative", "any", "zero"]

ARROW_TYPES: Mapping[Kind, pa.DataType] = MappingProxyType(
    {
        "text": pa.string(),
        "timezone": pa.string(),
        "instant": pa.timestamp("us", tz="UTC"),
        "date": pa.date32(),
        "credits": pa.decimal128(18, 6),
        "money": pa.decimal128(24, 12),
        "score": pa.decimal128(18, 17),
        "count": pa.int64(),
        "integer": pa.int64(),
    }
)
ATTRIBUTES = "attributes"
# a later arrival, another revision or other attributes do not make it another fact
_NOT_CONTENT = frozenset({"recorded_at", "revision", ATTRIBUTES})
# what logs write where they have no id, in any case
NO_ID = ("-", "none", "null", "n/a")


@dataclass(frozen=True)
class Column:
    """One contract column.

    Attributes:
        kind: how its value is read; `exact_values` has the rule of each kind.
        required: null and the empty string are rejected.
        accepted: the only values allowed, in exact lower case; empty means any.
        missing: texts that mean a missing value, in any case.
        default: the value used where it is missing.
        default_from: the column whose value is used where it is missing.
        minimum: the smallest number allowed.
        starts_days: a date from which days are counted; one before 2000 would make a row of each since.
        hashed_as: the column whose value stands for it in the content hash where it is missing.
    """

    name: str
    kind: Kind = "text"
    required: bool = False
    accepted: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    default: str | int | None = None
    default_from: str | None = None
    minimum: int | None = None
    starts_days: bool = False
    hashed_as: str | None = None


@dataclass(frozen=True)
class SignRule:
    """The sign a number must have, decided by the value of another column."""

    column: str
    decided_by: str
    signs: Mapping[str, Sign]


@dataclass(frozen=True)
class RequiredRule:
    """A column that must be filled where another one has a value, or any value at all if it is None."""

    column: str
    decided_by: str
    value: str | None = None


@dataclass(frozen=True)
class FormatRule:
    """The form a text must have where another column has a value.

    Attributes:
        pattern: a regular expression that the whole text must match.
        form: what the message says it must be.
    """

    column: str
    decided_by: str
    value: str
    pattern: str
    form: str


@dataclass(frozen=True)
class OrderRule:
    """A date that must not be after another, where both are filled."""

    first: str
    last: str


@dataclass(frozen=True)
class Feed:
    """One folder of the landing directory. Every feed also accepts `attributes`, which is not listed."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    sign_rules: tuple[SignRule, ...] = field(default=())
    required_rules: tuple[RequiredRule, ...] = field(default=())
    format_rules: tuple[FormatRule, ...] = field(default=())
    order_rules: tuple[OrderRule, ...] = field(default=())
    # of these columns exactly one is filled
    one_of: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The contract columns, in order, without `attributes`."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that every row must fill."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def content_names(self) -> tuple[str, ...]:
        """The columns in which two rows of one key differ if they conflict, sorted by name."""
        return tuple(sorted(set(self.names) - _NOT_CONTENT))

    @property
    def is_snapshot(self) -> bool:
        """Whether the newest row of a key replaces the older ones."""
        return "updated_at" in self.names

    @property
    def has_credits(self) -> bool:
        """Whether the feed has credits that must be accounted for."""
        return "credits" in self.required

    @property
    def typed_schema(self) -> pa.Schema:
        """The contract columns as Arrow types, then `attributes` (JSON text or null)."""
        typed = [(column.name, ARROW_TYPES[column.kind]) for column in self.columns]
        return pa.schema([*typed, (ATTRIBUTES, pa.string())])

    @property
    def raw_schema(self) -> pa.Schema:
        """What the lake stores: the typed columns and the origin of each row."""
        origin = [
            pa.field("batch_id", pa.int64()),
            pa.field("file_path", pa.string()),
            pa.field("line_number", pa.int64()),
            pa.field("content_hash", pa.string()),
        ]
        return pa.schema([*self.typed_schema, *origin])


def _required(
    name: str, kind: Kind = "text", *, minimum: int | None = None, starts_days: bool = False
) -> Column:
    return Column(name, kind, required=True, minimum=minimum, starts_days=starts_days)


_SOURCE = Column("source", default="native")

_GENERATION_EVENTS = Feed(
    name="generation_events",
    key=("source", "event_id"),
    columns=(
        _required("event_id"),
        _required("occurred_at", "instant"),
        _required("workspace_id"),
        Column("member_id", missing=NO_ID),
        Column("product_id", missing=NO_ID),
        _required("generation_type"),
        _required("credits", "credits", minimum=0),
        Column("request_id"),
        Column("revision", "integer", default=0),
        _SOURCE,
        Column(
            "status",
            accepted=("succeeded", "failed", "cancelled", "timed_out", "blocked"),
            default="succeeded",
        ),
        Column("quality_score", "score"),
        Column("locale"),
        Column("product_category"),
        Column("ruleset_id"),
        Column("template_id"),
        Column("workflow"),
        Column("model"),
        Column("provider"),
        Column("input_tokens", "count"),
        Column("output_tokens", "count"),
        Column("latency_ms", "count"),
        Column("provider_cost", "money", minimum=0),
        Column("provider_currency"),
        Column("recorded_at", "instant"),
    ),
)

_CONTENT_OUTCOMES = Feed(
    name="content_outcomes",
    key=("source", "outcome_id"),
    columns=(
        _required("outcome_id"),
        _required("event_id"),
        _required("occurred_at", "instant"),
        Column(
            "outcome",
            required=True,
            accepted=("accepted", "edited", "published", "rejected", "discarded", "unpublished"),
        ),
        _SOURCE,
        Column("workspace_id"),
        Column("member_id"),
        Column("edit_ratio", "score"),
    ),
)

_EVENT_RETRACTIONS = Feed(
    name="event_retractions",
    key=("source", "retraction_id"),
    columns=(
        _required("retraction_id"),
        _required("event_id"),
        _required("occurred_at", "instant"),
        _SOURCE,
        Column("reason"),
    ),
)

_CREDIT_ENTRIES = Feed(
    name="credit_entries",
    key=("workspace_id", "entry_id"),
    columns=(
        _required("entry_id"),
        _required("occurred_at", "instant"),
        _required("workspace_id"),
        Column(
            "entry_type",
            required=True,
            accepted=("purchase", "grant", "refund", "adjustment", "void", "extension"),
        ),
        _required("credits", "credits"),
        # hashed as it was when the entry's id was its default, so that an old entry delivered again is equal
        Column("lot_id", hashed_as="entry_id"),
        Column("effective_at", "instant", default_from="occurred_at"),
        Column("expires_at", "instant"),
        Column("priority", "integer", default=10),
        Column("amount", "money"),
        Column("currency"),
        Column("related_event_id"),
        Column("related_source"),
        Column("plan_id"),
        Column("pack_id"),
        Column("invoice_id"),
        Column("revision", "count", default=0),
    ),
    required_rules=(
        RequiredRule("lot_id", "entry_type", "extension"),
        RequiredRule("expires_at", "entry_type", "extension"),
    ),
    sign_rules=(
        SignRule(
            column="credits",
            decided_by="entry_type",
            signs=MappingProxyType(
                {
                    "purchase": "positive",
                    "grant": "positive",
                    "refund": "positive",
                    "adjustment": "any",
                    "void": "negative",
                    "extension": "zero",
                }
            ),
        ),
    ),
)

_WORKSPACES = Feed(
    name="workspaces",
    key=("workspace_id",),
    columns=(
        _required("workspace_id"),
        Column("name"),
        Column("timezone", "timezone"),
        Column("lead_time_days", "count"),
        Column("overage_price", "money", minimum=0),
        Column("currency"),
        Column("updated_at", "instant"),
    ),
)

_MEMBERS = Feed(
    name="members",
    key=("workspace_id", "member_id"),
    columns=(
        _required("member_id"),
        _required("workspace_id"),
        Column("name"),
        Column("email"),
        Column("team"),
        Column("updated_at", "instant"),
    ),
)

_PRODUCTS = Feed(
    name="products",
    key=("workspace_id", "product_id"),
    columns=(
        _required("product_id"),
        _required("workspace_id"),
        Column("title"),
        Column("category"),
        Column("updated_at", "instant"),
    ),
)

_CREDIT_PACKS = Feed(
    name="credit_packs",
    key=("workspace_id", "pack_id"),
    columns=(
        _required("pack_id"),
        _required("workspace_id"),
        _required("credits", "credits"),
        _required("price", "money"),
        _required("currency"),
        Column("validity_days", "count", minimum=1),
        Column("updated_at", "instant"),
    ),
)

_CREDIT_PLANS = Feed(
    name="credit_plans",
    key=("workspace_id", "plan_id"),
    columns=(
        _required("workspace_id"),
        _required("plan_id"),
        _required("credits", "credits"),
        Column("interval", required=True, accepted=("day", "week", "month", "year")),
        _required("starts_on", "date", starts_days=True),
        Column("ends_on", "date"),
        Column("rollover_days", "count", default=0),
        Column("amount", "money"),
        Column("currency"),
        Column("updated_at", "instant"),
    ),
    sign_rules=(
        SignRule(
            column="credits",
            decided_by="interval",
            signs=MappingProxyType(dict.fromkeys(("day", "week", "month", "year"), "positive")),
        ),
    ),
)

# days are in UTC; valid_to is the last one, and of two rates in force the one that began later counts
_RATE_CARDS = Feed(
    name="rate_cards",
    key=("card", "model", "generation_type", "unit", "valid_from"),
    columns=(
        _required("card"),
        _required("valid_from", "date"),
        _required("unit"),
        # money: a rate of one token has more places than credits
        _required("credits_per_unit", "money", minimum=0),
        Column("model"),
        Column("generation_type"),
        Column("valid_to", "date"),
        Column("updated_at", "instant"),
    ),
)

_PROVIDER_TOTALS = Feed(
    name="provider_totals",
    key=("source", "workspace_id", "model", "currency", "period", "day"),
    columns=(
        _required("source"),
        _required("day", "date", starts_days=True),
        Column("period", accepted=("day", "month"), default="day"),
        Column("timezone", "timezone", default="UTC"),
        Column("workspace_id"),
        Column("model"),
        Column("credits", "credits"),
        Column("amount", "money"),
        Column("currency"),
        Column("revision", "integer", default=0),
    ),
    one_of=("credits", "amount"),
)

_SCOPES = ("workspace", "team", "member", "category", "generation_type", "tag")
_PERIODS = ("week", "month", "quarter", "year")
_POSITIVE: Mapping[str, Sign] = MappingProxyType(dict.fromkeys(_PERIODS, "positive"))

_BUDGETS = Feed(
    name="budgets",
    key=("workspace_id", "budget_id"),
    columns=(
        _required("budget_id"),
        _required("workspace_id"),
        Column("scope", required=True, accepted=_SCOPES),
        # of a tag its key, =, and its value
        Column("scope_id"),
        Column("period", required=True, accepted=_PERIODS),
        Column("credits", "credits"),
        Column("amount", "money"),
        Column("currency"),
        Column("starts_on", "date", starts_days=True),
        Column("ends_on", "date"),
        Column("updated_at", "instant"),
    ),
    sign_rules=(SignRule("credits", "period", _POSITIVE), SignRule("amount", "period", _POSITIVE)),
    required_rules=(
        *(RequiredRule("scope_id", "scope", scope) for scope in _SCOPES if scope != "workspace"),
        RequiredRule("currency", "amount"),
    ),
    format_rules=(FormatRule("scope_id", "scope", "tag", "[^=]+=.+", "key=value, such as project=spring"),),
    order_rules=(OrderRule("starts_on", "ends_on"),),
    one_of=("credits", "amount"),
)

FEEDS: Mapping[str, Feed] = MappingProxyType(
    {
        feed.name: feed
        for feed in (
            _GENERATION_EVENTS,
            _CONTENT_OUTCOMES,
            _EVENT_RETRACTIONS,
            _CREDIT_ENTRIES,
            _WORKSPACES,
            _MEMBERS,
            _PRODUCTS,
            _CREDIT_PACKS,
            _CREDIT_PLANS,
            _RATE_CARDS,
            _PROVIDER_TOTALS,
            _BUDGETS,
        )
    }
)
