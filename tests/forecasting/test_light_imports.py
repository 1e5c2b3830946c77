"""What every run imports stays light: scikit-learn and its like come where a model is made or read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]


def test_importing_forecasting_imports_no_machine_learning_library() -> None:
    modules = [
        ".".join(path.relative_to(REPO).with_suffix("").parts)
        for path in sorted((REPO / "forecasting").rglob("*.py"))
    ]
    script = f"import {', '.join(modules)}, sys; print(*sorted({{'sklearn', 'scipy'}} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", script], cwd=REPO, capture_output=True, text=True)
    assert (found.returncode, found.stdout.strip()) == (0, ""), found.stderr
