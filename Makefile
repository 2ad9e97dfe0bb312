# One verb per job, for people and CI alike. `make run` and `make test` need Python 3.11+ and nothing else.
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
BIN := .venv/bin
# The lock is complete, so pip resolves nothing: a release published later cannot change or break an install.
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes
export PYTHONDONTWRITEBYTECODE ?=
.DEFAULT_GOAL := help

.PHONY: help run reset install test test-sqlite test-postgresql test-pgbouncer alone-sqlite alone-postgresql bench-gate bench-peers chaos pictures check format lint types imports migrations deploy audit lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-16s %s\n", $$1, $$2}' Makefile

.venv/.base: requirements/base.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing the library (once)…"
	@$(PIP_INSTALL) -r requirements/base.txt
	@broken=$$($(BIN)/python -m pip check) || { echo "$$broken" >&2; exit 1; }
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.base
	@$(PIP_INSTALL) -r requirements/dev.txt
	@broken=$$($(BIN)/python -m pip check) || { echo "$$broken" >&2; exit 1; }
	@touch $@

install: .venv/.dev ## the environment for development

run: .venv/.base ## the library on this machine: http://127.0.0.1:8000
	@HOST=$(HOST) PORT=$(PORT) exec $(BIN)/python -m library_project.supervisor --stop-with-parent

reset: ## forget all data under var/
	rm -rf var

test: test-sqlite test-postgresql ## everything, on SQLite and on real PostgreSQL and RabbitMQ
	$(MAKE) --jobs 2 alone-sqlite alone-postgresql test-pgbouncer

# What counts or fills the whole database wants a process of its own; two of these fit on two cores.
ALONE := tests/integration/library_project
alone-sqlite alone-postgresql: .venv/.dev
	TEST_DATABASE=$(@:alone-%=%) $(BIN)/python -m pytest -q $(ALONE)

# What entry points refuse and show is the same on every database; `TEST_DATABASE=postgresql pytest` with these proves it.
ENTRY_POINTS := tests/integration/entry_points tests/integration/refusals

test-sqlite: .venv/.dev
	TEST_DATABASE=sqlite $(BIN)/python -m pytest -n 2 --dist loadgroup -q --ignore=$(ALONE) \
		tests/domain tests/unit tests/architecture tests/contracts tests/integration tests/e2e/test_install.py tests/e2e/test_make_run.py tests/e2e/test_readme.py

# Processes that are watched, hurt and stopped mostly wait, so three at a time fit on two cores.
test-postgresql: .venv/.dev
	TEST_DATABASE=postgresql $(BIN)/python -m pytest -n 3 --dist loadgroup -q --ignore=$(ALONE) $(ENTRY_POINTS:%=--ignore=%) \
		--ignore=tests/e2e/test_install.py --ignore=tests/e2e/test_make_run.py --ignore=tests/e2e/test_readme.py tests/chaos tests/integration tests/infrastructure tests/e2e tests/load

# Locks, transactions and messaging: what a pooler in between could spoil.
test-pgbouncer: .venv/.dev
	TEST_DATABASE=postgresql TEST_PGBOUNCER=1 $(BIN)/python -m pytest -n 2 --dist loadgroup -q tests/integration/outbox tests/integration/lending/test_races.py tests/integration/lending/test_job_races.py

bench-gate: .venv/.dev ## a minute of measuring: whether the limits of speed are kept (benchmarks/)
	$(BIN)/python -m benchmarks gate

.venv-peers/.installed: requirements/bench.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes -r requirements/bench.txt
	@touch $@

bench-peers: .venv-peers/.installed ## what `python -m benchmarks http` compares with: FastAPI and SQLAlchemy, in a place of their own

chaos: .venv/.dev ## the library under random faults, judged: MINUTES=1, SEED=n to repeat a run (tests/chaos/)
	$(BIN)/python -m tests.chaos --minutes $(or $(MINUTES),1) $(if $(SEED),--seed $(SEED))

pictures: .venv/.dev ## take the README's pictures again (needs Chromium)
	$(BIN)/python -m tests.pictures

check: .venv/.dev ## the whole gate, fastest first
	$(MAKE) --jobs 2 types format lint imports migrations deploy
	$(MAKE) test

format: .venv/.dev
	$(BIN)/ruff format --check .

lint: .venv/.dev
	$(BIN)/ruff check .

types: .venv/.dev
	$(BIN)/mypy

imports: .venv/.dev
	$(BIN)/lint-imports

migrations: .venv/.dev
	$(BIN)/python manage.py makemigrations --check --dry-run

deploy: .venv/.dev
	ENVIRONMENT=production SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))') \
		ALLOWED_HOSTS=library.example.org PUBLIC_URL=https://library.example.org $(BIN)/python manage.py check --deploy --fail-level WARNING

audit: .venv/.dev ## known vulnerabilities of what is installed; fails where the registry can't be asked
	$(BIN)/pip-audit --strict --requirement requirements/base.txt --require-hashes --disable-pip --progress-spinner off

lock: ## compile requirements/*.in again (needs uv)
	cd requirements && for set in base dev bench; do \
		uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url $$set.in -o $$set.txt; done
