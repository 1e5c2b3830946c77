"""A mapping is checked to the line: the file, the verb, the problem and what was probably meant.

Not here: what the verbs do (test_engine).
"""

import re
from pathlib import Path

import pytest

from orchestration.landing.sources.language import Condition, FeedMapping, Join, Rate, Reads, Refusal, Value
from orchestration.landing.sources.mapping import (
    Mapping,
    MappingError,
    mapping_from,
    read_mapping,
    shipped,
)

GOOD = """\
feeds:
  members:
    member_id: id
    workspace_id: {const: w1}
"""


def read(text: str) -> Mapping:
    return mapping_from(text, name="crm", shown_as="crm/mapping.yml")


def fault(text: str) -> str:
    with pytest.raises(MappingError) as error:
        read(text)
    return str(error.value)


def with_column(line: str) -> str:
    return GOOD + f"    {line}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("feeds: [", "crm/mapping.yml:1: it is not YAML"),
        ("- a\n", "crm/mapping.yml:1: a mapping is verbs with values"),
        ("", "a mapping is verbs with values"),
        (GOOD + GOOD, "crm/mapping.yml:5: the key 'feeds' is written twice; keep one"),
        ("a: &x 1\nb: *x\n", "crm/mapping.yml:1: anchors and aliases are not supported"),
        (
            "a: !!python/name:os.system x\n",
            "the tag tag:yaml.org,2002:python/name:os.system is not supported",
        ),
        ('a: "\\0"\n', ":1: a text holds NUL or half of a surrogate pair"),
        ('a:\n  "\\ud800": b\n', ":2: a text holds NUL or half of a surrogate pair"),
        ("reads: {}\n", "no feed is mapped"),
        ("raeds: {}\n" + GOOD, ":1: raeds: 'raeds' is not a verb here (did you mean reads?)"),
        ("reads: {nul: [a]}\n" + GOOD, ":1: reads.nul: 'nul' is not a verb here (did you mean null?)"),
        ("reads: {format: xml}\n" + GOOD, "found 'xml'"),
        (GOOD.replace("members", "member"), "'member' is not a feed (did you mean members?)"),
        (with_column("nmae: x"), ":5: feeds.members.nmae: 'nmae' is neither a column of members nor a verb"),
        (with_column("nmae: x"), "(did you mean name?)"),
        (with_column("name: {pth: x}"), "'pth' is not a verb here (did you mean path?)"),
        (with_column("name: {path: x, const: y}"), "path and const are written together"),
        (with_column("name: {null_if: [x]}"), "says not where the value is; write one of path, const"),
        (with_column("name: {tag: 'a:'}"), "tag and in go together"),
        (with_column("name: a..b"), "the path 'a..b' cannot be read at character 3"),
        (with_column("name: '@'"), "names no attribute after @"),
        (with_column("name: {path: x, zone: UTC}"), "zone is for times, and name is text"),
        (with_column("updated_at: {path: x, zone: Berlin}"), "'Berlin' is not a time zone"),
        (with_column("updated_at: {path: x, zone: Europe/Berln}"), "(did you mean Europe/Berlin?)"),
        (with_column("updated_at: {path: x, format: '%d.%q'}"), "%q is not a part of a time"),
        (with_column("updated_at: {path: x, format: '%d.%m.%Y'}"), "format has no %z; declare the zone"),
        (with_column("updated_at: {path: x, day: true}"), "day needs zone"),
        (with_column("updated_at: {path: x, epoch: min}"), "found 'min'"),
        (with_column("updated_at: {path: x, epoch: s, day: true}"), "epoch goes with neither format nor day"),
        (with_column("name: {path: x, places: 2}"), "places is for numbers, and name is text"),
        (GOOD.replace("    member_id: id\n", ""), ":2: feeds.members: members needs member_id; say where"),
        (with_column("where: {a: {is: b}}"), "'is' is not a verb here"),
        (with_column("where: {a: {}}"), "says nothing; write one of equals, in"),
        (with_column("keep: [a..b]"), "cannot be read"),
        ("join: {t: {files: 't*', on: {a: b, c: d}}}\n" + GOOD, "join.t.on"),
        ("refuse: [{where: {a: null}, reason: x}]\n" + GOOD, "remedy is missing; add it"),
        (
            "feeds:\n  members:\n  - {member_id: a, workspace_id: b}\n  - member_id: a\n    nmae: c\n",
            ":5: feeds.members.1.nmae: 'nmae' is neither",
        ),
        (
            "feeds:\n  members:\n  - {member_id: a, workspace_id: b}\n  - member_id: a\n    name: {pth: c}\n",
            ":5: feeds.members.1.name.pth: 'pth' is not a verb",
        ),
        (with_column("name: ^x"), "'^x' leaves 1 exploded arrays, and there are 0"),
        (with_column("name: '@x'"), "'@x' is an attribute; say under attributes: where"),
        ("join: {t: {files: 't*'}}\n" + GOOD, "on is missing; add it"),
    ],
)
def test_an_error_names_the_line_and_the_remedy(text: str, said: str) -> None:
    message = fault(text)
    assert said in message
    assert "\n" not in message


RATED = """\
feeds:
  generation_events:
    event_id: id
    occurred_at: {path: at, zone: UTC}
    workspace_id: w
    generation_type: g
    credits: %s
"""


@pytest.mark.parametrize(
    ("credits", "said"),
    [
        ("{rate: {of: cost}}", ":7: feeds.generation_events.credits.rate: card is missing; add it"),
        ("{rate: {card: c}}", "needs of, the path of the amount"),
        ("{rate: {card: c, unit: tokens, of: cost}}", "unit tokens takes no of"),
        ("{rate: {card: c, of: x, tokens: {input_token: a}}}", "tokens needs unit: tokens"),
        ("{first: [{rate: {card: c, of: x}}]}", "rate is written inside another value"),
        ("{rate: {card: c, of: x, factor: 3}}", "'factor' is not a verb here"),
        ("{path: x, decimal: 'x'}", "'x' separates no digits"),
        ("{path: x, decimal: ',', thousands: ','}", "decimal and thousands are the same character"),
    ],
)
def test_an_amount_is_checked(credits: str, said: str) -> None:
    assert said in fault(RATED % credits)


def test_unit_tokens_needs_columns_of_tokens() -> None:
    said = (
        "unit tokens needs the columns input_tokens and output_tokens, or tokens: with a path for each unit"
    )
    assert said in fault(RATED % "{rate: {card: c, unit: tokens}}")


def test_scalars_are_the_texts_that_were_written() -> None:
    mapping = read(with_column("name: {const: 1.10}\n    team: {const: no}\n    email: {const: 2026-01-01}"))
    columns = mapping.feeds["members"].columns
    assert [columns[name].const for name in ("name", "team", "email")] == ["1.10", "no", "2026-01-01"]


def test_the_fingerprint_is_of_the_meaning() -> None:
    same = "# a comment\nfeeds:\n    members: {workspace_id: {const: w1}, member_id: {path: id}}\n"
    assert read(GOOD).fingerprint == read(same).fingerprint
    assert read(GOOD).fingerprint != read(GOOD.replace("w1", "w2")).fingerprint
    assert read(GOOD).fingerprint != mapping_from(GOOD, name="erp", shown_as="x").fingerprint


def test_the_cards_are_those_of_all_rates() -> None:
    assert read(RATED % "{rate: {card: usd_to_credits, of: cost}}").cards == {"usd_to_credits"}
    assert read(GOOD).cards == frozenset()


def test_a_file_that_is_not_utf_8_or_too_long_or_missing_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "mapping.yml"
    with pytest.raises(MappingError, match="cannot be read"):
        read_mapping(file, name="crm")
    file.write_bytes(b"\xff")
    with pytest.raises(MappingError, match="is not UTF-8"):
        read_mapping(file, name="crm")
    file.write_text("#" * 300_000)
    with pytest.raises(MappingError, match="has 300000 bytes"):
        read_mapping(file, name="crm")
    file.write_text("\ufeff" + GOOD, encoding="utf-8")
    assert read_mapping(file, name="crm").name == "crm"


def test_deep_nesting_is_an_error_of_the_mapping() -> None:
    assert "it nests deeper than 50 levels" in fault("a: " + "[" * 5000 + "]" * 5000)


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_shipped_mapping_can_be_read(name: str) -> None:
    assert read_mapping(shipped()[name], name=name).all_feeds


def test_the_examples_of_the_document_can_be_read() -> None:
    text = (Path(__file__).parents[4] / "docs/sources/mapping.md").read_text(encoding="utf-8")
    examples = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert len(examples) == 5
    for example in examples:
        assert read(example).all_feeds


def test_the_document_names_every_verb() -> None:
    text = (Path(__file__).parents[4] / "docs/sources/mapping.md").read_text(encoding="utf-8")
    models = (Mapping, Reads, FeedMapping, Join, Rate, Refusal, Condition, Value)
    verbs = {field.alias or name for model in models for name, field in model.model_fields.items()}
    verbs -= {"name", "columns", "also", "id"}  # not written, or written as a value
    assert sorted(verb for verb in verbs if not re.search(rf"\b{verb}\b", text)) == []
