"""Files in the data directory are read as data only: a planted pickle is never executed."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from support.product import Credits, NightlyRun, copy_run, nightly_run


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.write_text, (self.trace, "it was executed")


@pytest.mark.slow
def test_no_file_of_the_data_directory_is_read_as_a_pickle(
    credits_command: Credits, sample_run: NightlyRun, tmp_path: Path
) -> None:
    run = copy_run(sample_run, tmp_path / "data")
    trace = tmp_path / "trace"
    models = list((run.data_dir / "models").iterdir())
    assert models
    # what dbt parsed is kept elsewhere, and it writes its graph as a pickle only where it may write JSON
    for path in (
        *models,
        *(run.data_dir / "dbt" / name for name in ("graph.gpickle", "partial_parse.msgpack")),
    ):
        path.write_bytes(pickle.dumps(Bomb(trace)))
    nightly_run(credits_command, run.landing, run.data_dir, run.as_of)
    assert not trace.exists()
    pickle.loads(pickle.dumps(Bomb(trace)))  # noqa: S301 - proves that the bomb works
    assert trace.read_text() == "it was executed"
