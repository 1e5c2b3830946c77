"""The names of files and folders that are of one workspace.

Not here: what is in them, or where they lie (versions.py, workspace_files.py).
"""

from hashlib import sha256
from urllib.parse import quote

# of every file system that a version may be copied to
LONGEST_FILE_NAME = 255
LONGEST_SUFFIX = ".html"


def file_name(workspace_id: str, *, suffix: str = "") -> str:
    """The id percent-encoded; if it is too long, cut and marked by `~` and its hash. No two ids share one.

    It is always a name within its folder: never empty for an id that is not, never `.` or `..`.
    """
    # "~" is left to names that were cut, so that no id can take the name of another's
    encoded = quote(workspace_id, safe="").replace("~", "%7E")
    if not encoded.strip("."):
        encoded = encoded.replace(".", "%2E")
    if len(encoded) + len(LONGEST_SUFFIX) > LONGEST_FILE_NAME:
        encoded = f"{encoded[:180]}~{sha256(workspace_id.encode()).hexdigest()}"
    return encoded + suffix
