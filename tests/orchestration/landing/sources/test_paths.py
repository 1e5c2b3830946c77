"""Paths are read to keys, and file patterns to expressions that Python and DuckDB read alike."""

import re

import duckdb
import pytest

from orchestration.landing.sources.paths import Path, file_pattern, read_path


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a", Path(0, ("a",))),
        ("a.b.c", Path(0, ("a", "b", "c"))),
        ("a b-c", Path(0, ("a b-c",))),
        ('"a.b".c', Path(0, ("a.b", "c"))),
        ('"a\\"b\\\\"', Path(0, ('a"b\\',))),
        ('""', Path(0, ("",))),
        ("a[0][12].b", Path(0, ("a", "0", "12", "b"))),
        ('"a[0]"[1]', Path(0, ("a[0]", "1"))),
        ("^^a", Path(2, ("a",))),
        ("@a.b", Path(0, (), "a.b")),
        ("^@a", Path(1, (), "a")),
        (".", Path(0, ())),
        ("^.", Path(1, ())),
    ],
)
def test_a_path_is_read(text: str, path: Path) -> None:
    assert read_path(text) == path


@pytest.mark.parametrize("text", ["", "a.", ".a", "a..b", "a[", "a[x]", "a[-1]", "a]", '"a', "@", "^"])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write"):
        read_path(text)


def test_no_key_can_be_mistaken_for_syntax() -> None:
    assert Path(0, ("a/b", "~1", "*", "$.x", "")).pointer == "/a~1b/~01/*/$.x/"


@pytest.mark.parametrize(
    ("pattern", "matched", "others"),
    [
        ("**", ["a.csv", "b/c/d.json", "a\nb"], []),
        ("*.csv", ["a.csv"], ["b/a.csv", "acsv", "a.csv2"]),
        ("**/*.csv", ["a.csv", "b/c/a.csv"], ["a.json"]),
        ("old/**", ["old/a", "old/b/c"], ["older/a", "old"]),
        ("a?.j", ["ab.j"], ["a/.j", "a.j"]),
        ("[a](b)+{c}|d^e$.x", ["[a](b)+{c}|d^e$.x"], ["a"]),
        ("né'm.csv", ["né'm.csv"], []),
    ],
)
def test_a_pattern_matches_alike_in_python_and_duckdb(
    pattern: str, matched: list[str], others: list[str]
) -> None:
    expression = file_pattern(pattern)
    for text in matched + others:
        assert bool(re.fullmatch(expression, text)) == (text in matched)
        (found,) = duckdb.sql("select regexp_full_match($1, $2)", params=[text, expression]).fetchall()
        assert found == (text in matched,)
