"""Runs a command twice on a data directory on a separate disk: first too small, then large enough.

A script for `unshare --map-root-user --mount`: the disk is a tmpfs that vanishes with this process, so its
final content is copied out.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path


def served(data_dir: Path) -> list[str]:
    """What readers see: the target of the link, and the size and inode of the file it leads to."""
    published = data_dir / "published"
    status = (published / "credits.duckdb").stat()
    return [str(published.readlink()), str(status.st_size), str(status.st_ino)]


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--before", type=Path, required=True, help="the initial data directory")
    options.add_argument("--after", type=Path, required=True, help="where it is copied at the end")
    options.add_argument("--disk", type=Path, required=True, help="an empty folder to mount the disk on")
    options.add_argument("--free-kb", type=int, required=True, help="what is free on it for the first run")
    options.add_argument("command", nargs="+", help="the command; --data-dir is added")
    chosen = options.parse_args()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4g", "tmpfs", chosen.disk], check=True)
    data_dir = chosen.disk / "data"
    shutil.copytree(chosen.before, data_dir, symlinks=True)
    used = shutil.disk_usage(chosen.disk).used
    small = ["mount", "-o", f"remount,size={used // 1024 + chosen.free_kb}k", str(chosen.disk)]
    subprocess.run(small, check=True)
    before = served(data_dir)
    command = [*chosen.command, "--data-dir", str(data_dir)]
    full = subprocess.run(command, capture_output=True, text=True, check=False)
    during = served(data_dir)
    subprocess.run(["mount", "-o", "remount,size=4g", chosen.disk], check=True)
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    shutil.copytree(data_dir, chosen.after, symlinks=True)
    results = {
        "full": [full.returncode, full.stdout + full.stderr],
        "is_served_as_before": before == during,
        "again": [again.returncode, again.stdout + again.stderr],
    }
    sys.stdout.write(json.dumps(results) + "\n")
    sys.stdout.flush()
    os.sync()


if __name__ == "__main__":
    main()
