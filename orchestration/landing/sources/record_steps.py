"""Writes the steps of a query that open source records: exploded, parsed, joined, filtered, looked into.

What becomes of the values is in `feed_query`. Names and values of a mapping become quoted literals.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from orchestration.landing.sources.language import Condition, FeedMapping, Mapping
from orchestration.landing.sources.paths import Path, file_pattern, read_path

_SCALARS = '"stringValue":"VARCHAR","intValue":"VARCHAR","doubleValue":"VARCHAR","boolValue":"VARCHAR"'
_PAIRS = f'[{{"key":"VARCHAR","value":{{{_SCALARS},"arrayValue":{{"values":[{{{_SCALARS}}}]}}}}}}]'

_COLUMN = re.compile(r"\bx[0-9]+\b")

_Step = Callable[[str], str]
_Place = tuple[int | str, tuple[str, ...]]


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def exact_members_sql(text: str, keys: Iterable[str]) -> str:
    """The JSON text in which long numbers of these keys are texts, since DuckDB reads numbers as doubles.

    A quote in a JSON text is escaped, so that a key in quotes before a colon is always a key.
    """
    for key in keys:
        written = json.dumps(key, ensure_ascii=False)[1:-1]
        escaped = json.dumps(key)[1:-1]
        name = "|".join(dict.fromkeys((re.escape(written), re.escape(escaped))))
        pattern = rf'("(?:{name})"\s*:\s*)(-?[0-9.]{{16}}[0-9.eE+-]*)'
        text = f"regexp_replace({text}, {quoted(pattern)}, '\\1\"\\2\"', 'g')"
    return text


class RecordSteps:
    """The steps over `given(position, record, occurrence, file_path)` and `joined(record, file_path)`.

    Attributes:
        ordinals: the columns that number the elements of exploded arrays.
        broken: columns that hold a text which should have been JSON.
    """

    def __init__(self, mapping: Mapping, feed: FeedMapping, *, is_filtered: bool = True) -> None:
        self._mapping = mapping
        self._feed = feed
        self._steps: list[_Step] = []
        # those of them that look into a document
        self._documents: list[_Step] = []
        # columns to add to the last step, each layer from those before it: few steps are planned fast
        self._layers: list[dict[str, str]] = []
        self._columns = 0
        self._texts: dict[str, dict[str, int]] = {}
        self._values: dict[str, dict[str, int]] = {}
        self._added: dict[str, str] = {}
        # the keys of numbers in a column of JSON; an exploded level has those of the column it is from
        self._numbers: dict[str, dict[str, None]] = {}
        # the column of each exploded level, and of each JSON text parsed in it or joined to it
        self._levels: list[str] = []
        self._parsed: dict[_Place, str] = {}
        self.ordinals: list[str] = []
        self.broken: list[str] = []
        self._open()
        if is_filtered:
            self.filter(mapping.where)
            for path in feed.explode:
                self._explode(path)
            self.filter(feed.where)

    def select(self, columns: str) -> str:
        """The whole query."""
        self._close_layers()
        parts = []
        for number, step in enumerate(self._steps):
            # else DuckDB looks into the document again for each condition and column that needs it
            kept = "materialized " if step in self._documents else ""
            parts.append(f"s{number} as {kept}({step(f's{number - 1}')})")
        return f"with {', '.join(parts)} select {columns} from s{len(self._steps) - 1}"

    def add(self, sql: str) -> str:
        """A column with the result of an expression, calculated once."""
        if sql not in self._added:
            name = self._added[sql] = self._new_name()
            needed = set(_COLUMN.findall(sql))
            above = [number for number, layer in enumerate(self._layers, 1) if needed & layer.keys()]
            layer = max(above, default=0)
            if layer == len(self._layers):
                self._layers.append({})
            self._layers[layer][name] = sql
        return self._added[sql]

    def text(self, path: str, *, is_number: bool = False) -> str:
        """A column with the text of a value, null where it is missing; of a number, to its last digit."""
        place = read_path(path)
        if is_number:
            self._keep_digits(place)
        found = self._attribute(place) if place.attribute else self._scalar_in(*self._find(place))
        return self.add(null_if(found, ["", *(text for text in self._mapping.reads.null if text)]))

    def json(self, path: str) -> str:
        """An expression with the JSON of a value, null where it is missing."""
        place = read_path(path)
        if place.attribute is not None:
            return self._attribute_json(place)
        return null_if(self._json_in(*self._find(place)), self._missing_json)

    @property
    def _missing_json(self) -> list[str]:
        texts = ["", *(text for text in self._mapping.reads.null if text)]
        return ["null", *(json.dumps(text, ensure_ascii=False) for text in texts)]

    # from records to the elements that are rows

    def _open(self) -> None:
        is_read = [self._is_file(self._feed.files or self._mapping.reads.files)]
        if not self._feed.files:
            is_read += [f"not {self._is_file(join.files)}" for join in self._mapping.join.values()]
        self._step(lambda _: f"select * from given where {' and '.join(is_read)}")
        self._levels.append(self._document(self._exact("record")))
        for path in self._mapping.explode:
            self._explode(path)
        self._parse(len(self._levels) - 1, self._mapping.parse)
        for name in self._mapping.join:
            self._join(name)

    def _explode(self, path: str) -> None:
        document, pointer = self._find(read_path(path.removesuffix("?")), inside=True)
        text = self._text_in(document, pointer)
        array = f"case when left({text}, 1) = '[' then json_extract({text}, '$[*]')::varchar[] end"
        if path.endswith("?"):
            array = f"coalesce({array}, [{self._levels[-1]}])"
        column = self.add(array)
        level, ordinal = self._new_name(), self._new_name()
        self._step(
            lambda last: (
                f"select *, unnest({column}) as {level}, "
                f"generate_subscripts({column}, 1) as {ordinal} from {last}"
            )
        )
        self._numbers[level] = self._numbers[document]
        self._levels.append(self._document(level))
        self.ordinals.append(ordinal)

    def _parse(self, level: int | str, paths: Iterable[str]) -> None:
        """Make the JSON in texts reachable, outer ones first."""
        for path in sorted(map(read_path, paths), key=lambda path: len(path.keys)):
            at = max(level - path.up, 0) if isinstance(level, int) else level
            text = self.add(f"ltrim({self._text_in(*self._within(at, path.keys))})")
            is_json = f"json_valid({text})"
            looks_so = f"left({text}, 1) in ('{{', '[')"
            self.broken.append(self.add(f"case when {looks_so} and not {is_json} then {text} end"))
            parsed = self._exact(self.add(f"case when {looks_so} and {is_json} then {text} end"))
            self._parsed[(at, path.keys)] = self._document(parsed)

    def _join(self, name: str) -> None:
        join = self._mapping.join[name]
        ((theirs, ours),) = join.on.items()
        key, column = self.text(ours), self._new_name()

        def other(path: str | None) -> str:
            return (
                f"coalesce(json_extract_string(record, {quoted(read_path(path).pointer)}), '')"
                if path
                else "''"
            )

        # the text itself decides where `newest` does not, so that the order of files does not matter
        order = f"{other(join.newest)} || chr(0) || record"
        found = (
            f"select {other(theirs)} as join_key, max_by(record, {order}) as {column} "
            f"from joined where {self._is_file(join.files)} group by join_key"
        )
        self._step(
            lambda last: (
                f"select {last}.*, {column} from {last} left join ({found}) as found on join_key = {key}"
            )
        )
        self._parsed[(name, ())] = self._document(self._exact(column))
        self._parse(name, join.parse)

    def filter(self, conditions: dict[str, Condition]) -> None:
        """Leave out the elements that do not meet the conditions."""
        for path, condition in conditions.items():
            tests = " and ".join(_tests(self.text(path), condition))
            self._step(lambda last, tests=tests: f"select * from {last} where {tests}")  # type: ignore[misc]

    def _is_file(self, patterns: Sequence[str]) -> str:
        below = "regexp_replace(file_path, '^[^/]*/', '')"
        tests = [f"regexp_full_match({below}, {quoted(file_pattern(pattern))})" for pattern in patterns]
        return f"({' or '.join(tests)})"

    # values in documents

    def _exact(self, column: str) -> str:
        """A column of JSON in which the numbers asked for are texts."""
        name = self._new_name()
        keys = self._numbers[name] = {}
        self._step(lambda last: f"select *, {exact_members_sql(column, keys)} as {name} from {last}")
        return name

    def _keep_digits(self, path: Path) -> None:
        if path.attribute is None:
            self._numbers[self._find(path)[0]].update(dict.fromkeys(path.keys[-1:]))
            return
        for place in self._attribute_lists(path):
            keys = dict.fromkeys(["doubleValue", path.attribute])
            self._numbers[self._find(place, inside=True)[0]].update(keys)

    def _document(self, column: str) -> str:
        """Look into a column of JSON once for all paths that will be asked for."""
        texts = self._texts[column] = {}
        values = self._values[column] = {}

        def step(last: str) -> str:
            found = [
                f", {function}({column}, [{', '.join(map(quoted, pointers))}]) as {column}_{kind}"
                for function, pointers, kind in (
                    ("json_extract_string", texts, "texts"),
                    ("json_extract", values, "values"),
                )
                if pointers
            ]
            return f"select *{''.join(found)} from {last}"

        self._step(step)
        self._documents.append(step)
        return column

    def _text_in(self, document: str, pointer: str) -> str:
        if not pointer:
            return document
        pointers = self._texts[document]
        return f"{document}_texts[{pointers.setdefault(pointer, len(pointers)) + 1}]"

    def _scalar_in(self, document: str, pointer: str) -> str:
        return self._text_in(document, pointer) if pointer else f"json_extract_string({document}, '$')"

    def _json_in(self, document: str, pointer: str) -> str:
        if not pointer:
            return document
        pointers = self._values[document]
        return f"{document}_values[{pointers.setdefault(pointer, len(pointers)) + 1}]::varchar"

    def _find(self, path: Path, *, inside: bool = False) -> tuple[str, str]:
        """The column that holds a path's document, and the pointer within it."""
        if not path.up and path.keys and path.keys[0] in self._mapping.join:
            return self._within(path.keys[0], path.keys[1:], inside=inside)
        return self._within(max(len(self._levels) - 1 - path.up, 0), path.keys, inside=inside)

    def _within(self, level: int | str, keys: tuple[str, ...], *, inside: bool = False) -> tuple[str, str]:
        for end in range(len(keys) - (not inside and isinstance(level, int)), -1, -1):
            if document := self._parsed.get((level, keys[:end])):
                return document, Path(0, keys[end:]).pointer
        return self._levels[level] if isinstance(level, int) else "", Path(0, keys).pointer

    def _attribute(self, path: Path) -> str:
        """The text of an attribute; of an array, its JSON."""
        found = []
        for scalar, array, member in self._attributes(path):
            found += [scalar, array, self._text_in(*member)]
        return f"coalesce({', '.join(found)})" if found else "null::varchar"

    def _attribute_json(self, path: Path) -> str:
        """The JSON of an attribute."""
        found = []
        for scalar, array, member in self._attributes(path):
            found += [f"to_json({scalar})::varchar", array, self._json_in(*member)]
        return null_if(f"coalesce({', '.join(found)})", self._missing_json) if found else "null::varchar"

    def _attributes(self, path: Path) -> Iterator[tuple[str, str, tuple[str, str]]]:
        """Where an attribute may be: a text or an array in OTLP's lists, or a member of an object."""
        name = path.attribute or ""
        for place in self._attribute_lists(path):
            document, pointer = self._find(place, inside=True)
            text = self.add(self._text_in(document, pointer))
            pairs = self.add(f"case when left({text}, 1) = '[' then from_json({text}, {quoted(_PAIRS)}) end")
            names = self.add(f"list_transform({pairs}, lambda pair: pair.key)")
            value = self.add(f"{pairs}[list_position({names}, {quoted(name)})].value")
            items = f"list_transform({value}.arrayValue.values, lambda item: {_scalar('item')})"
            member = (document, pointer + Path(0, (name,)).pointer)
            yield _scalar(value), f"to_json({items})::varchar", member

    def _attribute_lists(self, path: Path) -> list[Path]:
        lists = self._mapping.attributes if self._feed.attributes is None else self._feed.attributes
        return [read_path("^" * path.up + place) for place in lists]

    def _step(self, step: _Step) -> None:
        self._close_layers()
        self._steps.append(step)

    def _close_layers(self) -> None:
        for layer in self._layers:
            listed = ", ".join(f"{sql} as {name}" for name, sql in layer.items())
            self._steps.append(lambda last, listed=listed: f"select *, {listed} from {last}")  # type: ignore[misc]
        self._layers = []

    def _new_name(self) -> str:
        self._columns += 1
        return f"x{self._columns}"


def null_if(text: str, missing: Iterable[str]) -> str:
    """An expression that is null for each of the texts."""
    for value in dict.fromkeys(missing):
        text = f"nullif({text}, {quoted(value)})"
    return text


def _scalar(value: str) -> str:
    return f"coalesce({value}.stringValue, {value}.intValue, {value}.doubleValue, {value}.boolValue)"


def _tests(text: str, condition: Condition) -> list[str]:
    """What must hold of a text; one that is missing is in no list."""
    tests = []
    if condition.equals is not None:
        tests.append(f"{text} is not distinct from {quoted(condition.equals)}")
    if condition.in_ is not None:
        tests.append(f"coalesce({text} in ({', '.join(map(quoted, condition.in_))}), false)")
    if condition.not_in is not None:
        tests.append(f"coalesce({text} not in ({', '.join(map(quoted, condition.not_in))}), true)")
    for wanted, missing in ((condition.is_missing, True), (condition.exists, False)):
        if wanted is not None:
            tests.append(f"{text} is {'null' if wanted == missing else 'not null'}")
    return tests
