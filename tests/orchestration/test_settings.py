"""Settings come from the environment; one that cannot be used is refused by name."""

import shutil
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import SecretStr

from orchestration import settings
from orchestration.cli.main import main
from orchestration.definitions import build
from orchestration.landing.options import DEFAULT_OPTIONS, ReadOptions
from orchestration.settings import Settings, SettingsError, use
from orchestration.warehouse.run_state import definitions_of

REPO = Path(__file__).resolve().parents[2]


def test_without_variables_the_settings_are_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LINE_BYTES", "FILE_BYTES", "RATIO"):
        monkeypatch.delenv(f"CREDITS_MAX_{name}", raising=False)

    assert Settings.load().read_options == DEFAULT_OPTIONS


def test_the_caps_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
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
        *(("CREDITS_TAG_KEYS", f"team, a{sign}b") for sign in ("'", '"', "\\", "$", "[", "{", ";", "\n")),
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


def test_tag_keys_are_each_named_once_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDITS_TAG_KEYS", " cost.center,team id, ,cost.center,équipe/x ")
    assert Settings.load().tag_keys == ("cost.center", "team id", "équipe/x")
    monkeypatch.setenv("CREDITS_TAG_KEYS", "")
    assert Settings.load().tag_keys == ()


def test_a_cap_reaches_the_lake_of_the_nightly_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CREDITS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("CREDITS_MAX_LINE_BYTES", "1000")

    lake = build(Settings.load()).resources["lake"]

    assert lake._options.max_line_bytes == 1000


def test_the_command_names_the_setting_and_exits_2(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CREDITS_MAX_RATIO", "many")
    command = [sys.executable, "-m", "orchestration.cli.main", "status", "--data-dir", str(tmp_path / "data")]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "CREDITS_MAX_RATIO must be a whole number from 1 on; found 'many'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("value", "is_on"), [("", False), ("0", False), ("no", False), ("1", True)])
@pytest.mark.parametrize("switch", ["WORKSPACE_FILES", "PSEUDONYMISE"])
def test_a_switch_is_on_if_the_environment_says_so(
    monkeypatch: pytest.MonkeyPatch, switch: str, value: str, is_on: bool
) -> None:
    monkeypatch.setenv(f"CREDITS_{switch}", value)
    assert bool(getattr(Settings.load(), switch.lower())) is is_on


def test_a_switch_that_is_neither_on_nor_off_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDITS_WORKSPACE_FILES", "maybe")
    with pytest.raises(
        SettingsError, match="CREDITS_WORKSPACE_FILES must be 1 or 0, or empty; found 'maybe'"
    ):
        Settings.load()


def test_a_cluster_needs_its_address_and_a_path_it_can_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("CREDITS_TARGET", "CREDITS_SPARK_URL", "CREDITS_SCHEMA_PREFIX", "CREDITS_DATA_DIR"):
        monkeypatch.setenv(name, "")  # so that what `use` sets is undone
        monkeypatch.delenv(name)
    with pytest.raises(SettingsError, match="CREDITS_SPARK_URL is empty"):
        use(data_dir=tmp_path, target="spark")
    monkeypatch.setenv("CREDITS_SPARK_URL", "jdbc:hive2://host:10000")
    with pytest.raises(SettingsError, match="CREDITS_SPARK_URL must be a URL that starts with thrift://"):
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
    usual = Settings(landing_dir=tmp_path, data_dir=tmp_path, spark_prefix="mine_")
    assert usual.schema_prefix == ""
    on_cluster = usual.model_copy(update={"target": "spark"})
    assert on_cluster.schema_prefix == "mine_"
    verification = on_cluster.model_copy(update={"data_dir": on_cluster.verify_dir})
    assert verification.schema_prefix == "mine_verify_"


@pytest.mark.parametrize("password", ["sec/ret", "sec#ret", "sec?ret", "12/34", "12?34", "12#34"])
def test_an_address_cut_by_its_password_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setenv("CREDITS_SPARK_URL", f"thrift://user:{password}@host:10000")
    with pytest.raises(SettingsError, match=r"in a password, / \? and # are written %2F") as error:
        Settings.load()
    assert password not in str(error.value)


@pytest.mark.parametrize("secret", ["secret", "sec/ret"])
def test_a_password_in_the_folder_of_tables_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, secret: str
) -> None:
    for name in ("CREDITS_TARGET", "CREDITS_SCHEMA_PREFIX", "CREDITS_DATA_DIR"):
        monkeypatch.setenv(name, "")  # so that what `use` sets is undone
        monkeypatch.delenv(name)
    monkeypatch.setenv("CREDITS_SPARK_URL", "thrift://host:10000")
    monkeypatch.setenv("CREDITS_SPARK_FILES", f"s3a://key:{secret}@bucket/x")
    monkeypatch.setattr(settings, "find_spec", lambda name: name)
    with pytest.raises(SettingsError, match="CREDITS_SPARK_FILES must not hold a password") as error:
        use(data_dir=tmp_path, target="spark")
    assert secret not in str(error.value)


def test_a_url_of_several_hosts_with_ports_is_taken_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://one:5432,other:5433/marts"
    monkeypatch.setenv("CREDITS_POSTGRES_URL", url)
    assert Settings.load().postgres_url.get_secret_value() == url


PASSWORD = "hunter2"
SECRETS = {
    "CREDITS_SPARK_URL": f"thrift://me:{PASSWORD}@host:10000",
    "CREDITS_SPARK_FILES": f"s3a://key:{PASSWORD}@bucket/x",
    "CREDITS_POSTGRES_URL": f"postgresql://me:{PASSWORD}@host/marts",
    "CREDITS_ALERT_WEBHOOK": f"https://host/{PASSWORD}",
    "CREDITS_SMTP_URL": f"smtp://me:{PASSWORD}@host",
    "CREDITS_PSEUDONYM_SECRET": PASSWORD * 3,
}


def test_whatever_may_hold_a_password_is_declared_secret() -> None:
    fields = {str(field.validation_alias): field for field in Settings.model_fields.values()}
    assert {name for name, field in fields.items() if field.annotation is SecretStr} == set(SECRETS)


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_shown_by_no_form_of_the_settings(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, SECRETS[name])
    loaded = Settings.load()
    assert SECRETS[name] in [
        value.get_secret_value() for value in dict(loaded).values() if isinstance(value, SecretStr)
    ]
    assert PASSWORD not in f"{loaded} {loaded!r} {loaded.model_dump()} {loaded.model_dump_json()}"


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("load", [Settings, Settings.load])
def test_a_secret_is_shown_by_no_refusal(
    monkeypatch: pytest.MonkeyPatch, name: str, load: Callable[[], Settings]
) -> None:
    monkeypatch.setenv(name, f"{PASSWORD} '{SECRETS[name]}")
    monkeypatch.setenv("CREDITS_MAX_RATIO", "many")
    with pytest.raises(ValueError) as refused:
        load()
    assert PASSWORD not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_reaches_no_command_that_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(REPO))
    monkeypatch.setenv(name, f"'{SECRETS[name]}")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["publish", "postgres", "--data-dir", str(tmp_path)])
    assert done.exit_code == 2
    assert PASSWORD not in done.output


def test_an_empty_variable_leaves_the_default_where_a_setting_may_be_empty(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    may_be_empty = ("PUBLISH", "ALERT_EMAIL_TO", "ALERT_EMAIL_FROM", "RETENTION_DAYS", "PSEUDONYMISE")
    for name in (*SECRETS, *(f"CREDITS_{name}" for name in may_be_empty)):
        monkeypatch.delenv(name, raising=False)
    defaults = Settings.load()
    for name in (*SECRETS, *(f"CREDITS_{name}" for name in may_be_empty)):
        monkeypatch.setenv(name, "")
    assert Settings.load() == defaults
    assert defaults.smtp_url.get_secret_value() == "smtp://localhost"


def test_only_the_environment_is_read_by_its_exact_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text("CREDITS_ALERT_DAYS=1\nALERT_DAYS=2\n")
    monkeypatch.setenv("ALERT_DAYS", "3")
    monkeypatch.setenv("credits_alert_days", "4")
    assert Settings.load().alert_days == 14
    monkeypatch.setenv("CREDITS_ALERT_DAYS", "5")
    assert Settings.load().alert_days == 5


def test_what_the_caller_gives_is_not_read_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("CREDITS_LANDING_DIR", "CREDITS_DATA_DIR", "DAGSTER_HOME"):
        monkeypatch.setenv(name, "/elsewhere")
    given = {"landing_dir": tmp_path / "a", "data_dir": tmp_path / "b", "dagster_home": tmp_path / "c"}
    assert dict(Settings.load(**given)).items() >= given.items()


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
    for folder in ("PROJECT_DIR", "CODE_DIR"):
        monkeypatch.setattr(settings, folder, tmp_path)
    project = Settings(landing_dir=tmp_path, data_dir=tmp_path)
    deepest = max(tmp_path.glob(kind), key=lambda file: len(file.parts))
    before = definitions_of(project.definition_files)
    deepest.write_bytes(deepest.read_bytes() + b" ")
    assert definitions_of(project.definition_files) != before, deepest


def test_an_installed_package_keeps_its_state_where_it_is_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("CREDITS_LANDING_DIR", "CREDITS_DATA_DIR", "DAGSTER_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    assert Settings.load().data_dir == REPO / "data" / "warehouse"
    assert Settings.load().dagster_home == REPO
    monkeypatch.setattr(settings, "IS_INSTALLED", True)
    installed = Settings.load()
    assert installed.landing_dir == tmp_path / "data" / "landing"
    assert installed.data_dir == tmp_path / "data" / "warehouse"
    elsewhere = Settings.load(data_dir=tmp_path / "elsewhere")
    assert elsewhere.dagster_home == tmp_path / "elsewhere" / "dagster"
    assert elsewhere.has_own_home and not Settings.load(dagster_home=tmp_path).has_own_home
