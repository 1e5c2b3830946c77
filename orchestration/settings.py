"""The settings of one process, from the environment; the only module that reads or writes it.

Parameters of one run (as_of, full refresh) do not belong here: those are run configuration. How a text
becomes a value is in setting_types.py.
"""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pydantic import AliasGenerator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from orchestration import setting_types as types
from orchestration.landing.options import DEFAULT_OPTIONS, ReadOptions

SHORTEST_SECRET = 16
CODE_DIR = Path(__file__).resolve().parents[1]
_SHIPPED = CODE_DIR / "orchestration" / "project"  # made by setup.py
IS_INSTALLED = _SHIPPED.is_dir()
"""Whether this is an installed package, to whose folder nothing is written; else it is a checkout."""
PROJECT_DIR = _SHIPPED if IS_INSTALLED else CODE_DIR
"""The folder of dbt_project/ and dagster.yaml."""


def _default_folder(name: str) -> Path:
    """Below the working directory, or in a checkout, which `make run` may be in from anywhere."""
    return (Path.cwd() if IS_INSTALLED else PROJECT_DIR) / "data" / name


def _default_home(given: dict[str, Any]) -> Path:
    """The checkout; an installed package keeps Dagster's state with the data."""
    return given["data_dir"] / "dagster" if IS_INSTALLED and "data_dir" in given else PROJECT_DIR


class SettingsError(ValueError):
    """A setting cannot be used; the message has the rule, the value (hidden if secret) and the remedy."""


class Settings(BaseSettings):
    """Each field is read from the variable CREDITS_<NAME>; docs/settings.md is made from this class.

    Fields given as arguments are not read from the environment. `load` has refusals a user can act on.
    """

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        alias_generator=AliasGenerator(validation_alias=lambda name: f"CREDITS_{name.upper()}"),
        validate_by_name=True,
        case_sensitive=True,
        enable_decoding=False,
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
        validate_default=False,
    )

    landing_dir: types.Folder = Field(default_factory=lambda: _default_folder("landing"))
    """Folder the feeds are delivered to."""
    data_dir: types.Folder = Field(default_factory=lambda: _default_folder("warehouse"))
    """Folder of the lake, the warehouse and the published versions."""
    memory_limit: types.MemorySize = "2GB"
    """Memory that DuckDB may use before it spills to disk."""
    schedule_cron: types.Cron = "0 2 * * *"
    """When the nightly run starts."""
    schedule_timezone: types.TimeZone = "UTC"
    """The time zone of that schedule."""
    max_line_bytes: types.LineBytes = DEFAULT_OPTIONS.max_line_bytes
    """The longest line of a landing file; a longer one is quarantined."""
    max_file_bytes: types.Count = DEFAULT_OPTIONS.max_file_bytes
    """The largest landing file, unpacked; a larger one is rejected."""
    max_ratio: types.Count = DEFAULT_OPTIONS.max_ratio
    """How many times its size a landing file may unpack to; one that unpacks to more is rejected."""
    workspace_files: types.Switch = False
    """Publish each workspace separately as well: a database, a page and a Parquet file for each mart."""
    tag_keys: types.TagKeys = ()
    """Keys of the events' attributes that are tags, by which usage is reported as well; they are content."""
    month_closes_on: types.MonthDay = 5
    """Day of the next month on which a month is closed; changes from then on are booked as corrections."""
    provider_name: types.ProviderName = "Credit provider"
    """Who sells the credits: provider, publisher, invoice issuer and service of the FOCUS export."""
    target: types.Engine = "duckdb"
    """The engine of the working warehouse."""
    spark_url: types.ThriftUrl = SecretStr("")
    """The Thrift server of the cluster, such as thrift://user@host:10000; it may hold a password."""
    spark_prefix: types.Prefix = "credits_"
    """Prefix of the names of the databases on the cluster."""
    spark_files: types.SparkFolder = SecretStr("")
    """Folder of the tables as the cluster reaches it; the data directory if empty."""
    lang: types.Language = "en"
    """Language of the report, of published pages, the digest and answers to assistants."""
    dashboard_url: types.PageUrl = ""
    """Where people reach the dashboard, to which lines of a page link; without it they do not."""
    publish: types.Servers = ()
    """Where each version is sent as well; delta is DATA_DIR/delta."""
    postgres_url: types.PostgresUrl = SecretStr("")
    """That PostgreSQL database, such as postgresql://user@host/database; it may hold a password."""
    pull: types.Switch = False
    """Pull every source with a pull.yml at the start of the nightly run; if one fails, the run goes on."""
    alert_webhook: types.WebUrl = SecretStr("")
    """Where alerts are posted to; a secret."""
    alert_email_to: types.Addresses = ()
    """Who gets alerts by e-mail."""
    alert_email_from: types.Address = "credits@localhost"
    """The sender of those e-mails."""
    smtp_url: types.MailUrl = SecretStr("smtp://localhost")
    """The mail server, such as smtp://user@host:587; it may hold a password."""
    alert_days: types.AlertDays = 14
    """How many days before the credits of a workspace may run out its alert is sent."""
    dagster_home: types.Folder = Field(default_factory=_default_home, validation_alias="DAGSTER_HOME")
    """Folder of dagster.yaml, which its relative paths start from."""
    retention_days: types.RetentionDays = None
    """Days after which rejected lines lose their text and members without a generation are erased."""
    pseudonymise: types.OptionalSwitch = None
    """Show people by keyed hashes of their ids in everything built from raw; keep it set once it was."""
    pseudonym_secret: SecretStr = Field(SecretStr(""), title="a random text of at least 16 characters")
    """Key of those hashes; never written anywhere."""

    @classmethod
    def load(cls, **given: Any) -> Settings:
        """The settings of this process, `given` instead of the environment's.

        Raises:
            SettingsError: a value cannot be used.
        """
        try:
            return cls(**given)
        except ValidationError as error:
            raise SettingsError(_refusal(error)) from None

    @property
    def read_options(self) -> ReadOptions:
        return ReadOptions(
            max_line_bytes=self.max_line_bytes, max_file_bytes=self.max_file_bytes, max_ratio=self.max_ratio
        )

    @property
    def lake_dir(self) -> Path:
        return self.data_dir / "raw"

    @property
    def warehouse_path(self) -> Path:
        return self.data_dir / "warehouse.duckdb"

    @property
    def spark_dir(self) -> Path:
        """The local files of a warehouse on a cluster: all of them, unless CREDITS_SPARK_FILES is set."""
        return self.data_dir / "spark"

    @property
    def is_warehouse_torn(self) -> bool:
        """Whether the working warehouse was damaged and set aside, and is not rebuilt yet."""
        torn = self.warehouse_path.with_name(f"{self.warehouse_path.name}.torn")
        return torn.exists() and not self.warehouse_path.exists()

    @property
    def dbt_target_dir(self) -> Path:
        """dbt's artifacts, which differ by target."""
        return self.data_dir / ("dbt" if self.target == "duckdb" else f"dbt-{self.target}")

    @property
    def schema_prefix(self) -> str:
        """Prefix of the names of schemas: a cluster is shared, a file is not."""
        if self.target != "spark":
            return ""
        return self.spark_prefix + ("verify_" if self.data_dir.name == self.verify_dir.name else "")

    @property
    def models_dir(self) -> Path:
        return self.data_dir / "models"

    @property
    def journal_dir(self) -> Path:
        return self.data_dir / "journal"

    @property
    def pull_dir(self) -> Path:
        """What was pulled so far, a folder for each source."""
        return self.data_dir / "pull"

    @property
    def alerts_dir(self) -> Path:
        """The record of the alerts that were sent."""
        return self.data_dir / "alerts"

    @property
    def published_dir(self) -> Path:
        return self.data_dir / "published"

    @property
    def delta_dir(self) -> Path:
        """The published marts as Delta tables, if asked for."""
        return self.data_dir / "delta"

    @property
    def verify_dir(self) -> Path:
        """Where `credits verify` recomputes everything; removed by it, or by the next run."""
        return self.data_dir / ".verify"

    @property
    def dbt_dir(self) -> Path:
        return PROJECT_DIR / "dbt_project"

    @property
    def has_own_home(self) -> bool:
        """Whether Dagster's home is in the data directory, where a run makes it."""
        return IS_INSTALLED and self.dagster_home == self.data_dir / "dagster"

    @property
    def definition_files(self) -> list[Path]:
        """Every file whose change can change a number: models, forecasts, and SQL kept in Python."""
        folders = {
            **{self.dbt_dir / kind: ("sql", "yml", "csv") for kind in ("models", "macros", "seeds")},
            CODE_DIR / "forecasting": ("py", "json", "sql"),
            CODE_DIR / "orchestration" / "defs": ("py", "sql"),
            CODE_DIR / "orchestration" / "warehouse": ("py", "sql"),
        }
        files = [
            file for folder, kinds in folders.items() for kind in kinds for file in folder.rglob(f"*.{kind}")
        ]
        return [self.dbt_dir / "dbt_project.yml", *files]


def use(**given: Any) -> Settings:
    """The settings of this process, checked together and handed to the programs it starts.

    Args:
        given: fields from the command line; None, False and () leave the environment's.

    Raises:
        SettingsError: a setting cannot be used, or one that it needs is missing.
    """
    settings = Settings.load(**{name: value for name, value in given.items() if value})
    if signs := [sign for sign in "#?" if sign in str(settings.data_dir)]:
        raise SettingsError(
            f"the path of the data directory must not contain {' or '.join(signs)}: DuckDB treats them as "
            f"URL syntax; found {settings.data_dir}. Choose another folder with --data-dir."
        )
    secret_length = len(settings.pseudonym_secret)
    if settings.pseudonymise and secret_length < SHORTEST_SECRET:
        raise SettingsError(
            f"pseudonyms need a secret of at least {SHORTEST_SECRET} characters, or anyone could compute "
            f"them; CREDITS_PSEUDONYM_SECRET has {secret_length}. Set it to a random text, as "
            "`openssl rand -hex 32` prints, and keep it: another secret makes other pseudonyms."
        )
    if "postgres" in settings.publish and not settings.postgres_url:
        raise SettingsError(
            "publishing to PostgreSQL needs its address; CREDITS_POSTGRES_URL is empty. Set it to "
            "postgresql://user:<password>@host/database, or unset CREDITS_PUBLISH."
        )
    if "delta" in settings.publish and find_spec("deltalake") is None:
        raise SettingsError(
            "publishing as Delta tables needs the package deltalake; it is not installed. Install the extra "
            "`delta` (pip install 'credit-usage-analytics[delta]'), or unset CREDITS_PUBLISH."
        )
    if settings.target == "spark":
        _check_spark(settings)
    if not settings.dagster_home.is_dir() and not settings.has_own_home:
        raise SettingsError(
            f"DAGSTER_HOME must be the folder of a dagster.yaml; {settings.dagster_home} is not a folder. "
            "Create it, or unset DAGSTER_HOME."
        )
    export_environment(settings)
    return settings


def secret(variable: str) -> SecretStr:
    """The value of a variable that a file names because it holds a secret; empty if it is not set."""
    return SecretStr(os.environ.get(variable, ""))


def export_environment(settings: Settings) -> None:
    """Write what dbt's profiles, Dagster and the programs this process starts read from the environment."""
    os.environ |= {
        "CREDITS_LANDING_DIR": str(settings.landing_dir),
        "CREDITS_DATA_DIR": str(settings.data_dir),
        "CREDITS_SCHEMA_PREFIX": settings.schema_prefix,
        "CREDITS_MEMORY_LIMIT": settings.memory_limit,
        "DAGSTER_HOME": str(settings.dagster_home),
        # dagster.yaml alone does not stop the upload of events queued earlier, which would hang
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "RUNTIME__DLTHUB_TELEMETRY": "false",
    }
    # Dagster stores the planned events of a run in one transaction, not one for each asset and check
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", "1000")
    if settings.target == "spark":
        from orchestration.warehouse.spark.thrift_server import ThriftServer

        server = ThriftServer.from_url(settings.spark_url.get_secret_value())
        os.environ |= {
            "CREDITS_SPARK_HOST": server.host,
            "CREDITS_SPARK_PORT": str(server.port),
            "CREDITS_SPARK_USER": server.user or "",
            "CREDITS_SPARK_PASSWORD": server.password or "",
            "CREDITS_SPARK_AUTH": server.auth,
            "CREDITS_SPARK_KERBEROS_SERVICE": server.kerberos_service or "",
        }


def _refusal(error: ValidationError) -> str:
    """Rule, value and remedy of the first setting that is refused."""
    first = error.errors(include_url=False)[0]
    fields = Settings.model_fields
    by_key = {key: field for name, field in fields.items() for key in (name, field.validation_alias)}
    field, value = by_key[str(first["loc"][0])], first["input"]
    rule = f"{field.validation_alias} must be {field.title}"
    if field.annotation is not SecretStr:
        return f"{rule}; found {value!r}. Correct or unset it."
    return (
        f"{rule}; the value ({len(value)} characters, hidden because it may hold a "
        "password) is not. Correct or unset it; in a password, / ? and # are written %2F %3F and %23."
    )


def _check_spark(settings: Settings) -> None:
    if not settings.spark_url:
        raise SettingsError(
            "the target spark needs the address of a Thrift server; CREDITS_SPARK_URL is empty. Set it to "
            "thrift://host:10000, or unset CREDITS_TARGET."
        )
    if find_spec("pyhive") is None:
        raise SettingsError(
            "the target spark needs the packages dbt-spark and PyHive; they are not installed. Install the "
            "extra `spark` (pip install '.[spark]'), or unset CREDITS_TARGET."
        )
    if re.search(r"[^\w/ .=@+-]", str(settings.data_dir), re.ASCII):
        raise SettingsError(
            "Spark reads the data directory by patterns, so its path may contain only letters, digits and "
            f"/ . _ - = @ +; found {settings.data_dir}. Choose another folder with --data-dir."
        )
    files = urlsplit(settings.spark_files.get_secret_value())
    if files.password or not types.has_port(files):
        raise SettingsError(
            "CREDITS_SPARK_FILES must not hold a password, which the cluster would store in the paths of its "
            "tables; the value (hidden) holds one. Give both sides their credentials by environment or role."
        )
