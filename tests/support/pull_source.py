"""A source folder with a pull.yml, and what was pulled into it.

No database is here: that is in tests/orchestration/pull/conftest.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import SecretStr

from orchestration.pull.deliver import Delivered
from orchestration.pull.pull import pull_source

Database = Callable[[str], None]


@dataclass
class Source:
    """The source `billing` of a landing directory."""

    root: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.root / "landing" / "billing"

    @property
    def state(self) -> Path:
        return self.root / "data" / "pull" / "billing"

    def write(self, text: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "pull.yml").write_text(text)

    def pull(self) -> list[Delivered]:
        return pull_source(
            "billing",
            landing=self.root / "landing",
            state=self.state,
            secret=lambda name: SecretStr(self.variables.get(name, "")),
        )

    def files(self, table: str, suffix: str = "parquet") -> list[Path]:
        return sorted((self.folder / table).glob(f"*.{suffix}"))

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of every Parquet file of a table, in the order of delivery."""
        return [row for file in self.files(table) for row in pq.read_table(file).to_pylist()]

    def schema(self, table: str) -> pa.Schema:
        return pq.read_schema(self.files(table)[-1])
