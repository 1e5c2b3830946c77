"""Names of files and folders in the landing directory: stored as text, never put into SQL.

Files are listed in `landing_files`.
"""

import os

PULL_FILE = "pull.yml"  # says what is pulled into the folder, and is no data of it


def storable_name(name: str) -> str:
    """A file name as valid UTF-8; other bytes become `\\xNN`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def is_hidden(name: str) -> bool:
    """Whether the name is that of a file to be left alone, such as one half written."""
    return name.startswith((".", "_")) or name == PULL_FILE
