# Needs make, a POSIX shell and Python 3.11 or newer; `make install` fetches the rest from PyPI.
# Another Python than the one found: make install PYTHON=/path/to/python

PYTHON =
PYTHONS = $(or $(PYTHON),python3.13 python3.12 python3.11 python3)

UV = UV_PROJECT_ENVIRONMENT=.venv .uv/bin/uv
SYNC = $(UV) sync --frozen --compile-bytecode --all-extras --python .uv/bin/python
INSTALLED = .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo emulators test test-fast durations coverage test-long lint java chromium jars bench picture clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | \
	while IFS='|' read -r target text; do printf '  make %-9s  %s\n' "$$target" "$$text"; done

install: $(INSTALLED) ## Install Reelhouse and its tools into .venv, and jars for Spark
	@.venv/bin/python -m reelhouse.spark.fetch || \
	    echo "Spark's jars will be fetched when they are needed; all else is installed."

demo: install ## See it work: make data, ingest it, answer questions
	@.venv/bin/reelhouse demo

# Many tests wait, for other processes: so there are more workers than most machines have cores.
test: java chromium emulators lint jars ## Run all checks and tests
	.venv/bin/pytest -n 4 --dist loadscope --no-loadscope-reorder

test-fast: $(INSTALLED) ## Run the tests that need no Spark, store or browser, and are short
	.venv/bin/pytest -n 4 --dist loadscope --no-loadscope-reorder \
	    -m "not spark and not stores and not browser and not emulators and not cluster \
	    and not long"

durations: java chromium emulators jars ## Run all tests, and keep how long each took, in tests/durations.txt
	.venv/bin/pytest -n 4 --dist loadscope --no-loadscope-reorder --keep-durations

coverage: java chromium emulators jars ## Say which lines the tests run, those in other processes left out
	.venv/bin/pytest -n 4 --dist loadscope --no-loadscope-reorder --cov=reelhouse --cov-report=term

SEED := $(or $(SEED),$(shell date +%s))

test-long: java emulators jars ## Kill many runs, and fuzz all engines; SEED=1 to do it again
	@echo "SEED=$(SEED)"
	LONG=1 HISTORIES=300 MADE_UP=60 .venv/bin/pytest tests/warehouse
	.venv/bin/python -m tests.warehouse.fuzz --records 1000000 --seed $(SEED)
	KILLS=200 SEED=$(SEED) .venv/bin/pytest tests/flows/test_kill.py tests/cluster
	.venv/bin/python -m tests.conformance.fuzz --records 1000000 --seed $(SEED)

lint: $(INSTALLED) ## Check style and types
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo
	.venv/bin/deptry src

bench: jars ## Measure against peers, and write the results into README.md
	$(SYNC) --quiet --group bench
	.venv/bin/python -m benchmarks.run --scaling --ledger --use-cases --functions --startup \
	    --warehouse --write-readme

picture: chromium jars ## Make the README's pictures: of the demo, and of its report
	.venv/bin/python scripts/picture.py --out docs/images/demo.svg --title "make demo" -- \
	    .venv/bin/reelhouse demo
	.venv/bin/python scripts/screenshot.py data/demo/report.html --out docs/images/report.png

clean: ## Remove what was installed and cached; data stays
	rm -rf .venv .uv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Emulators of BigQuery and Snowflake, in environments of their own, for the tests.
EMULATORS = tests/emulators/bigquery/.venv/.installed tests/emulators/snowflake/.venv/.installed
emulators: $(EMULATORS)
$(EMULATORS): %/.venv/.installed: %/uv.lock $(INSTALLED)
	@echo "Installing the packages of $< (once)"
	@cd $* && UV_PROJECT_ENVIRONMENT=.venv $(CURDIR)/.uv/bin/uv sync --quiet --frozen \
	    --no-install-project --python $(CURDIR)/.uv/bin/python
	@touch $@

java:
	@sh scripts/ensure_java.sh

chromium:
	@sh scripts/ensure_chromium.sh

# What tests and jobs of Spark need, when Java may have come after Reelhouse.
jars: java $(INSTALLED)
	@.venv/bin/python -m reelhouse.spark.fetch

# uv's report is long: leave out its list of packages. The stamp says whether uv succeeded.
$(INSTALLED): pyproject.toml uv.lock .uv/bin/uv
	@rm -f $@
	@echo "Installing the packages of uv.lock into .venv (the first time takes some minutes)"
	@{ $(SYNC) 2>&1 && touch $@; } | grep -v '^ [-+~] '; test -e $@

# A Python will do if it is new enough and can make virtual environments.
.uv/bin/uv:
	@found=; \
	for python in $(PYTHONS); do \
	    "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	    found=$$python; \
	    "$$python" -c 'import ensurepip, venv' 2>/dev/null || continue; \
	    echo "Installing uv from PyPI into .uv, with $$("$$python" --version)"; \
	    "$$python" -m venv --clear .uv || exit 1; \
	    .uv/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'; \
	    exit; \
	done; \
	if [ -n "$$found" ]; then \
	    echo "$$found can't make virtual environments: its modules venv and ensurepip are missing."; \
	    echo "On Debian and Ubuntu: apt-get install python3-venv"; \
	else \
	    echo "Reelhouse needs Python 3.11 or newer, and found none of: $(PYTHONS)"; \
	    echo "On Debian and Ubuntu: apt-get install python3 python3-venv"; \
	    echo "If it is somewhere else: make install PYTHON=/path/to/python"; \
	fi >&2; \
	exit 1
