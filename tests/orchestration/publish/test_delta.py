"""Delta tables hold exactly the published marts; each changes in one transaction, if its mart did."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from orchestration.defs import published as published_step
from orchestration.publish.delta import VERSION, DeltaFailed, send
from orchestration.publish.versions.export import DATABASE_NAME

Rows = dict[str, list[dict[str, Any]]]


def assert_the_same(published: Path, folder: Path) -> int:
    """The tables have exactly the rows of every mart in the file; returns their number."""
    count = 0
    with duckdb.connect(str(published / DATABASE_NAME), read_only=True) as marts:
        names = [name for (name,) in marts.execute("select table_name from duckdb_tables()").fetchall()]
        assert sorted(path.name for path in folder.iterdir()) == sorted(names)
        for name in names:
            expected = marts.execute(f"from marts.{name}").fetchall()
            found = DeltaTable(folder / name).to_pyarrow_table().to_pylist()
            clean = [tuple(_naive(value) for value in row.values()) for row in found]
            assert sorted(map(repr, clean)) == sorted(map(repr, expected)), name
            count += len(expected)
    return count


def _naive(value: object) -> object:
    return value.replace(tzinfo=None) if getattr(value, "tzinfo", None) else value


def test_every_row_of_a_run_arrives_exactly(sample_run: Any, tmp_path: Path) -> None:
    published = sample_run.data_dir / "published"
    rows = send(published, tmp_path / "delta")
    assert assert_the_same(published, tmp_path / "delta") == sum(rows.values()) > 1000
    table = DeltaTable(tmp_path / "delta" / "credit_lots")
    assert table.metadata().name == "credit_lots" and table.metadata().description
    assert table.schema().to_arrow().field("funded").type == pa.decimal128(38, 6)
    # readers that know no timestamps without a zone can read all tables
    assert table.protocol().min_reader_version == 1


def test_only_a_mart_that_changed_gets_a_new_version(
    rows: Rows, publish: Callable[[Rows], Path], tmp_path: Path
) -> None:
    folder = tmp_path / "delta"
    send(publish(rows), folder)
    lines: list[str] = []
    send(publish(rows), folder, echo=lines.append)
    assert lines == []
    rows["credit_summary"][0]["burn_rate"] = Decimal("0.000000000001")
    published = publish(rows)
    send(published, folder, echo=lines.append)
    assert [line.split(":")[0] for line in lines] == ["credit_summary"]
    assert_the_same(published, folder)
    table = DeltaTable(folder / "credit_summary")
    assert [commit[VERSION] for commit in table.history() if VERSION in commit] == ["3", "1"]
    before = DeltaTable(folder / "credit_summary", version=0)
    assert before.to_pyarrow_table().num_rows == table.to_pyarrow_table().num_rows


def test_what_cannot_be_sent_says_so_with_the_remedy(
    rows: Rows, publish: Callable[[Rows], Path], tmp_path: Path
) -> None:
    with pytest.raises(DeltaFailed, match="Run `credits run` first"):
        send(tmp_path / "none", tmp_path / "delta")
    (tmp_path / "delta").mkdir()
    (tmp_path / "delta" / "credit_lots").write_text("in the way")
    with pytest.raises(DeltaFailed, match="credits publish delta"):
        send(publish(rows), tmp_path / "delta")


def test_tables_that_name_people_as_before_are_removed_with_those_versions(
    rows: Rows, publish: Callable[[Rows], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: Any = SimpleNamespace(data_dir=tmp_path / "data", delta_dir=tmp_path / "data" / "delta")
    publish(rows)
    send(publish(rows), settings.delta_dir)
    state: Any = SimpleNamespace(people="others")
    monkeypatch.setattr(published_step, "is_of_same_people", lambda *_: True)
    assert published_step.remove_versions_with_other_names(settings, state) == 0
    assert settings.delta_dir.exists()
    monkeypatch.setattr(published_step, "is_of_same_people", lambda *_: False)
    assert published_step.remove_versions_with_other_names(settings, state) == 1
    assert not settings.delta_dir.exists()
