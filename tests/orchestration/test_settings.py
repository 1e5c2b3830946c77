"""Settings come from the environment; one that cannot be used is refused by name."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from orchestration import settings
from orchestration.definitions import build
from orchestration.landing.options import DEFAULT_OPTIONS, ReadOptions
from orchestration.settings import Settings, SettingsError, use
from orchestration.warehouse.run_state import definitions_of

REPO = Path(__file__).resolve().parents[2]


def test_without_settings_the_defaults_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LINE_BYTES", "FILE_BYTES", "RATIO"):
        monkeypatch.delenv(f"CREDITS_MAX_{name}", raising=False)

    assert Settings.load().read_options == DEFAULT_OPTIONS


def test_the_caps_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDITS_MAX_LINE_BYTES", "1000")
    monkeypatch.setenv("CREDITS_MAX_FILE_BYTES", "5000000")
    monkeypatch.setenv("CREDITS_MAX_RATIO", "7")

    options = Settings.load().read_options

    assert options == ReadOptions(max_line_bytes=1000, max_file_bytes=5_000_000, max_ratio=7)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            (name, value)
            for name in ("CREDITS_MAX_LINE_BYTES", "CREDITS_MAX_FILE_BYTES", "CREDITS_MAX_RATIO")
            for value in ("0", "-1", "1.5", "1e6", "16MB", "", " 1", "٣", "9" * 30)
        ),
        ("CREDITS_MAX_LINE_BYTES", str(1024**3 + 1)),
        ("CREDITS_MEMORY_LIMIT", "6"),
        ("CREDITS_MEMORY_LIMIT", "lots"),
        ("CREDITS_MEMORY_LIMIT", "-1GB"),
        ("CREDITS_SCHEDULE_CRON", "daily"),
        ("CREDITS_SCHEDULE_CRON", "0 2 * *"),
        ("CREDITS_SCHEDULE_CRON", "0 2 * * *; ls"),
        ("CREDITS_SCHEDULE_TIMEZONE", "Berlin"),
        ("CREDITS_SCHEDULE_TIMEZONE", ""),
        ("CREDITS_SCHEDULE_TIMEZONE", "../../etc/passwd"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=name) as caught:
        Settings.load()

    assert repr(value) in str(caught.value)
    assert str(caught.value).endswith("Correct or unset it.")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CREDITS_MEMORY_LIMIT", "512MB"),
        ("CREDITS_MEMORY_LIMIT", "1.5 GiB"),
        ("CREDITS_SCHEDULE_CRON", "*/15 0-6,22 1 JAN-MAR MON"),
        ("CREDITS_SCHEDULE_TIMEZONE", "Asia/Kolkata"),
        ("CREDITS_MAX_LINE_BYTES", str(1024**3)),
    ],
)
def test_a_value_that_can_be_used_is_taken(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)

    Settings.load()


def test_a_cap_reaches_the_lake_of_the_nightly_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CREDITS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("CREDITS_MAX_LINE_BYTES", "1000")

    lake = build(Settings.load()).resources["lake"]

    assert lake._options.max_line_bytes == 1000


def test_the_command_names_the_setting_and_exits_2(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CREDITS_MAX_RATIO", "many")
    command = [sys.executable, "-m", "orchestration.cli.main", "status", "--data-dir", str(tmp_path / "data")]
    said = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)

    assert said.returncode == 2
    assert "CREDITS_MAX_RATIO must be a whole number from 1 on; found 'many'" in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize(("value", "is_on"), [("", False), ("0", False), ("no", False), ("1", True)])
@pytest.mark.parametrize("switch", ["WORKSPACE_FILES", "PSEUDONYMISE"])
def test_a_switch_is_on_if_the_environment_says_so(
    monkeypatch: pytest.MonkeyPatch, switch: str, value: str, is_on: bool
) -> None:
    monkeypatch.setenv(f"CREDITS_{switch}", value)
    assert bool(getattr(Settings.load(), switch.lower())) is is_on


def test_a_switch_that_is_neither_on_nor_off_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDITS_WORKSPACE_FILES", "maybe")
    with pytest.raises(SettingsError, match="CREDITS_WORKSPACE_FILES must be 1 or 0; it is 'maybe'"):
        Settings.load()


def test_a_cluster_needs_its_address_and_a_path_it_can_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("CREDITS_TARGET", "CREDITS_SPARK_URL", "CREDITS_SCHEMA_PREFIX", "CREDITS_DATA_DIR"):
        monkeypatch.setenv(name, "")  # so that what `use` sets is taken back
        monkeypatch.delenv(name)
    with pytest.raises(SettingsError, match="CREDITS_SPARK_URL is empty"):
        use(data_dir=tmp_path, target="spark")
    monkeypatch.setenv("CREDITS_SPARK_URL", "jdbc:hive2://host:10000")
    with pytest.raises(
        SettingsError, match="CREDITS_SPARK_URL must be an address that starts with thrift://"
    ):
        use(data_dir=tmp_path, target="spark")
    monkeypatch.setenv("CREDITS_SPARK_URL", "thrift://host:10000")
    monkeypatch.setattr(settings, "find_spec", lambda name: name)
    with pytest.raises(SettingsError, match="Choose another folder with --data-dir"):
        use(data_dir=tmp_path / "{a}", target="spark")
    monkeypatch.setattr(settings, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match="the extra `spark`"):
        use(data_dir=tmp_path, target="spark")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CREDITS_TARGET", "trino"),
        ("CREDITS_SPARK_PREFIX", "Credits-"),
        ("CREDITS_SPARK_PREFIX", ""),
        ("CREDITS_SPARK_FILES", "/a/path"),
        ("CREDITS_SPARK_FILES", "s3a://bucket/with'quote"),
        ("CREDITS_SPARK_FILES", "wasbs://container/x"),
    ],
)
def test_a_setting_of_the_cluster_that_cannot_be_used_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        Settings.load()


def test_only_a_shared_cluster_needs_a_prefix_and_a_verification_has_its_own(tmp_path: Path) -> None:
    usual = Settings(tmp_path, tmp_path, spark_prefix="mine_")
    assert usual.schema_prefix == ""
    on_cluster = replace(usual, target="spark")
    assert on_cluster.schema_prefix == "mine_"
    assert replace(on_cluster, data_dir=on_cluster.verify_dir).schema_prefix == "mine_verify_"


@pytest.mark.parametrize("password", ["sec/ret", "sec#ret", "sec?ret", "12/34", "12?34", "12#34"])
def test_an_address_cut_by_its_password_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setenv("CREDITS_SPARK_URL", f"thrift://user:{password}@host:10000")
    with pytest.raises(SettingsError, match=r"in a password, / \? and # are written %2F") as error:
        Settings.load()
    assert password not in str(error.value)


@pytest.mark.parametrize("secret", ["secret", "sec/ret"])
def test_a_password_in_the_place_of_tables_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, secret: str
) -> None:
    for name in ("CREDITS_TARGET", "CREDITS_SCHEMA_PREFIX", "CREDITS_DATA_DIR"):
        monkeypatch.setenv(name, "")  # so that what `use` sets is taken back
        monkeypatch.delenv(name)
    monkeypatch.setenv("CREDITS_SPARK_URL", "thrift://host:10000")
    monkeypatch.setenv("CREDITS_SPARK_FILES", f"s3a://key:{secret}@bucket/x")
    monkeypatch.setattr(settings, "find_spec", lambda name: name)
    with pytest.raises(SettingsError, match="CREDITS_SPARK_FILES may hold no password") as error:
        use(data_dir=tmp_path, target="spark")
    assert secret not in str(error.value)


def test_an_address_of_several_hosts_is_no_cut_one(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "postgresql://one:5432,other:5433/marts"
    monkeypatch.setenv("CREDITS_POSTGRES_URL", address)
    assert Settings.load().postgres_url == address


@pytest.mark.parametrize(
    "kind",
    [
        "dbt_project/dbt_project.yml",
        "dbt_project/models/**/*.sql",
        "dbt_project/models/**/*.yml",
        "dbt_project/macros/**/*.sql",
        "forecasting/**/calibration.json",
        "forecasting/**/*.py",
        "orchestration/defs/*.py",
        "orchestration/warehouse/**/*.py",
    ],
)
def test_a_change_of_any_file_that_can_change_a_number_changes_the_fingerprint(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    for package in ("dbt_project", "forecasting", "orchestration"):
        shutil.copytree(settings.PROJECT_DIR / package, tmp_path / package)
    monkeypatch.setattr(settings, "PROJECT_DIR", tmp_path)
    project = Settings(landing_dir=tmp_path, data_dir=tmp_path)
    deepest = max(tmp_path.glob(kind), key=lambda file: len(file.parts))
    before = definitions_of(project.definition_files)
    deepest.write_bytes(deepest.read_bytes() + b" ")
    assert definitions_of(project.definition_files) != before, deepest
