"""The settings of one process, from the environment; the only module that reads or writes it.

What one run is told (as_of, full refresh) does not belong here: that is run configuration.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parents[1]


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
        workspace_files: publish each workspace alone as well, to be given without the others
            (CREDITS_WORKSPACE_FILES=1); for every workspace a database, a Parquet file a mart and a page.
        dagster_home: the folder of dagster.yaml, whose relative paths are meant from there (DAGSTER_HOME).
    """

    landing_dir: Path
    data_dir: Path
    memory_limit: str = "6GB"
    schedule_cron: str = "0 2 * * *"
    schedule_timezone: str = "UTC"
    workspace_files: bool = False
    dagster_home: Path = PROJECT_DIR

    @classmethod
    def load(cls) -> Settings:
        """The settings of this process; folders default to data/ in the project."""
        default = PROJECT_DIR / "data"
        return cls(
            landing_dir=Path(os.environ.get("CREDITS_LANDING_DIR", default / "landing")).resolve(),
            data_dir=Path(os.environ.get("CREDITS_DATA_DIR", default / "warehouse")).resolve(),
            memory_limit=os.environ.get("CREDITS_MEMORY_LIMIT", cls.memory_limit),
            schedule_cron=os.environ.get("CREDITS_SCHEDULE_CRON", cls.schedule_cron),
            schedule_timezone=os.environ.get("CREDITS_SCHEDULE_TIMEZONE", cls.schedule_timezone),
            workspace_files=_switch("CREDITS_WORKSPACE_FILES", default=cls.workspace_files),
            dagster_home=Path(os.environ.get("DAGSTER_HOME", cls.dagster_home)).resolve(),
        )

    @property
    def lake_dir(self) -> Path:
        return self.data_dir / "raw"

    @property
    def warehouse_path(self) -> Path:
        return self.data_dir / "warehouse.duckdb"

    @property
    def models_dir(self) -> Path:
        return self.data_dir / "models"

    @property
    def journal_dir(self) -> Path:
        return self.data_dir / "journal"

    @property
    def published_dir(self) -> Path:
        return self.data_dir / "published"

    @property
    def dbt_dir(self) -> Path:
        return PROJECT_DIR / "dbt_project"

    @property
    def definition_files(self) -> list[Path]:
        """The files that say what every number means."""
        models = [file for kind in ("models", "macros") for file in (self.dbt_dir / kind).rglob("*.sql")]
        forecasting = [
            file for kind in ("py", "json") for file in (PROJECT_DIR / "forecasting").glob(f"*.{kind}")
        ]
        return [*models, self.dbt_dir / "dbt_project.yml", *forecasting]


def use(
    *, landing_dir: Path | None = None, data_dir: Path | None = None, workspace_files: bool = False
) -> Settings:
    """Fix the folders for this process and those it starts (dbt reads them), and return the settings."""
    if workspace_files:
        os.environ["CREDITS_WORKSPACE_FILES"] = "1"
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
    if not settings.dagster_home.is_dir():
        raise SettingsError(
            f"DAGSTER_HOME must be the folder of a dagster.yaml; {settings.dagster_home} is no folder. "
            "Make it, or unset DAGSTER_HOME."
        )
    os.environ["CREDITS_LANDING_DIR"] = str(settings.landing_dir)
    os.environ["CREDITS_DATA_DIR"] = str(settings.data_dir)
    os.environ["CREDITS_MEMORY_LIMIT"] = settings.memory_limit
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    # a left-over queue of telemetry would still be uploaded, and hang, if only the yaml said no
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    return settings


def _switch(name: str, *, default: bool) -> bool:
    value = os.environ.get(name, "")
    if value not in ("", "0", "1"):
        raise SettingsError(f"{name} must be 1 (on) or 0 (off); found {value!r}. Set one of them.")
    return default if value == "" else value == "1"
