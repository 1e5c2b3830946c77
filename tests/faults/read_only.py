"""Runs a command while a folder is read-only, even for root.

A script for `unshare --map-root-user --mount`: the folder is mounted on itself, read-only.
"""

from __future__ import annotations

import json
import subprocess
import sys


def main() -> None:
    folder, *command = sys.argv[1:]
    subprocess.run(["mount", "--bind", folder, folder], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    sys.stdout.write(json.dumps({"status": done.returncode, "output": done.stdout + done.stderr}) + "\n")


if __name__ == "__main__":
    main()
