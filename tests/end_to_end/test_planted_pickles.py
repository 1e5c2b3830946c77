"""What a run finds in the data directory is read as data; a planted pickle is never run."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from support.product import Credits, NightlyRun, copy_run, nightly_run


class Bomb:
    """Writes a file once it is read back."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.write_text, (self.trace, "it was run")


@pytest.mark.slow
def test_no_file_of_the_data_directory_is_read_as_a_pickle(
    credits_command: Credits, sample_run: NightlyRun, tmp_path: Path
) -> None:
    night = copy_run(sample_run, tmp_path / "data")
    trace = tmp_path / "trace"
    # dbt writes its graph as a pickle beside the rest, and never reads it
    assert (night.data_dir / "dbt" / "graph.gpickle").exists()
    planted = [*(night.data_dir / "dbt").glob("*.gpickle"), *(night.data_dir / "models").glob("*")]
    planted += [night.data_dir / "dbt" / "partial_parse.msgpack"]
    for path in planted:
        path.write_bytes(pickle.dumps(Bomb(trace)))
    nightly_run(credits_command, night.landing, night.data_dir, night.as_of)
    assert not trace.exists()
    pickle.loads(pickle.dumps(Bomb(trace)))  # noqa: S301 - it would have been seen
    assert trace.read_text() == "it was run"
