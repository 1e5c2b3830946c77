"""No file of the repository holds a key, a token or a password."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]

# written so that this file does not match itself
SECRETS = {
    "private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----",
    "AWS access key": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "AWS secret key": r"(?i)aws_secret_access_key\s*[=:]\s*['\"]?[A-Za-z0-9/+]{40}",
    "GitHub token": r"\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_[A-Za-z0-9_]{22,}",
    "GitLab token": r"\bglpat-[A-Za-z0-9_-]{20}",
    "Slack token": r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
    "Slack webhook": r"hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+",
    "Google key": r"\bAIza[A-Za-z0-9_-]{35}",
    "model provider key": r"\bsk-(?:ant-|proj-|live_)?[A-Za-z0-9_-]{32,}",
    "Stripe key": r"\b[rs]k_live_[A-Za-z0-9]{20,}",
    "PyPI token": r"\bpypi-AgE[A-Za-z0-9_-]{40,}",
    "JSON web token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    "password in an address": r"\b[a-z][a-z0-9+]*://[^\s/:@'\"{}<>$]+:[^\s/@'\"{}<>$]{3,}@",
}
SAMPLES = [
    "-----BEGIN OPENSSH PRIVATE" + " KEY-----",
    "AKIA" + "ABCDEFGHIJKLMNOP",
    "aws_secret_access_key = " + "a" * 40,
    "ghp_" + "a" * 36,
    "glpat-" + "a" * 20,
    "xoxb-" + "1234567890-abc",
    "https://hooks.slack.com/services" + "/T0001/B0001/x",
    "AIza" + "a" * 35,
    "sk-" + "a" * 40,
    "sk_live_" + "a" * 24,
    "pypi-AgE" + "a" * 50,
    ".".join(["eyJ" + "a" * 12, "eyJ" + "b" * 12, "c" * 12]),
    "postgresql://user" + ":hunter2@db/credits",
]


def tracked() -> list[Path]:
    if not (REPO / ".git").exists():
        pytest.skip("not a git checkout, so that tracked files are unknown")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPO, capture_output=True, text=True, check=True)
    return [REPO / name for name in listed.stdout.split("\0") if name]


def secrets_in(text: str) -> set[str]:
    return {kind for kind, pattern in SECRETS.items() if re.search(pattern, text)}


def test_no_file_of_the_repository_holds_a_secret() -> None:
    files = [path for path in tracked() if path.is_file() and path.suffix != ".png"]
    assert len(files) > 100
    found = {str(path.relative_to(REPO)): secrets_in(path.read_text(encoding="utf-8")) for path in files}
    assert {path: kinds for path, kinds in found.items() if kinds} == {}


def test_no_file_of_a_kind_that_holds_secrets_or_data_is_tracked() -> None:
    found = [
        path
        for path in tracked()
        if re.search(r"\.(env|pem|key|p12|pfx|pkl|pickle|gpickle|duckdb|joblib)$", path.name)
    ]
    assert found == []


@pytest.mark.parametrize("sample", SAMPLES, ids=SECRETS)
def test_each_kind_of_secret_would_be_found(sample: str) -> None:
    assert len(secrets_in(f"token: {sample}\n")) == 1
