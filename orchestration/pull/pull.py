"""Pulls one source: what was not pulled yet, into `landing/<name>/<table>/`.

How rows are read and written does not belong here: this module loads without dlt, which is optional.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from pydantic import SecretStr

from orchestration.lake.file_names import PULL_FILE
from orchestration.pull.config import PullConfigError, PullError, configured, read_pull
from orchestration.pull.deliver import Delivered
from orchestration.runs.lock import lock


def pull_source(
    name: str, *, landing: Path, state: Path, secret: Callable[[str], SecretStr]
) -> list[Delivered]:
    """Write the new rows of a source into its folder.

    Args:
        name: the folder below `landing` that has a pull.yml.
        landing: the landing directory.
        state: folder of what was pulled so far, which must be trusted; without it all rows come again.
        secret: the value of an environment variable, empty if it is not set.

    Raises:
        PullConfigError: pull.yml cannot be used, a variable it names is not set, or dlt is not installed.
        PullError: the source cannot be pulled; what was written before stays, and the next pull goes on.
        DataDirectoryLocked: another pull of this source runs.
    """
    if find_spec("dlt") is None:
        raise PullConfigError(
            "pulling needs the package dlt, which is not installed. Install it: "
            "pip install 'credit-usage-analytics[pull]'"
        )
    if name not in (found := configured(landing)):
        raise PullConfigError(
            f"{landing / name / PULL_FILE} does not exist; folders with one: {', '.join(found) or 'none'}. "
            "Correct the name, or write the file: docs/sources/pull.md"
        )
    config = read_pull(landing / name / PULL_FILE)
    values = {variable: secret(variable).get_secret_value() for variable in config.variables}
    if missing := [variable for variable, value in values.items() if not value]:
        raise PullConfigError(
            f"{name}: the environment variable {missing[0]}, which {PULL_FILE} names, is not set. Set it."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of dlt, about the machine
        from orchestration.pull.pipeline import load
        from orchestration.pull.reasons import masked, reason_of
    with lock(state):
        try:
            return load(config, values, folder=landing / name, state=state)
        except Exception as error:
            reason = masked(reason_of(error), values)
        # outside of the handler: an error that is its context could show what was masked
        raise PullError(f"{name}: {reason}")
