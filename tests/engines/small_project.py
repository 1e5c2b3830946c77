"""A small dbt project with the macros of the real one, to test each macro on an engine.

The expected values are here once, for every engine.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from dbt.cli.main import dbtRunner
from support.product import REPO

MACROS = REPO / "dbt_project" / "macros"
_INSTANT = "cast('2026-03-29 00:59:59.999999' as timestamp)"
_LAST = "cast('9999-12-31 20:00:00' as timestamp)"
_DAY = "cast('2026-02-28' as date)"
_NO_DAY = "cast(null as date)"
_ATTRIBUTES = '\'{"a.b":"x y","n":null,"o":{"k":[1]},"t":true,"é":1.50}\''
# an instant as the lake stores it, from text with an offset: the engines name that type differently
STORED = {
    "duckdb": "cast('2026-03-29 02:59:59.999999+02:00' as timestamptz)",
    "spark": "cast('2026-03-29 02:59:59.999999+02:00' as timestamp)",
}
# of the last month, of the last year, and older
LAKE_DAYS = ("2026-03-29", "2025-08-01", "2024-01-01", "0001-01-01")
# a call of a macro, and its value as text; None is null
EXPECTED: dict[str, str | None] = {
    "utc_timestamp(stored)": "2026-03-29 00:59:59.999999",
    f"local_date({_INSTANT!r}, \"'Europe/Berlin'\")": "2026-03-29",
    f"local_date({_INSTANT!r}, \"'America/New_York'\")": "2026-03-28",
    f"local_date({_LAST!r}, \"'Pacific/Apia'\")": "9999-12-31",
    "local_date('cast(null as timestamp)', \"'UTC'\")": None,
    # the second before the clocks go forward
    f"local_time({_INSTANT!r}, \"'Europe/Berlin'\")": "2026-03-29 01:59:59.999999",
    f"local_time({_INSTANT!r}, \"'Asia/Kolkata'\")": "2026-03-29 06:29:59.999999",
    f"epoch_micros({_INSTANT!r})": "1774745999999999",
    f"just_before({_INSTANT!r})": "2026-03-29 00:59:59.999998",
    f"next_day({_DAY!r})": "2026-03-01",
    "next_day(\"cast('9999-12-31' as date)\")": "9999-12-31",
    f"next_day({_NO_DAY!r})": None,
    f"add_days({_DAY!r}, 2)": "2026-03-02",
    f"add_days({_DAY!r}, -59)": "2025-12-31",
    "add_days(\"cast('9999-12-30' as date)\", 2)": "9999-12-31",
    "add_days(\"cast('0001-01-02' as date)\", -2)": "0001-01-01",
    f"days_later({_DAY!r}, 2)": "2026-03-02",
    "months_later(\"cast('2026-01-31' as date)\", 1)": "2026-02-28",
    "cost_of('1.5', '0.052500000001')": "0.078750000001500000",
    f"days_between({_DAY!r}, \"cast('2028-03-01' as date)\")": "732",
    # attributes are JSON with sorted keys and without blanks
    **{
        f"attribute_text({_ATTRIBUTES!r}, {key!r})": value
        for key, value in {
            "a.b": "x y",
            "é": "1.5",
            "n": None,
            "missing": None,
            "t": "true",
            "o": '{"k":[1]}',
        }.items()
    },
    # the values of tags may be any text
    "json_object(\"'a.b', 'x, ' || chr(34) || 'y' || chr(34), 'c', 'é'\")": r'{"a.b":"x, \"y\"","c":"é"}',
    "whole_number('cast(12 as decimal(38, 6))')": "12",
    # beyond 64 bits, and rounded down
    "whole_quotient(whole_number('9999999999999999999999'), whole_number('7'))": "1428571428571428571428",
    "whole_quotient(whole_number('1'), 'nullif(' ~ whole_number('0') ~ ', 0)')": None,
    "from_steps('cast(1234567890123456789012345 as decimal(38, 0))')": "1234567890123.456789012345",
    # a plain division gives ...666 or ...667 by floating point
    "exact_ratio('cast(2 as decimal(38, 6))', '3')": "0.666666666667",
    "exact_ratio('cast(98765432109876.543211 as decimal(38, 6))', '10')": "9876543210987.654321100000",
    "exact_ratio('1', '0')": None,
    "score_steps('cast(0.12345678901234567 as decimal(18, 17))')": "12345678901234567",
    "score_steps('cast(1 as decimal(18, 17))')": "100000000000000000",
    "score_steps('cast(null as decimal(18, 17))')": None,
    "attempt_score_parts('cast(200000000000000001 as decimal(38, 0))', '1')": "46558512000000000232792560",
    "attempt_score_parts('cast(200000000000000001 as decimal(38, 0))', '3')": "15519504000000000077597520",
    "mean_score('cast(46558512000000000232792560 as decimal(38, 0))', '3')": "0.666666666667",
    'stable_id(["\'a;b\'", "cast(null as string)", "\'é\'"])': "a7fc2b8985679127c734aac3672aa1ac",
    "hash_of([\"'a'\", '1']) ~ ' = ' ~ hash_of([\"'a'\", '1'])": "true",
    "hash_of([\"'a'\", '1']) ~ ' = ' ~ hash_of([\"'b'\", '1'])": "false",
    # of 1, 2, 4 and 8, each row that is looked for once, however old
    "'(select sum(row_id) from (' ~ lake_rows(lake, found) ~ ') as read)'": "7",
    # composed, in lower case, without blanks at its ends (one of them unbreakable) and without .0
    "look_of(\"'\u00a0 JOSE\u0301 M. '\")": "jos\u00e9 m.",
    "look_of(\"'\u0e01\u0e33 x'\")": "\u0e01\u0e33 x",
    "look_of(\"'1.00 '\")": "1",
    "look_of(\"'01'\")": "01",
    "look_of(\"'v1.0'\")": "v1.0",
    "look_of('cast(null as string)')": None,
    "unit_key([\"'a'\"]) ~ ' = ' ~ unit_key([\"'a'\"])": "true",
    "unit_key([\"'a'\", \"'b'\"]) ~ ' = ' ~ unit_key([\"'b'\", \"'a'\"])": "false",
}
# the days of a table, the removed rows, and the expected ones; a row whose condition is null stays
DAYS = ("2026-01-01", "2026-01-02", "2026-01-03")
REMOVED = "number in (select 1 as number union all select 2 union all select 4) or nullif(number, 3) < 0"
LEFT = [(3, "2026-01-02"), (5, "2026-01-03"), (6, "2026-01-03"), (7, "2026-01-04")]


def calls() -> set[str]:
    """The names of the called macros."""
    return {name for call in EXPECTED for name in re.findall(r"(\w+)\(", call)}


def dispatched() -> dict[str, set[str]]:
    """Each macro that differs between engines, with the engines that have one."""
    found: dict[str, set[str]] = {}
    for file in sorted((MACROS / "engine").glob("*.sql")):
        for engine, name in re.findall(r"{%\s*macro (default|spark)__(\w+)\(", file.read_text()):
            found.setdefault(name, set()).add(engine)
    return found


def lake_of(target: str, rows: int) -> str:
    """SQL: the first rows of a feed of the lake."""
    return " union all ".join(
        f"select {2**number} as row_id, {STORED[target].replace('2026-03-29', day)} as occurred_at"
        for number, day in enumerate(LAKE_DAYS[:rows])
    )


def write_project(folder: Path, *, target: str) -> Path:
    """A project with the real macros, and models for two runs."""
    shutil.copytree(MACROS, folder / "macros")
    (folder / "models").mkdir()
    (folder / "dbt_project.yml").write_text(
        "name: credits\nversion: 1.0.0\nprofile: credits\n"
        "flags:\n  send_anonymous_usage_stats: false\n"
        "vars:\n  since_batch: 1\n  as_of: '2026-04-07'\n"
        "models:\n  credits:\n    +schema: facts\n    +materialized: table\n    +file_format: parquet\n"
    )
    columns = ",\n".join(
        f"    cast({{{{ {call} }}}} as string) as c{number}" for number, call in enumerate(EXPECTED)
    )
    (folder / "models" / "expressions.sql").write_text(
        f'{{% set stored = "{STORED[target]}" %}}\n'
        f'{{% set lake, found = "({lake_of(target, 4)})", "({lake_of(target, 3)})" %}}\n'
        f"select\n{columns}\n"
    )
    rows = [
        f"select {number} as number, cast('{DAYS[(number - 1) // 2]}' as date) as day"
        for number in range(1, 7)
    ]
    first, more = " union all ".join(rows), "select 7 as number, cast('2026-01-04' as date) as day"
    for name, partition in (("by_day", "partition_by='day',"), ("whole", "")):
        (folder / "models" / f"{name}.sql").write_text(
            "{{ config(materialized='incremental', incremental_strategy='append', "
            + partition
            + f" pre_hook=\"{{{{ remove_rows('{REMOVED}') }}}}\") }}}}\n"
            + "{% if is_incremental() %}"
            + more
            + "{% else %}"
            + first
            + "{% endif %}\n"
        )
    return folder


def run_twice(project: Path, *, target: str, environment: dict[str, str]) -> None:
    """Do two runs: the second removes rows and adds one."""
    folders = ["--project-dir", str(project), "--profiles-dir", str(REPO / "dbt_project")]
    quiet = ["--log-level", "none", "--log-level-file", "none"]
    with pytest.MonkeyPatch.context() as patched:
        for name, value in environment.items():
            patched.setenv(name, value)
        for _ in range(2):
            done = dbtRunner().invoke(["run", "--target", target, *folders, *quiet])
            assert done.success, done.exception or done.result
