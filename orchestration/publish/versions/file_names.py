"""The names of files and folders that belong to one workspace.

Not here: their contents or folders (build.py, workspace_files.py).
"""

import re
from collections import Counter
from collections.abc import Collection
from hashlib import sha256
from urllib.parse import quote

# in bytes, on common file systems
LONGEST_FILE_NAME = 255
LONGEST_SUFFIX = ".html"
# of Windows, whatever follows a point
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}


def ids_that_fold(workspace_ids: Collection[str]) -> frozenset[str]:
    """Those that differ from another by the case of letters only, which some disks do not tell apart."""
    count = Counter(workspace_id.casefold() for workspace_id in workspace_ids)
    return frozenset(each for each in workspace_ids if count[each.casefold()] > 1)


def file_name(workspace_id: str, *, suffix: str = "", folding: Collection[str] = ()) -> str:
    """The id percent-encoded; if too long, cut and marked by `~` and its hash. No two ids share a name.

    It never leaves its folder: a non-empty id gives a non-empty name, never `.` or `..`.

    Args:
        workspace_id: of the workspace.
        suffix: follows the name.
        folding: ids whose capital letters are encoded as well: `ids_that_fold` of the same folder.
    """
    # "~" is reserved for names that were cut, so that no id can collide with one
    encoded = quote(workspace_id, safe="").replace("~", "%7E")
    if workspace_id in folding:
        encoded = re.sub(r"(%..)|([A-Z])", lambda found: found[1] or f"%{ord(found[2]):02X}", encoded)
    if not encoded.strip("."):
        encoded = encoded.replace(".", "%2E")
    if encoded.partition(".")[0].casefold() in _DEVICES:
        encoded = f"%{ord(encoded[0]):02X}{encoded[1:]}"
    if encoded.endswith("."):  # which Windows leaves out
        encoded = f"{encoded[:-1]}%2E"
    if len(encoded) + len(LONGEST_SUFFIX) > LONGEST_FILE_NAME:
        encoded = f"{encoded[:180]}~{sha256(workspace_id.encode()).hexdigest()}"
    return encoded + suffix
