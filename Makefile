# make run, make test: each installs the environment it needs. Needs make and Python 3.11 with venv
# (3.12 and 3.13 work as well: make run PYTHON=python3.12; make test-pythons tests them).

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PYTHON312 ?= $(shell for name in python3.12 python3.13 $(HOME)/.pyenv/versions/3.1[23].*/bin/python; do \
	"$$name" -c 1 2>/dev/null && echo "$$name" && break; done)
VENV := .venv
BIN := $(VENV)/bin
LANDING := data/landing
DATA := data/warehouse
EVENTS := 2000000
QUERY := --metrics credits,waste_rate --group-by usage__member_id --order -credits

export DAGSTER_HOME := $(CURDIR)
export DAGSTER_DISABLE_TELEMETRY := 1
# else each process that a test starts, and each worker, compiles what it imports again
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run dashboard metrics test faults test-slow test-pythons test-spark test-spark-all test-metrics test-superset test-focus docs messages bench bench-pages bench-depletion bench-budgets bench-waste autoets serve lint audit wheel lock clean bench-engines

help:  ## list what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

$(VENV)/.made: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "Python 3.11 (or 3.12, 3.13) is needed, found: $$($(PYTHON) --version 2>&1). Install it, or: make run PYTHON=/path/to/python3.11"; exit 2; }
	@echo "installing the environment in $(VENV) (about a minute, once)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --no-build-isolation --editable .
	@touch $@

run: $(VENV)/.made  ## run the nightly job on the sample, end to end, and print its report
	@$(BIN)/credits sample --out $(LANDING)
	@$(BIN)/credits run --landing $(LANDING) --data-dir $(DATA) --as-of 2026-04-07
	@echo
	@$(BIN)/credits report --data-dir $(DATA)
	@echo
	@echo "The same as a page: $(DATA)/published/index.html"
	@echo "A dashboard: make dashboard. The Dagster UI: make serve."

test: $(VENV)/.made  ## run every test but the slow ones
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

faults: $(VENV)/.made  ## inject every fault of tests/faults and print the table of results (about an hour)
	@$(BIN)/python -m pytest tests/faults --every-fault -m "slow or not slow" --numprocesses 2 --dist load

test-slow: $(VENV)/.made  ## run the slow tests: long runs and large sets of histories (about an hour)
	@$(BIN)/python -m pytest -m "slow and not spark"

test-pythons: .venv-3.12/.made .venv-3.13/.made  ## run the fast tests on Python 3.12 and 3.13 as well (TESTS=tests/golden for some)
	@.venv-3.12/bin/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(TESTS)
	@.venv-3.13/bin/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(TESTS)

.venv-3.%/.made: requirements.lock pyproject.toml
	@python3.$* -m venv --clear .venv-3.$*
	@.venv-3.$*/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes -r requirements.lock
	@.venv-3.$*/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --no-build-isolation --editable .
	@touch $@

test-spark: $(VENV)/.spark .venv-spark/.made  ## compare the sample and awkward runs on a local Spark server with DuckDB (needs Java 17)
	@$(BIN)/python -m pytest tests/spark -m "spark and not slow"

test-spark-all: $(VENV)/.spark .venv-spark/.made  ## run the same on a cluster, with a real log, five seeds and lost workers (one to two hours)
	@$(BIN)/python -m pytest tests/spark -m spark --numprocesses 2 --dist worksteal

$(VENV)/.spark: $(VENV)/.made requirements-spark.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes --no-build-isolation -r requirements-spark.lock
	@touch $@

.venv-spark/.made:
	@java -version >/dev/null 2>&1 || \
		{ echo "Spark needs Java 17, and there is no java on the PATH. Install it (Debian: apt install openjdk-17-jre-headless)."; exit 2; }
	@echo "making the environment of the cluster in .venv-spark (about a minute, once)"
	@$(PYTHON) -m venv --clear .venv-spark
	@.venv-spark/bin/python -m pip install --quiet --disable-pip-version-check --no-compile pyspark==4.3.0
	@touch $@

.venv-sqlmesh/.made:
	@$(PYTHON) -m venv --clear .venv-sqlmesh
	@.venv-sqlmesh/bin/python -m pip install --quiet --disable-pip-version-check --no-compile sqlmesh==0.236.0 duckdb==2.0.1
	@touch $@

bench: $(VENV)/.made .venv-sqlmesh/.made  ## measure load, full build, runs, the floor and mapped records (make bench EVENTS=20000000)
	@$(BIN)/python -m benchmarks.warehouse --events $(EVENTS)
	@$(BIN)/python -m benchmarks.mapped_source

bench-engines: $(VENV)/.spark .venv-spark/.made  ## measure DuckDB and a Spark cluster on the same deliveries, in CPU seconds a row (EVENTS="200000 2000000")
	@$(BIN)/python -m benchmarks.engines --events $(EVENTS)

bench-pages: $(VENV)/.made  ## measure the pages of 10,000 copies of the published workspaces (make run first)
	@$(BIN)/python -m benchmarks.pages $(DATA)/published

bench-depletion: $(VENV)/.made  ## score the forecast against the pace and others (SERIES=file.csv for other series)
	@$(BIN)/python -m benchmarks.depletion $(if $(SERIES),--series $(SERIES)) $(if $(AUTOETS),--autoets $(AUTOETS))

bench-budgets: $(VENV)/.made  ## score the budget forecast against the straight line (SERIES=file.csv for other series)
	@$(BIN)/python -m benchmarks.budgets $(if $(SERIES),--series $(SERIES))

bench-waste: $(VENV)/.made  ## score the waste classifier against the rule, week by week (LANDING=DIR for other logs)
	@$(BIN)/python -m benchmarks.waste $(if $(filter-out data/landing,$(LANDING)),--landing $(LANDING)) $(if $(AS_OF),--as-of $(AS_OF))

autoets: ## make point forecasts of AutoETS for the above, in an environment of its own (SERIES=file.csv AUTOETS=out.csv)
	@$(PYTHON) -m venv .venv-autoets && .venv-autoets/bin/pip install --quiet statsforecast==2.1.1
	@.venv-autoets/bin/python benchmarks/depletion_autoets.py --series $(SERIES) --every 50 --out $(AUTOETS)

dashboard: $(VENV)/.made  ## serve the dashboard of what make run published, on http://127.0.0.1:8501
	@$(BIN)/credits dashboard --data-dir $(DATA)

metrics: .venv-metrics/.made  ## query the published marts by metric (QUERY="--metrics credits --group-by usage__member_id")
	@sh dbt_project/semantic/ask.sh $(DATA)/published .venv-metrics/bin query $(QUERY)

test-metrics: $(VENV)/.made .venv-metrics/.made  ## compare MetricFlow's answers with the marts, in an environment of its own
	@$(BIN)/python -m pytest tests/bi/test_metrics.py -m "slow or not slow"

test-superset: $(VENV)/.made .venv-superset/.made  ## test Apache Superset on the published file, in an environment of its own
	@$(BIN)/python -m pytest tests/bi/test_superset.py -m "slow or not slow"

test-focus: $(VENV)/.made .venv-focus/.made  ## validate the FOCUS export, in an environment of its own (needs Python 3.12 or 3.13, or uv)
	@$(BIN)/python -m pytest tests/bi/test_focus.py -m "slow or not slow"

.venv-metrics/.made:
	@$(PYTHON) -m venv --clear .venv-metrics
	@.venv-metrics/bin/pip install --quiet 'dbt-metricflow==0.15.*' 'dbt-core>=1.11,<1.12' dbt-duckdb==1.11.1 duckdb==2.0.1
	@touch $@

.venv-superset/.made:
	@$(PYTHON) -m venv --clear .venv-superset
	@.venv-superset/bin/pip install --quiet 'apache-superset==6.1.*' rich 'cachetools<6' flask-caching==2.3.1 \
		duckdb-engine==0.17.0 duckdb==2.0.1
	@touch $@

.venv-focus/.made:
	@if [ -n "$(PYTHON312)" ]; then $(PYTHON312) -m venv --clear .venv-focus; \
	elif command -v uv >/dev/null; then UV_PYTHON_DOWNLOADS=never uv venv --quiet --clear --seed --python '>=3.12,<3.14' .venv-focus; \
	else echo "focus-validator needs Python 3.12 or 3.13. Install it, or: make test-focus PYTHON312=/path/to/python3.12"; exit 2; fi
	@.venv-focus/bin/python -m pip install --quiet focus-validator==2.2.1 'pyarrow<22'
	@touch $@

serve: $(VENV)/.made  ## serve the Dagster UI and the nightly schedule, on this machine only
	@$(BIN)/credits serve

docs: $(VENV)/.made  ## regenerate docs/marts.md, docs/settings.md, docs/warnings.md and the disposition table
	@$(BIN)/python docs/marts_document.py
	@$(BIN)/python docs/settings_document.py
	@$(BIN)/python docs/rules_document.py
	@$(BIN)/python docs/warnings_document.py

messages: $(VENV)/.made  ## add the report's new sentences to its catalogues, and drop those it no longer has
	@$(BIN)/pybabel --quiet extract --mapping pyproject.toml --no-location --output .messages.pot .
	@$(BIN)/pybabel --quiet update --domain credits --input-file .messages.pot --no-fuzzy-matching --ignore-obsolete \
		--ignore-pot-creation-date --no-wrap --output-dir orchestration/publish/report/locale
	@rm .messages.pot

lint: $(VENV)/.made  ## check style, import fences, types, SQL
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar dbt_project/models dbt_project/tests
	@$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar --config .sqlfluff-python orchestration expectations

wheel: $(VENV)/.made  ## write the package to dist/, to install elsewhere (docs/operations.md)
	@rm -rf build dist
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .
	@rm -rf build

audit: $(VENV)/.made  ## look up known vulnerabilities of the locked dependencies
	@$(BIN)/pip-audit --require-hashes --disable-pip --requirement requirements.lock --progress-spinner off

lock:  ## write requirements.lock from pyproject.toml (needs uv)
	@UV_PYTHON_DOWNLOADS=never uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-strip-extras --group dev --extra pull --extra delta --extra mcp pyproject.toml --output-file requirements.lock --custom-compile-command "make lock"
	@UV_PYTHON_DOWNLOADS=never uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-strip-extras --extra spark --constraint requirements.lock pyproject.toml --output-file requirements-spark.lock \
		--custom-compile-command "make lock"

clean:  ## remove the environment, the sample's data and Dagster's state
	@rm -rf $(VENV) build dist data .dagster dbt_project/target
