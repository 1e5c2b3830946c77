"""Progress of a run on standard error: each step as it starts and ends, and its failed checks.

The full event log does not belong here: the Dagster UI has it.
"""

import logging
import sys
import time

import dagster as dg
from dagster import DagsterEventType

from orchestration.publish.report.formatting import plain


class ProgressHandler(logging.Handler):
    """Writes one line per step to standard error."""

    def __init__(self) -> None:
        super().__init__()
        self._started: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        line = self._line(record)
        if line:
            sys.stderr.write(line + "\n")
            sys.stderr.flush()

    def _line(self, record: logging.LogRecord) -> str | None:
        event = getattr(record, "dagster_event", None)
        meta = getattr(record, "dagster_meta", None) or {}
        event = event or meta.get("dagster_event")
        if event is None:
            message = meta.get("orig_message") or record.getMessage()
            if message.endswith("Not executing."):
                return f"  --- {meta.get('step_key')} not run: an earlier step or gate failed"
            is_shown = record.levelno > logging.INFO or meta.get("step_key") == "raw"
            return f"      {plain(message)}" if is_shown else None
        step = event.step_key or ""
        if event.event_type == DagsterEventType.STEP_START:
            self._started[step] = time.monotonic()
            return f"  ... {step}"
        if event.event_type in (DagsterEventType.STEP_SUCCESS, DagsterEventType.STEP_FAILURE):
            seconds = time.monotonic() - self._started.get(step, time.monotonic())
            outcome = "ok " if event.event_type == DagsterEventType.STEP_SUCCESS else "FAILED "
            return f"  {outcome} {step} ({seconds:.1f} s)"
        if event.event_type == DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.event_specific_data
            if not check.passed and check.description:
                return f"      {check.asset_key.to_user_string()}: {plain(check.description)}"
        return None


@dg.logger({}, description="One line per step.")
def progress_logger(context: dg.InitLoggerContext) -> logging.Logger:
    # of each check of a step that was skipped, Dagster warns that it was not made
    logging.getLogger("dagster._core.execution.plan.active").setLevel(logging.ERROR)
    logger = logging.Logger("credits", level=logging.DEBUG)
    logger.addHandler(ProgressHandler())
    return logger
