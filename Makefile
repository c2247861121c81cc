# Everything a developer or CI starts. `make` alone lists it; every target sets up what it needs.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

export PATH := $(CURDIR)/.venv/bin:$(PATH)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
export ANSIBLE_HOME := $(CURDIR)/.ansible
export PYTHONPATH := $(CURDIR)
export SANDBOX_DIR ?= $(CURDIR)/.sandbox

INVENTORY ?= inventories/sandbox
ARGS ?=
NAME ?=
TESTS ?= tests/unit
RATE ?= 40
PYTHON_TREES := $(wildcard ansible_collections/replatform sandbox tests tools)
SHELL_SCRIPTS := $(wildcard bin/* .ci/run)

# Of a real environment the switch is asked for: ARGS="-e mysql_migration_phase=cutover".
SWITCH = $(if $(filter inventories/sandbox,$(INVENTORY)),-e mysql_migration_phase=cutover)

# Only the sandbox's own inventory may see the emulator: a real environment takes its credentials from the user's setting.
ENDPOINTS = if [ "$(INVENTORY)" = inventories/sandbox ]; then \
	[ -f "$(SANDBOX_DIR)/env" ] || { echo "The sandbox is not up. Run: make sandbox-up" >&2; exit 1; }; \
	. "$(SANDBOX_DIR)/env"; fi

.PHONY: help
help: ## Show this list
	@echo "make TARGET, the usual two first:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: sandbox
sandbox: sandbox-up ## Start the sandbox and its shop, move it while customers buy, and prove that none of their writes is lost
	@python -m sandbox seed
	@python -m sandbox traffic start --rate $(RATE) --clients 4
	@since=$$(date -u +%FT%TZ) && $(MAKE) site && python -m sandbox traffic stop && \
		python -m sandbox traffic audit --against target --since $$since --json reports/traffic.json
	@$(MAKE) report

.PHONY: test
test: setup ## Set up everything and run every check and test; ends with a table
	@bin/steps lint='$(MAKE) lint' \
		unit='pytest tests/unit' \
		contract='pytest tests/contract' \
		integration='pytest tests/integration' \
		molecule='bin/molecule test --all' \
		unproven='python -m tests.unproven'

.PHONY: setup
setup: ## Make .venv from the lock, with what it needs from Debian (quick when it is so already)
	@bin/bootstrap

.PHONY: sandbox-up
sandbox-up: setup ## Start the sandbox's servers
	@python -m sandbox up

.PHONY: site
site: setup ## Run site.yml on INVENTORY (inventories/sandbox); ARGS="--check --diff" passes on
	@$(ENDPOINTS); ansible-playbook -i $(INVENTORY) site.yml $(SWITCH) $(ARGS)

.PHONY: rollback
rollback: setup ## Bring the application back to where it wrote before, on INVENTORY
	@$(ENDPOINTS); ansible-playbook -i $(INVENTORY) playbooks/mysql_rollback.yml $(ARGS)

.PHONY: complete
complete: setup ## End the migrations of INVENTORY: from then on there is no way back
	@$(ENDPOINTS); ansible-playbook -i $(INVENTORY) playbooks/mysql_complete.yml $(ARGS)

.PHONY: test-unit
test-unit: setup ## Run the unit tests, or TESTS="tests/unit/transfer -k journal"
	@pytest $(TESTS)

.PHONY: soak
soak: setup ## Run the long form of the tests that CI samples
	@pytest -m soak tests $(ARGS)

# antsibull-docs writes a log into HOME whatever it is told.
LINT_REFERENCES = mkdir -p .cache && export HOME=$(CURDIR)/.cache && cd ansible_collections/replatform/aws && \
	antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs self .

.PHONY: lint
lint: setup ## Check format, style, types, YAML, Ansible content, changelog and the collection's sanity
	@bin/steps format='ruff format --quiet --check --diff $(PYTHON_TREES)' \
		style='ruff check --quiet $(PYTHON_TREES)' \
		types='mypy --no-error-summary $(PYTHON_TREES)' \
		shell='for script in $(SHELL_SCRIPTS); do bash -n $$script || exit 1; done' \
		yaml='yamllint --strict .' \
		ansible-lint='ansible-lint --offline -q' \
		changelog='cd ansible_collections/replatform/aws && antsibull-changelog lint' \
		references='$(LINT_REFERENCES)' \
		sanity='bin/sanity'

.PHONY: sanity
sanity: setup ## Run ansible-test sanity on the collection; ARGS="--test validate-modules" passes on
	@bin/sanity $(ARGS)

.PHONY: bench
bench: setup ## Run the benchmark tests/bench/NAME.py
	@[ -n "$(NAME)" ] || { echo "Name one: make bench NAME=$$(ls tests/bench 2>/dev/null | sed -n 's/^\([a-z].*\)\.py$$/\1/p' | paste -sd'|')" >&2; exit 2; }
	@python -m tests.bench.$(NAME) $(ARGS)

.PHONY: docs
docs: setup ## Write the module reference and the action groups from the modules
	@python -m tools.action_groups
	@python -m tools.module_reference

.PHONY: operator-policy
operator-policy: setup ## Write docs/iam from the calls that the sandbox's emulator has counted; ARGS="--inventory DIR"
	@python -m tools.operator_policy $(ARGS)

.PHONY: image
image: ## Build the image of a copy's workers in a cluster, NAME=replatform-worker, with the tool that is there
	@tool=$$(command -v buildah || command -v podman || command -v docker) || \
		{ echo "No buildah, podman or docker is here to build with. Install one, or build Containerfile elsewhere." >&2; exit 2; }; \
	"$$tool" build --file Containerfile --tag "$(or $(NAME),replatform-worker)" .

.PHONY: report
report: setup ## Write reports/index.html again from reports/summary.json
	@python -m ansible_collections.replatform.aws.plugins.module_utils.report.page reports/summary.json

.PHONY: pictures
pictures: setup ## Run the sandbox's migration once more, apart, and make the README's pictures from it
	@python -m tools.pictures

.PHONY: down
down: setup ## Stop the sandbox; leaves no process behind
	@for place in "$(SANDBOX_DIR)" "$(SANDBOX_DIR)/tests" "$(SANDBOX_DIR)/tests/follow" "$(SANDBOX_DIR)/molecule" "$(SANDBOX_DIR)/pictures"; do \
		[ ! -d "$$place" ] || SANDBOX_DIR="$$place" python -m sandbox down; done

.PHONY: clean
clean: ## Stop the sandbox and remove all that was made in this checkout (caches outside it stay)
	@if [ -x .venv/bin/python ] && [ -d "$(SANDBOX_DIR)" ]; then $(MAKE) down; fi
	@rm -rf .venv .ansible .cache .sandbox reports build ansible_collections/replatform/aws/tests/output
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: lock
lock: setup ## Resolve pyproject.toml into requirements.lock again; ARGS="--upgrade" takes the newest
	@uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-python-downloads \
		--python-version 3.12 --custom-compile-command "make lock" --group dev pyproject.toml -o requirements.lock $(ARGS)
	@bin/bootstrap
