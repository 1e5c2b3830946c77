"""Why a run failed, as one sentence with a remedy: the machine's errors in plain words.

Our own errors are such sentences already. Which step failed is in records.py.
"""

from __future__ import annotations

import re
from typing import Any

from orchestration.publish.report.formatting import plain

INTERRUPTED = "Interrupted. No delivered data was lost; run the command again."
KILLED = "Its process ended without a report: killed, or the machine stopped. Nothing is lost; run it again."
# how a step fails on an interrupt: in Dagster, in a statement of DuckDB, in dbt
_ON_INTERRUPT = ("InterruptedError", "Query interrupted", "KeyboardInterrupt")
# the class of an error of ours says nothing that its sentence does not
_OURS = re.compile(r"^(orchestration\.[\w.]+|dagster\.\S+\.Failure): ")
_FILE = re.compile(r"[\"'](/[^\"']+)[\"']")
_PROCESS = re.compile(r"PID (\d+)")
# a part of a library's message, and what it means; {file} and {process} are found in the message
_CAUSES = {
    "Could not set lock on file": "{file} is open in another program{process}. Close it, and run again.",
    "No space left on device": "The disk is full: {file} cannot be written. Free space, and run again.",
    "Disk quota exceeded": "The disk quota is used up: {file} cannot be written. Raise it, and run again.",
    "Permission denied": "{file} may not be read or written by this user. Change its rights, and run again.",
    "Read-only file system": "{file} is on a read-only disk. Mount it for writing, and run again.",
    "Too many open files": "This user may not open more files. Raise the limit (ulimit -n), and run again.",
    "Out of Memory Error": "The memory is used up. Raise CREDITS_MEMORY_LIMIT, and run again.",
    "MemoryError": "The memory is used up. Free some, or use a larger machine, and run again.",
}


def explain(error: str) -> str:
    """The sentence for the text of an error; a text that is not known is kept."""
    if any(text in error for text in _ON_INTERRUPT):
        return INTERRUPTED
    for part, meaning in _CAUSES.items():
        if part in error:
            file, process = _FILE.search(error), _PROCESS.search(error)
            names = {
                "file": plain(file[1]) if file else "a file",
                "process": f" (process {process[1]})" if process else "",
            }
            sentence = meaning.format(**names)
            return sentence[0].upper() + sentence[1:]
    return plain(_OURS.sub("", error))


def last_cause(error: Any) -> str:
    """The text of the innermost error.

    Args:
        error: Dagster's `SerializableErrorInfo`, the same as parsed JSON, or None.
    """
    fields = error if isinstance(error, dict) or error is None else error._asdict()
    if fields is None:
        return "no reason given"
    return last_cause(fields["cause"]) if fields.get("cause") else str(fields["message"])
