"""The settings of one process, from the environment; the only module that reads or writes it.

What one run is told (as_of, full refresh) does not belong here: that is run configuration.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from orchestration.landing.options import (
    DEFAULT_OPTIONS,
    FILE_CAP,
    LINE_CAP,
    MIB,
    RATIO_CAP,
    ReadOptions,
)

SHORTEST_SECRET = 16
PROJECT_DIR = Path(__file__).resolve().parents[1]
_MEMORY = re.compile(r"[0-9]+(\.[0-9]+)? ?[KMGT]i?B", re.IGNORECASE)
_CRON_FIELD = r"[-*,/0-9A-Za-z]+"
_CRON = re.compile(rf"{_CRON_FIELD}(\s+{_CRON_FIELD}){{4}}")
LANGUAGES = ("en", "th")
_TARGET = re.compile("duckdb|spark")
_PREFIX = re.compile(r"[a-z][a-z0-9_]*")
_URI = re.compile(r"((file|hdfs|viewfs|s3a?|gs|abfss?)://[^\s'`{}]+)?")  # what both Arrow and Spark read
_LANGUAGE = re.compile("|".join(LANGUAGES))
_LONGEST_LINE = 1024 * MIB  # texts of one piece are found by 32-bit offsets


class SettingsError(ValueError):
    """A setting cannot be used; the message says which, why, and what to do."""


@dataclass(frozen=True)
class Settings:
    """Where things lie and how much they may take.

    Attributes:
        landing_dir: folder the feeds are delivered to (CREDITS_LANDING_DIR).
        data_dir: folder of the lake, the warehouse and what is published (CREDITS_DATA_DIR).
        memory_limit: what DuckDB may use, such as "6GB" (CREDITS_MEMORY_LIMIT).
        schedule_cron: when the nightly run starts (CREDITS_SCHEDULE_CRON).
        schedule_timezone: the time zone of that (CREDITS_SCHEDULE_TIMEZONE).
        read_options: caps on landing files (CREDITS_MAX_LINE_BYTES, CREDITS_MAX_FILE_BYTES,
            CREDITS_MAX_RATIO).
        workspace_files: publish each workspace alone as well, to be given without the others
            (CREDITS_WORKSPACE_FILES=1); for every workspace a database, a Parquet file a mart and a page.
        target: the engine of the working warehouse, "duckdb" or "spark" (CREDITS_TARGET).
        spark_url: of the Thrift server, such as thrift://user@host:10000 (CREDITS_SPARK_URL); it may hold a
            password.
        spark_prefix: of the names of the databases on the cluster (CREDITS_SPARK_PREFIX).
        spark_files: the folder for the tables as the cluster reaches it, such as s3a://bucket/credits
            (CREDITS_SPARK_FILES); the data directory itself if empty.
        language: of the pages that a run publishes, "en" or "th" (CREDITS_LANG).
        publish: where else a run publishes to: ("postgres",) or nothing (CREDITS_PUBLISH).
        postgres_url: of that database (CREDITS_POSTGRES_URL), which holds a password.
        alert_webhook: where alerts are posted to (CREDITS_ALERT_WEBHOOK); a secret.
        alert_recipients, alert_sender, smtp_url: who is mailed, from whom and by which server
            (CREDITS_ALERT_EMAIL_TO, CREDITS_ALERT_EMAIL_FROM, CREDITS_SMTP_URL, which holds a password).
        alert_days: how many days ahead of a workspace's end it is told (CREDITS_ALERT_DAYS).
        dagster_home: the folder of dagster.yaml, whose relative paths are meant from there (DAGSTER_HOME).
        retention_days: how long rejected lines keep their text, and people without a generation their id;
            for ever if None (CREDITS_RETENTION_DAYS).
        pseudonymise: whether people have pseudonyms in all that is built from raw (CREDITS_PSEUDONYMISE=1);
            None if nothing is said of it: they have not, unless they had.
        pseudonym_secret: what those are made with (CREDITS_PSEUDONYM_SECRET); never written anywhere.
    """

    landing_dir: Path
    data_dir: Path
    memory_limit: str = "6GB"
    schedule_cron: str = "0 2 * * *"
    schedule_timezone: str = "UTC"
    read_options: ReadOptions = DEFAULT_OPTIONS
    workspace_files: bool = False
    target: str = "duckdb"
    spark_url: str = field(default="", repr=False)
    spark_prefix: str = "credits_"
    spark_files: str = field(default="", repr=False)
    language: str = "en"
    publish: tuple[str, ...] = ()
    postgres_url: str = field(default="", repr=False)
    alert_webhook: str = field(default="", repr=False)
    alert_recipients: tuple[str, ...] = ()
    alert_sender: str = "credits@localhost"
    smtp_url: str = field(default="smtp://localhost", repr=False)
    alert_days: int = 14
    dagster_home: Path = PROJECT_DIR
    retention_days: int | None = None
    pseudonymise: bool | None = None
    pseudonym_secret: str = field(default="", repr=False)

    @classmethod
    def load(cls) -> Settings:
        """The settings of this process; folders default to data/ in the project.

        Raises:
            SettingsError: a value cannot be used.
        """
        default = PROJECT_DIR / "data"
        return cls(
            landing_dir=Path(os.environ.get("CREDITS_LANDING_DIR", default / "landing")).resolve(),
            data_dir=Path(os.environ.get("CREDITS_DATA_DIR", default / "warehouse")).resolve(),
            memory_limit=_text("CREDITS_MEMORY_LIMIT", cls.memory_limit, _MEMORY, "a size such as 6GB"),
            schedule_cron=_text(
                "CREDITS_SCHEDULE_CRON", cls.schedule_cron, _CRON, "five fields such as 0 2 * * *"
            ),
            schedule_timezone=_timezone("CREDITS_SCHEDULE_TIMEZONE", cls.schedule_timezone),
            read_options=ReadOptions(
                max_line_bytes=_whole_number(LINE_CAP, DEFAULT_OPTIONS.max_line_bytes, most=_LONGEST_LINE),
                max_file_bytes=_whole_number(FILE_CAP, DEFAULT_OPTIONS.max_file_bytes),
                max_ratio=_whole_number(RATIO_CAP, DEFAULT_OPTIONS.max_ratio),
            ),
            workspace_files=bool(_is_on("CREDITS_WORKSPACE_FILES")),
            publish=_targets("CREDITS_PUBLISH"),
            postgres_url=_url("CREDITS_POSTGRES_URL", "", ("postgresql", "postgres"), needs_host=False),
            alert_webhook=_url("CREDITS_ALERT_WEBHOOK", "", ("http", "https")),
            alert_recipients=_addresses("CREDITS_ALERT_EMAIL_TO"),
            alert_sender=next(iter(_addresses("CREDITS_ALERT_EMAIL_FROM")), cls.alert_sender),
            smtp_url=_url("CREDITS_SMTP_URL", "smtp://localhost", ("smtp", "smtps")),
            alert_days=_whole_number("CREDITS_ALERT_DAYS", cls.alert_days, most=3650),
            target=_text("CREDITS_TARGET", cls.target, _TARGET, "duckdb or spark"),
            spark_url=_url("CREDITS_SPARK_URL", "", ("thrift",)),
            spark_prefix=_text(
                "CREDITS_SPARK_PREFIX",
                cls.spark_prefix,
                _PREFIX,
                "of small letters, digits and _, such as credits_",
            ),
            spark_files=_text(
                "CREDITS_SPARK_FILES",
                "",
                _URI,
                "a URI such as s3a://bucket/credits, gs://, abfss:// or hdfs://",
            ),
            language=_text("CREDITS_LANG", cls.language, _LANGUAGE, "en or th"),
            dagster_home=Path(os.environ.get("DAGSTER_HOME", cls.dagster_home)).resolve(),
            retention_days=_days("CREDITS_RETENTION_DAYS"),
            pseudonymise=_is_on("CREDITS_PSEUDONYMISE"),
            pseudonym_secret=os.environ.get("CREDITS_PSEUDONYM_SECRET", ""),
        )

    @property
    def lake_dir(self) -> Path:
        return self.data_dir / "raw"

    @property
    def warehouse_path(self) -> Path:
        return self.data_dir / "warehouse.duckdb"

    @property
    def spark_dir(self) -> Path:
        """What a warehouse on a cluster keeps here: all of its files, but for CREDITS_SPARK_FILES."""
        return self.data_dir / "spark"

    @property
    def is_warehouse_torn(self) -> bool:
        """Whether the working warehouse was set aside because it was damaged, and is not rebuilt yet."""
        torn = self.warehouse_path.with_name(f"{self.warehouse_path.name}.torn")
        return torn.exists() and not self.warehouse_path.exists()

    @property
    def dbt_target_dir(self) -> Path:
        """Where dbt keeps what it parsed: the targets differ in it."""
        return self.data_dir / ("dbt" if self.target == "duckdb" else f"dbt-{self.target}")

    @property
    def schema_prefix(self) -> str:
        """Of the names of schemas: a cluster is shared, a file is not."""
        beside = "verify_" if self.data_dir.name == self.verify_dir.name else ""
        return f"{self.spark_prefix}{beside}" if self.target == "spark" else ""

    @property
    def models_dir(self) -> Path:
        return self.data_dir / "models"

    @property
    def journal_dir(self) -> Path:
        return self.data_dir / "journal"

    @property
    def alerts_dir(self) -> Path:
        """Where it is remembered who was told what."""
        return self.data_dir / "alerts"

    @property
    def published_dir(self) -> Path:
        return self.data_dir / "published"

    @property
    def verify_dir(self) -> Path:
        """Where `credits verify` makes everything anew; removed by it, or by whatever starts next."""
        return self.data_dir / ".verify"

    @property
    def dbt_dir(self) -> Path:
        return PROJECT_DIR / "dbt_project"

    @property
    def definition_files(self) -> list[Path]:
        """Every file whose change can change a number: models, forecasts, and SQL kept in Python."""
        folders = {
            **{self.dbt_dir / kind: ("sql", "yml", "csv") for kind in ("models", "macros", "seeds")},
            PROJECT_DIR / "forecasting": ("py", "json", "sql"),
            PROJECT_DIR / "orchestration" / "defs": ("py", "sql"),
            PROJECT_DIR / "orchestration" / "warehouse": ("py", "sql"),
        }
        files = [
            file for folder, kinds in folders.items() for kind in kinds for file in folder.rglob(f"*.{kind}")
        ]
        return [self.dbt_dir / "dbt_project.yml", *files]


def _text(name: str, default: str, form: re.Pattern[str], wanted: str) -> str:
    value = os.environ.get(name, default)
    if not form.fullmatch(value.strip()):
        raise SettingsError(f"{name} must be {wanted}; found {value!r}. Correct or unset it.")
    return value.strip()


def _timezone(name: str, default: str) -> str:
    value = os.environ.get(name, default)
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(
            f"{name} must be an IANA time zone such as Europe/Berlin; found {value!r}. Correct or unset it."
        ) from error
    return value


def _whole_number(name: str, default: int, *, most: int | None = None) -> int:
    value = os.environ.get(name, str(default))
    number = int(value) if re.fullmatch(r"[0-9]{1,18}", value) else 0
    if number < 1 or (most is not None and number > most):
        wanted = "a whole number from 1 on" if most is None else f"a whole number from 1 to {most}"
        raise SettingsError(f"{name} must be {wanted}; found {value!r}. Correct or unset it.")
    return number


def _targets(name: str) -> tuple[str, ...]:
    value = os.environ.get(name, "").strip().lower()
    if value not in ("", "postgres"):
        raise SettingsError(f"{name} must be postgres, or nothing; found {value!r}. Correct or unset it.")
    return (value,) if value else ()


def _url(name: str, default: str, schemes: tuple[str, ...], *, needs_host: bool = True) -> str:
    """An address, which may hold a secret and is never repeated."""
    value = os.environ.get(name, "").strip() or default
    parts = urlsplit(value)
    # without a need of one host there may be several, each with a port
    is_cut = needs_host and (not parts.hostname or _is_cut(parts))
    if value and (parts.scheme not in schemes or is_cut):
        raise SettingsError(
            f"{name} must be an address that starts with {' or '.join(f'{one}://' for one in schemes)}; "
            f"found one of {len(value)} characters that is none (it may be secret and is not shown). "
            "Correct or unset it; in a password, / ? and # are written %2F %3F and %23."
        )
    return value


def _is_cut(parts: SplitResult) -> bool:
    """Whether a password with / ? or # in it made something else of the address."""
    return not _has_port(parts) or (
        parts.scheme == "thrift" and ("@" in parts.query or bool(parts.path.strip("/") or parts.fragment))
    )


def _has_port(parts: SplitResult) -> bool:
    """Whether the port, if there is one, is a port: the beginning of a password is none."""
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


def _addresses(name: str) -> tuple[str, ...]:
    value = os.environ.get(name, "")
    addresses = tuple(address for address in re.split(r"[,\s]+", value) if address)
    if odd := [address for address in addresses if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", address)]:
        raise SettingsError(
            f"{name} must be e-mail addresses with commas between; found {odd[0]!r}. Correct or unset it."
        )
    return addresses


def _days(name: str) -> int | None:
    """A number of days; None where none is given."""
    value = os.environ.get(name, "").strip()
    if not value:
        return None
    if not value.isdecimal() or not 1 <= int(value) <= 100_000:
        raise SettingsError(
            f"{name} must be a whole number of days, at least 1; it is {value!r}. Unset it to keep all."
        )
    return int(value)


def _is_on(name: str) -> bool | None:
    """Whether a switch is on, None if nothing is said; any word but those for yes and no is refused."""
    value = os.environ.get(name, "").strip().lower()
    if value not in ("", "0", "no", "false", "1", "yes", "true"):
        raise SettingsError(f"{name} must be 1 or 0; it is {value!r}. Set it to 1 to switch it on.")
    return value in ("1", "yes", "true") if value else None


def use(
    *,
    landing_dir: Path | None = None,
    data_dir: Path | None = None,
    pseudonymise: bool = False,
    workspace_files: bool = False,
    publish: tuple[str, ...] = (),
    target: str | None = None,
) -> Settings:
    """Fix the folders for this process and those it starts (dbt reads them), and return the settings."""
    if pseudonymise:
        os.environ["CREDITS_PSEUDONYMISE"] = "1"
    if workspace_files:
        os.environ["CREDITS_WORKSPACE_FILES"] = "1"
    if publish:
        os.environ["CREDITS_PUBLISH"] = publish[0]
    if target:
        os.environ["CREDITS_TARGET"] = target
    if landing_dir is not None:
        os.environ["CREDITS_LANDING_DIR"] = str(landing_dir.resolve())
    if data_dir is not None:
        os.environ["CREDITS_DATA_DIR"] = str(data_dir.resolve())
    settings = Settings.load()
    odd = [character for character in "#?" if character in str(settings.data_dir)]
    if odd:
        raise SettingsError(
            f"the path of the data directory may not contain {' or '.join(odd)}, which DuckDB takes for more "
            f"than a name; found {settings.data_dir}. Choose another folder with --data-dir."
        )
    if settings.pseudonymise and len(settings.pseudonym_secret) < SHORTEST_SECRET:
        raise SettingsError(
            f"pseudonyms need a secret of at least {SHORTEST_SECRET} characters, or anyone could make them; "
            f"CREDITS_PSEUDONYM_SECRET has {len(settings.pseudonym_secret)}. Set it to a random text, as "
            "`openssl rand -hex 32` prints, and keep it: another secret makes other pseudonyms."
        )
    if settings.publish and not settings.postgres_url:
        raise SettingsError(
            "publishing to PostgreSQL needs its address; CREDITS_POSTGRES_URL is empty. Set it to "
            "postgresql://user:<password>@host/database, or unset CREDITS_PUBLISH."
        )
    if settings.target == "spark":
        _use_spark(settings)
    if not settings.dagster_home.is_dir():
        raise SettingsError(
            f"DAGSTER_HOME must be the folder of a dagster.yaml; {settings.dagster_home} is no folder. "
            "Make it, or unset DAGSTER_HOME."
        )
    os.environ["CREDITS_LANDING_DIR"] = str(settings.landing_dir)
    os.environ["CREDITS_DATA_DIR"] = str(settings.data_dir)
    os.environ["CREDITS_SCHEMA_PREFIX"] = settings.schema_prefix
    os.environ["CREDITS_MEMORY_LIMIT"] = settings.memory_limit
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    # a left-over queue of telemetry would still be uploaded, and hang, if only the yaml said no
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    # what a run plans is stored in one transaction, not one for each asset and check
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", "1000")
    return settings


def _use_spark(settings: Settings) -> None:
    """Hand dbt the address of the cluster.

    Raises:
        SettingsError: no address is given, or the packages that speak to it are not installed.
    """
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
            "Spark reads the data directory by patterns, so that its path may have letters, digits and "
            f"/ . _ - = @ + only; found {settings.data_dir}. Choose another folder with --data-dir."
        )
    files = urlsplit(settings.spark_files)
    if files.password or not _has_port(files):
        raise SettingsError(
            "CREDITS_SPARK_FILES may hold no password, which the cluster would keep in the places of its "
            "tables; it holds one (not shown). Give both sides their credentials by environment or role."
        )
    from orchestration.warehouse.spark.thrift_server import ThriftServer

    server = ThriftServer.from_url(settings.spark_url)
    told = {
        "HOST": server.host,
        "PORT": str(server.port),
        "USER": server.user or "",
        "PASSWORD": server.password or "",
        "AUTH": server.auth,
        "KERBEROS_SERVICE": server.kerberos_service or "",
    }
    os.environ.update({f"CREDITS_SPARK_{name}": value for name, value in told.items()})
