"""A run builds nothing where the served version is what it would publish again, and only there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from orchestration.publish.versions.build import serve
from orchestration.publish.versions.manifest import write_manifest
from orchestration.runs import nothing_new
from orchestration.runs.job_tags import DATA_DIR_TAG, JOB_NAME
from orchestration.runs.nothing_new import is_served, presentation
from orchestration.settings import Settings
from orchestration.warehouse.duckdb import DuckDBWarehouse
from orchestration.warehouse.model_store import ModelFile
from orchestration.warehouse.run_state import RunState, begin, complete

MODEL = b"a model"
STATE = RunState(batch_id=3, as_of=date(2026, 4, 7), definitions="d")


@dataclass
class Site:
    """A data directory whose last run has published STATE, and a run of it that has begun."""

    settings: Settings
    warehouse: DuckDBWarehouse
    instance: dg.DagsterInstance

    def ran(self, run_id: str, status: dg.DagsterRunStatus) -> None:
        tags = {DATA_DIR_TAG: str(self.settings.data_dir)}
        self.instance.add_run(dg.DagsterRun(job_name=JOB_NAME, run_id=run_id, tags=tags, status=status))

    def is_served(self, state: RunState = STATE) -> bool:
        return is_served(state, self.warehouse, self.settings, self.instance)


def _hash(stored: bytes) -> str:
    return sha256(stored).hexdigest()


def _register(warehouse: DuckDBWarehouse, *, refused: str | None) -> None:
    rows = pd.DataFrame(
        {"model": "waste_boosting", "version": "a", "hash": [_hash(MODEL)], "refused": [refused]}
    )
    warehouse.replace(
        "waste.models", rows, select="select * replace (cast(refused as text) as refused) from frame"
    )


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    settings = Settings(landing_dir=tmp_path / "landing", data_dir=tmp_path / "data")
    version = settings.data_dir / "versions" / "1"
    version.mkdir(parents=True)
    (version / "index.html").write_text("a page")
    STATE.write(version, presentation=presentation(settings))
    write_manifest(version, published_at=datetime(2026, 4, 8, tzinfo=UTC), replaces=None)
    serve(1, settings.data_dir)
    warehouse = DuckDBWarehouse(settings.warehouse_path)
    complete(warehouse, STATE)
    ModelFile(settings.models_dir, _hash(MODEL)).write(MODEL)
    _register(warehouse, refused=None)
    with dg.DagsterInstance.ephemeral() as instance:
        site = Site(settings, warehouse, instance)
        site.ran("before", dg.DagsterRunStatus.SUCCESS)
        site.ran("now", dg.DagsterRunStatus.STARTED)
        yield site


def test_what_the_last_run_published_is_not_built_again(site: Site) -> None:
    assert site.is_served()


@pytest.mark.parametrize("changed", [{"batch_id": 4}, {"as_of": date(2026, 4, 8)}, {"definitions": "e"}])
def test_another_batch_day_or_definition_is_built(site: Site, changed: dict[str, object]) -> None:
    assert not site.is_served(replace(STATE, **changed))


def _damage(site: Site) -> None:
    (site.settings.published_dir / "index.html").write_text("another page")


def _begin(site: Site) -> None:
    begin(site.warehouse, replace(STATE, as_of=date(2026, 4, 9)))


def _fail_later(site: Site) -> None:
    site.ran("failed", dg.DagsterRunStatus.FAILURE)
    site.ran("again", dg.DagsterRunStatus.STARTED)


def _present_in_thai(site: Site) -> None:
    site.settings = site.settings.model_copy(update={"lang": "th"})


def _publish_to_a_server_too(site: Site) -> None:
    site.settings = site.settings.model_copy(update={"publish": ("delta",)})


def _close_months_later(site: Site) -> None:
    site.settings = site.settings.model_copy(update={"month_closes_on": 9})


def _of_an_older_release(site: Site) -> None:
    STATE.write(site.settings.published_dir, presentation="")
    folder = site.settings.published_dir.resolve()
    write_manifest(folder, published_at=datetime(2026, 4, 8, tzinfo=UTC), replaces=None)


def _lose_the_warehouse(site: Site) -> None:
    site.warehouse.remove()


def _model_file(site: Site) -> Path:
    (file,) = site.settings.models_dir.iterdir()
    return file


def _change_the_model(site: Site) -> None:
    _model_file(site).write_bytes(b"another")


def _delete_the_model(site: Site) -> None:
    _model_file(site).unlink()


def _refuse_the_model(site: Site) -> None:
    _register(site.warehouse, refused="it was changed")


@pytest.mark.parametrize(
    "event",
    [
        *(_damage, _begin, _fail_later, _present_in_thai, _publish_to_a_server_too, _close_months_later),
        *(_of_an_older_release, _lose_the_warehouse),
        *(_change_the_model, _delete_the_model, _refuse_the_model),
    ],
)
def test_a_served_version_that_may_be_another_is_built_again(
    site: Site, event: Callable[[Site], None]
) -> None:
    event(site)
    assert not site.is_served()


def test_a_page_that_another_release_draws_otherwise_is_another_presentation(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = shutil.copytree(nothing_new._PUBLISH, tmp_path / "publish")
    monkeypatch.setattr(nothing_new, "_PUBLISH", code)
    assert site.is_served()
    (template,) = code.rglob("report.html.j2")
    template.write_text(template.read_text() + "<!-- another -->")
    assert not site.is_served()
