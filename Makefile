# Every gate of the house is one command here, and CI runs the same ones. `make` alone explains them.

# Quote STAGE=..., NAME=... and ID=... as make variables: make migration NAME=add_chapters
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,\
  $(if $(shell $(name) -c 'import sys; print(sys.version_info[:2] in ((3, 11), (3, 12), (3, 13)) or "")' 2>/dev/null),$(name))))
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ACTIONLINT := $(VENV)/actionlint/bin/actionlint
CFN_LINT := $(VENV)/cfn-lint/cfnlint/__init__.py
TEMPLATE ?= dist/sam.json
WORKERS ?= 4

OPERATE := migrate migrate-back run-schedule status logs restore jobs requeue flag suspend pause resume reconcile orphans adopt purge-orphans disarm rearm
export ARCH TARGET_PYTHON ID KIND FAMILY KEY SECONDS FLAG SET SHARE SOURCE UNTIL WHY JOBS UPLOADS REQUEST EVENT SCHEDULE DRY HOURS DUMP INTO CONFIRM TO FORCE BUILT

# In a job of GitHub's: with the role of AWS that the job may have. Elsewhere a command runs as it stands.
AS_ROLE := $(BIN)/python -m tools.as_role

# The tests start many programs, and without compiled files each of them compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup lock package test-package run smoke test test-all bench mutants check check-workflows check-template audit-dependencies generate format migration operation drill dashboard fuzz $(OPERATE) clean

help: ## this page
	@awk 'BEGIN {FS = ":.*## "} /^[a-z][a-z-]*:.*## / {printf "  make %-19s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Two commands at once in a fresh clone: the second waits here, and then finds that nothing is left to do.
ifndef VENV_IS_LOCKED
$(READY): requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "error: Python 3.11, 3.12 or 3.13 is needed, and none is on the PATH (or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12)" >&2; exit 1; }
	@$(PYTHON) tools/one_at_a_time.py requirements-dev.txt $(MAKE) -s --no-print-directory VENV_IS_LOCKED=yes PYTHON="$(PYTHON)" $(READY)
else
# .ready is written last: an installation that was killed half-way is made again, from nothing.
$(READY): requirements-dev.txt
	@echo "setting up $(VENV) with $$($(PYTHON) --version) (once; about a minute)"
	@rm -f $(READY)
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $(READY)
endif

setup: $(READY) ## make the virtual environment and install what is needed

lock: $(READY) ## write requirements*.txt anew from requirements*.in (UPGRADE=yes: with the newest that these allow)
	@$(BIN)/python -m tools.locks $(if $(UPGRADE),--upgrade)

audit-dependencies: $(READY) ## known vulnerabilities in the locks, without those excepted for now (asks PyPI)
	@$(BIN)/python -m tools.audit_dependencies

package: $(READY) ## build what Lambda gets into dist/: make package STAGE=dev (VERSION=..., ARCH=x86_64, TARGET_PYTHON=...)
	@$(BIN)/python -m tools.package "$(STAGE)"

test-package: $(READY) ## build the zip for this machine, and let it tell the whole story in WORKERS=4 processes of Lambda's runtime client
	@$(BIN)/python -m tools.package.story

run: $(READY) ## start everything on this machine, run the smoke test, serve until Ctrl-C (WORKERS=4: the app in 4 processes; POOLER=yes: behind PgBouncer)
	@exec $(BIN)/python -m local run

smoke: $(READY) ## run the smoke test against the stack that is up
	@$(BIN)/python -m local smoke

test: $(READY) ## the suite on a real Postgres, under 3 minutes (POOLER=yes: the app behind PgBouncer)
	@$(BIN)/python -m pytest -q -n $(WORKERS) --all-refusals -m "not heavy" $(if $(filter yes,$(POOLER)),--behind-pooler)

test-all: $(READY) ## the suite and the heavy proofs, under 20 minutes
	@$(BIN)/python -m pytest -q -n $(WORKERS) --all-refusals

fuzz: $(READY) ## ten thousand random requests against a stack of its own; every answer must be a documented one
	@$(BIN)/python -m pytest -q -s -m heavy tests/e2e/test_fuzz.py

bench: $(READY) ## a list and a claim of jobs at a million rows against a thousand; copies and audit by four workers against one
	@$(BIN)/python -m bench.bench_list_recordings
	@$(BIN)/python -m bench.bench_claim_jobs
	@$(BIN)/python -m bench.bench_cold_start
	@$(BIN)/python -m bench.bench_workers

mutants: $(READY) ## change the code in each way that mutants/ lists: some test must fail (AREA=storage SHARD=2/8)
	@$(BIN)/python -m tools.mutants --area "$(AREA)" --name "$(NAME)" --shard "$(SHARD)"

check: $(READY) ## lint, format, types, import contract, generated files: all of them, then which failed
	@$(BIN)/python -m tools.check

freeze-release: $(READY) ## keep what is committed as the last release, for the tests of later schemas
	@$(BIN)/python -m tools.freeze_release

verify-release: $(READY) ## whether a tag may be released: signed, checked out, of main: make verify-release TAG=v1.2.0
	@TAG="$(TAG)" $(BIN)/python -m tools.verify_release

install-servers: ## what the tests use and pip does not bring, by apt: Postgres 15, Redis, PgBouncer
	@bash .ci/run install

ci: ## what decides whether a change lands: install what the tests need, then check and test
	@bash .ci/run

generate: $(READY) ## write all that is generated: openapi.json, tables of docs, .env.example, clients/stories.d.ts (Node)
	@$(BIN)/python -m tools.api_docs.generate

check-workflows: $(ACTIONLINT) ## lint the workflows with actionlint too (its installation needs GitHub)
	@$(BIN)/zizmor --offline --quiet .github
	@$(ACTIONLINT)

# Built here from a locked sdist, by the locked setuptools: in isolation pip would download one that no lock names.
$(ACTIONLINT): $(READY) requirements-actionlint.txt
	@rm -rf $(VENV)/actionlint
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps --no-build-isolation \
	  --target $(VENV)/actionlint -r requirements-actionlint.txt \
	  || { echo "error: actionlint was not installed: does this machine reach GitHub's releases? (make check needs none of it)" >&2; exit 1; }

check-template: $(CFN_LINT) ## lint the template that make package made, as CloudFormation reads it: dist/sam.json
	@PYTHONPATH=$(VENV)/cfn-lint $(BIN)/python $(VENV)/cfn-lint/bin/cfn-lint --regions eu-west-1 --template $(TEMPLATE)

$(CFN_LINT): $(READY) requirements-cfn-lint.txt
	@rm -rf $(VENV)/cfn-lint
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps --target $(VENV)/cfn-lint \
	  -r requirements-cfn-lint.txt

format: $(READY) ## format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: deploy rollback releases undeploy freeze-release verify-release install-servers ci
deploy: $(READY) ## package, migrate, try and serve this checkout: make deploy STAGE=dev (docs/releasing.md)
	@$(AS_ROLE) $(BIN)/python -m tools.deploy deploy

rollback: $(READY) ## let the release before serve again, data left as it is: make rollback STAGE=prod (TO=...: another one)
	@$(AS_ROLE) $(BIN)/python -m tools.deploy rollback

releases: $(READY) ## the releases of a stage, and which one serves: make releases STAGE=prod
	@$(AS_ROLE) $(BIN)/python -m tools.deploy releases

undeploy: $(READY) ## delete a stage but for its database and buckets: make undeploy STAGE=dev
	@$(AS_ROLE) $(BIN)/python -m tools.deploy undeploy

migration: $(READY) ## begin a new migration: make migration NAME=add_chapters
	@$(BIN)/python sql/migrate.py new "$(NAME)"

operation: $(READY) ## begin a new operation: make operation NAME=thank-storyteller
	@$(BIN)/python -m tools.new_operation "$(NAME)"

dashboard: $(READY) ## one page with every query of sql/dashboards, what needs somebody on top: dist/dashboard-STAGE.html
	@$(BIN)/python -m tools.dashboard

.PHONY: config-check secrets verify-vendors
export DROP_OLD UNDO
config-check: $(READY) ## every wrong variable of a stage: make config-check STAGE=prod, or of a file: FILE=~/stages/prod.env
	@STAGE="$(STAGE)" FILE="$(FILE)" $(BIN)/python -m tools.configuration check

secrets: $(READY) ## write each function its parameter: make secrets STAGE=prod FILE=... (DROP_OLD=NAME ends a rotation; UNDO=yes)
	@STAGE="$(STAGE)" FILE="$(FILE)" $(BIN)/python -m tools.configuration secrets

verify-vendors: $(READY) ## try what we assume of R2, Stripe, Supabase, Resend, PostHog and Sentry: STAGE=dev FILE=~/stages/dev.env
	@STAGE="$(STAGE)" FILE="$(FILE)" $(BIN)/python -m tools.vendors

.PHONY: verify-vendors-nightly
verify-vendors-nightly: ## the same with the variables that VARIABLES holds, a line each, as the nightly workflow has them
	@umask 077 && printf '%s\n' "$$VARIABLES" > nightly.env && { $(MAKE) -s verify-vendors FILE=nightly.env; ended=$$?; rm -f nightly.env; exit $$ended; }

drill: $(READY) ## dump, restore elsewhere, compare everything; the bucket too
	@$(AS_ROLE) $(BIN)/python -m tools.drill

# What they work on: the stage whose variables are in the environment, else the local stack. docs/operating.md has more.
migrate: $(READY) ## apply migrations, views and functions to MIGRATIONS_DATABASE_URL
migrate-back: $(READY) ## undo the last migration there, on a stage without families: data goes with it
run-schedule: $(READY) ## run a schedule now, by hand: make run-schedule SCHEDULE=audit_storage
status: $(READY) ## what a stage does: versions, queue, alarms, last runs, flags
logs: $(READY) ## the log lines of a request: make logs REQUEST=... (or of one name: EVENT=vendor_failed)
restore: $(READY) ## load a dump into an empty database: make restore DUMP=... INTO=postgresql://...
jobs: $(READY) ## what waits in the queue and what is dead
requeue: $(READY) ## bring dead jobs back: make requeue ID=... or KIND=...
flag: $(READY) ## flags: shown, or set: make flag FLAG=... SET=on|off|clear WHY=...
suspend: $(READY) ## let nobody change a family: make suspend FAMILY=...
pause: $(READY) ## let something wait: make pause UPLOADS=1 or JOBS=...
resume: $(READY) ## end that: make resume FAMILY=... or UPLOADS=1 or JOBS=...
reconcile: $(READY) ## ask Stripe about one family: make reconcile FAMILY=...
orphans: $(READY) ## objects in the bucket that no row names
adopt: $(READY) ## make a recording of one: make adopt KEY=... SECONDS=...
purge-orphans: $(READY) ## delete those of 90 days and more (says which; asks for CONFIRM)
disarm: $(READY) ## let no schedule delete anything
rearm: $(READY) ## after a restore: let them delete again
$(OPERATE):
	@$(BIN)/python -m tools.operate $@

clean: ## remove the local stack's data and the virtual environment
	rm -rf .local dist $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis tests/e2e/node_modules
