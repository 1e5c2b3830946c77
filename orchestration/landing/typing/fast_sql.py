"""Types unambiguously valid rows fast: DuckDB SQL generated from the contract.

All other rows are left to `exact_rows`, which also gives the reasons.
"""

from collections.abc import Iterable, Set

from orchestration.landing.contract import Column, Feed, Kind

# DuckDB passes JSON numbers through double (exact only to 15 digits), drops the sign of -0 and accepts
# trailing commas; it also accepts NaN, which no pattern below matches. Text that only looks like these
# is read exactly, too. Two patterns, since RE2 is fast only where one begins with a fixed character.
_UNSAFE_NUMBER = r":\s*(?:-0\s*[,}]|-?(?:[0-9.]{16}|[0-9.]+[eE]))"
_TRAILING_COMMA = r",\s*[}\]]"

# not 2000: with an offset, its first day may be in 1999
_INSTANT = (
    "(?:200[1-9]|20[1-9][0-9]|21[0-9]{2})-[0-9]{2}-[0-9]{2}[Tt ]"
    r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?"
    "(?:[Zz]| UTC|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)"
)
_PATTERNS: dict[Kind, str] = {
    "instant": _INSTANT,
    "date": "(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}",
    "credits": r"-?[0-9]{1,12}(?:\.[0-9]{1,6}0{0,40})?",
    "money": r"-?[0-9]{1,12}(?:\.[0-9]{1,12}0{0,40})?",
    "score": r"0(?:\.[0-9]{1,17})?|1(?:\.0{1,17})?",
    "count": r"[0-9]{1,18}(?:\.0{1,20})?",
    "integer": r"-?[0-9]{1,18}(?:\.0{1,20})?",
}
_SQL_TYPES: dict[Kind, str] = {
    "text": "varchar",
    "timezone": "varchar",
    "instant": "timestamptz",
    "date": "date",
    "credits": "decimal(18, 6)",
    "money": "decimal(24, 12)",
    "score": "decimal(18, 17)",
    "count": "bigint",
    "integer": "bigint",
}
# JSON types a text column may not have; DuckDB does not return a fraction as it was written
_NOT_TEXT = ("DOUBLE", "BOOLEAN", "OBJECT", "ARRAY")


def typing_sql(feed: Feed, *, timezones: Set[str], source: str) -> str:
    """A query over `source(position, document)`: typed columns, `is_good`, `has_extras` and `content_hash`.

    Values of rows that are not `is_good` are undefined. Rows that `has_extras` (unknown columns, attributes,
    a key twice) must then be read by `exact_rows.read_extras`. The session's time zone must be UTC.
    """
    texts = [column.name for column in feed.columns if column.kind in ("text", "timezone")]
    shape = "{" + ",".join(f'"{name}":"VARCHAR"' for name in feed.names) + "}"
    typed = ", ".join(f"{_typed(column)} as {column.name}" for column in feed.columns)
    plain_texts = [f"not list_contains(text_kinds, '{kind}')" for kind in _NOT_TEXT]
    good = [
        *(_is_good(column, timezones) for column in feed.columns),
        *_sign_checks(feed),
        *_required_checks(feed),
        *_format_checks(feed),
        *(
            f"({rule.first} <= {rule.last} or {rule.first} is null or {rule.last} is null)"
            for rule in feed.order_rules
        ),
        *_one_of_checks(feed),
    ]
    return f"""
        with scanned as (
            select *, json_valid(document) and not contains(document, '\\u0000')
                and not regexp_matches(document, {_quoted(_UNSAFE_NUMBER)})
                and not regexp_matches(document, {_quoted(_TRAILING_COMMA)}) as is_safe
            from {source}
        ),
        parsed as (
            select
                position,
                is_safe,
                case when is_safe then document else '{{}}' end as plain,
                from_json(plain, {_quoted(shape)}) as found,
                json_type(plain, {_paths(texts)}) as text_kinds,
                len(json_keys(plain)) <> list_count(json_type(plain, {_paths(feed.names)})) as has_extras
            from scanned
        ),
        typed as (
            select *, {typed},
                is_safe and json_type(plain) = 'OBJECT' and {" and ".join(plain_texts)} as is_plain
            from parsed
        ),
        checked as (select *, coalesce(is_plain and {" and ".join(good)}, false) as is_good from typed),
        filled as (
            select position, is_good, has_extras, {", ".join(_filled(column) for column in feed.columns)}
            from checked
        )
        select *, {content_hash_sql(feed)} as content_hash from filled
    """


def content_hash_sql(feed: Feed) -> str:
    """The md5 of the typed content: `name=octets:value;` of each non-null column, by name.

    The lengths make it injective; omitting nulls keeps old hashes valid when a column is added.
    """
    columns = {column.name: column for column in feed.columns}
    parts = []
    for name in feed.content_names:
        hashed_as = columns[name].hashed_as
        value = f"coalesce({name}, {hashed_as})" if hashed_as else name
        text = f"cast({f'epoch_us({value})' if columns[name].kind == 'instant' else value} as varchar)"
        parts.append(
            f"case when {value} is not null then concat('{name}=', strlen({text}), ':', {text}, ';') end"
        )
    return f"md5(concat({', '.join(parts)}))"


def _typed(column: Column) -> str:
    """The typed value; null if it is missing or must be read exactly."""
    text = f"found.{column.name}"
    if column.missing:
        return f"case when not {_is_one_of(f'lower({text})', column.missing)} then nullif({text}, '') end"
    if column.kind in ("text", "timezone"):
        return f"nullif({text}, '')"
    matches = f"regexp_full_match({text}, {_quoted(_PATTERNS[column.kind])})"
    if column.kind == "instant":
        # DuckDB truncates digits beyond the microsecond, as the contract does
        text = f"upper({text})"
    if column.kind in ("count", "integer"):
        text = f"split_part({text}, '.', 1)"
    return f"case when {matches} then try_cast({text} as {_SQL_TYPES[column.kind]}) end"


def _is_good(column: Column, timezones: Set[str]) -> str:
    """Whether the value is certainly valid: typed, or missing where that is allowed."""
    name = column.name
    if column.missing:
        return "true"
    checks = [f"{name} is not null"]
    if column.accepted:
        checks.append(_is_one_of(name, column.accepted))
    if column.kind == "timezone":
        checks.append(_is_one_of(name, sorted(timezones)))
    if column.starts_days:
        checks.append(f"{name} >= date '2000-01-01'")
    if column.minimum is not None:
        checks.append(f"{name} >= {column.minimum}")
    present = " and ".join(checks)
    return f"({present})" if column.required else f"(nullif(found.{name}, '') is null or ({present}))"


def _sign_checks(feed: Feed) -> list[str]:
    tests = {"positive": "> 0", "negative": "< 0", "any": "is not null", "zero": "= 0"}
    return [
        f"case {rule.decided_by} "
        + " ".join(
            f"when {_quoted(value)} then {_or_missing(feed, rule.column)}{rule.column} {tests[sign]}"
            for value, sign in rule.signs.items()
        )
        + " end"
        for rule in feed.sign_rules
    ]


def _required_checks(feed: Feed) -> list[str]:
    return [
        f"({rule.decided_by} is null or {rule.column} is not null)"
        if rule.value is None
        else f"({rule.decided_by} <> {_quoted(rule.value)} or {rule.column} is not null)"
        for rule in feed.required_rules
    ]


def _format_checks(feed: Feed) -> list[str]:
    return [
        f"({rule.decided_by} <> {_quoted(rule.value)} or {rule.column} is null"
        f" or regexp_full_match({rule.column}, {_quoted(rule.pattern)}, 's'))"
        for rule in feed.format_rules
    ]


def _or_missing(feed: Feed, name: str) -> str:
    """Where a number may be missing, it has no sign."""
    return f"{name} is null or " if name in feed.one_of else ""


def _one_of_checks(feed: Feed) -> list[str]:
    filled = [f"cast({name} is not null as integer)" for name in feed.one_of]
    return [f"{' + '.join(filled)} = 1"] if filled else []


def _filled(column: Column) -> str:
    """The value, or the contract's default where it is missing."""
    if column.default_from:
        return f"coalesce({column.name}, {column.default_from}) as {column.name}"
    if column.default is None:
        return column.name
    default = column.default if isinstance(column.default, int) else _quoted(column.default)
    return f"coalesce({column.name}, {default}) as {column.name}"


def _is_one_of(name: str, values: Iterable[str]) -> str:
    return f"{name} in ({', '.join(map(_quoted, values))})"


def _paths(names: Iterable[str]) -> str:
    return "[" + ", ".join(f"'$.{name}'" for name in names) + "]"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
