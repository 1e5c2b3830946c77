"""Work by several processes gives what one gives, in order, also where it fails or is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from orchestration.publish.processes import in_processes


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def doubled(parent: int, number: int) -> tuple[int, bool]:
    return 2 * number, os.getpid() == parent


def killed_in_a_process(parent: int, number: int) -> tuple[int, bool]:
    if number == 3 and os.getpid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    return doubled(parent, number)


def failing(folder: Path, number: int) -> None:
    if number == 2:
        raise ValueError("of batch 2")
    time.sleep(0.005)  # longer than it takes to hear of the exception
    (folder / str(number)).touch()


def test_one_batch_starts_no_process() -> None:
    assert list(in_processes(partial(doubled, os.getpid()), [7])) == [(14, True)]
    assert list(in_processes(partial(doubled, os.getpid()), [])) == []


def test_results_are_in_order_and_what_killed_processes_have_not_done_is_done_here() -> None:
    done = list(in_processes(partial(killed_in_a_process, os.getpid()), range(6)))
    assert [number for number, _ in done] == [0, 2, 4, 6, 8, 10]
    assert done[3] == (6, True)


def test_the_first_exception_is_raised_and_stops_the_rest(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="of batch 2"):
        list(in_processes(partial(failing, tmp_path), range(1000)))
    assert len(list(tmp_path.iterdir())) < 999


def wait_until(is_so: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < ends_at
        time.sleep(0.1)


def test_processes_end_with_a_run_that_is_killed() -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("the children of a process are read from /proc")
    script = (
        "import os, time; from orchestration.publish.processes import in_processes\n"
        "os.cpu_count = lambda: 2; list(in_processes(time.sleep, [600, 600]))"
    )
    parent = subprocess.Popen([sys.executable, "-c", script])
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")

    def sleeping() -> list[Path]:
        """Its processes that have started: they have a second thread, which waits for its end."""
        running = [Path("/proc", pid, "task") for pid in children.read_text().split()]
        return [tasks for tasks in running if len(list(tasks.iterdir())) > 1]

    wait_until(lambda: len(sleeping()) == 2)
    processes = sleeping()
    parent.kill()
    parent.wait()
    wait_until(lambda: not any(tasks.exists() for tasks in processes))
