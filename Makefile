# `make run` and `make test` first set up all they need in this checkout: tools/bootstrap.py says how.
# `make PYTHON=/path/to/python3.11 ...` names the Python to use; else any 3.11 or newer on PATH is found.
# `make test ALSO=test-spark35` runs the tests of that target beside its own.
PYTHON ?= $(shell command -v python3 || command -v python3.11 || command -v python3.12 || command -v python3.13)
UV ?= uv
BIN := .venv/bin
PIP = $(BIN)/python $(wildcard tools/pip-*.whl)/pip --disable-pip-version-check -qq
SOURCES := pyproject.toml $(wildcard dedup_spark/* dedup_spark/*/*)
SET_UP = $(if $(PYTHON),$(PYTHON) tools/bootstrap.py,$(error No python3 on PATH: install Python 3.11 or newer))
LOCK := $(UV) pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-emit-find-links
EXTRAS := --extra spark --extra connect --extra s3fs --extra fast

.DEFAULT_GOAL := help
.PHONY: help set-up run run-s3 run-cluster test test-flow test-stages test-spark35 test-spark40 bench-quality bench-null bench-pairs bench-components bench-suspects bench-fingerprints bench-kills lint format doctor lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: set-up ## the demo catalogue through the whole flow, and how right the result is
	$(BIN)/dedup-spark demo demo/catalogue
	$(BIN)/dedup-spark run demo/catalogue/catalogue.parquet demo/output
	$(BIN)/dedup-spark demo demo/catalogue --judge demo/output

run-s3: set-up ## the same with catalogue, pictures and output on an S3 server of its own
	$(BIN)/dedup-spark demo demo/catalogue
	$(BIN)/python -m tests.s3_server -- $(BIN)/python -m tests.s3_demo demo/catalogue {endpoint}

run-cluster: set-up dist/dependencies.tar.gz ## the same on a standalone cluster, whose workers have nothing installed
	$(BIN)/dedup-spark demo demo/catalogue
	$(BIN)/python -m tests.cluster jobs/dedup.py run $(CURDIR)/demo/catalogue/catalogue.parquet $(CURDIR)/demo/cluster
	$(BIN)/dedup-spark demo demo/catalogue --judge demo/cluster

dist/dependencies.tar.gz: dist/dependencies/.installed $(SOURCES)
	$(PIP) install --no-deps --no-build-isolation --upgrade --target dist/dependencies .
	tar -C dist/dependencies --exclude tests -cf dist/dependencies.tar .
	gzip -1 -f dist/dependencies.tar

dist/dependencies/.installed: requirements/runtime.txt
	rm -rf dist/dependencies
	$(PIP) install --require-hashes --target dist/dependencies -r requirements/runtime.txt
	touch $@

test: set-up ## the checks of lint, and all tests on this machine's Spark, local and through Spark Connect, two at a time
	$(MAKE) -j2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) lint test-flow test-stages $(ALSO)

test-flow: dist/dependencies.tar.gz ## the tests that run the whole flow, once `make test` has set up: much of a run is waiting
	$(BIN)/python -m pytest -m flow

test-stages: ## all other tests, side by side with those
	$(BIN)/python -m pytest -m "not flow"

test-spark35: ## the demo on the newest Spark 3.5, in an environment of its own with Java 17
	$(SET_UP) --venv .venv35 --lock requirements/spark35.txt --jre requirements/jre17.txt
	.venv35/bin/python -m pytest tests -m any_spark

test-spark40: ## the demo on the newest Spark 4.0, in an environment of its own
	$(SET_UP) --venv .venv40 --lock requirements/spark40.txt
	.venv40/bin/python -m pytest tests -m any_spark

bench-quality: ## recall and wrong merges per edit on ../shared/data, ours and the rivals', and the cost beside the notebook's flow
	$(SET_UP) --venv .venv-bench --lock requirements/bench.txt
	.venv-bench/bin/python -m benchmarks.quality
	.venv-bench/bin/python -m benchmarks.veto
	.venv-bench/bin/python -m benchmarks.views
	.venv-bench/bin/python -m benchmarks.cost

bench-null: ## wrong merges to expect in large catalogues, ours and the rivals', in an environment of its own
	$(SET_UP) --venv .venv-bench --lock requirements/bench.txt
	.venv-bench/bin/python -m pytest benchmarks
	.venv-bench/bin/python -m benchmarks.null

bench-pairs: ## seconds and memory of the pair search beside faiss's, on the same tables, in an environment of its own
	$(SET_UP) --venv .venv-bench --lock requirements/bench.txt
	.venv-bench/bin/python -m benchmarks.pairs
	.venv-bench/bin/python -m benchmarks.pairs --on-white

bench-components: ## seconds of components by every way there is, ours, scipy, networkx and GraphFrames
	$(SET_UP) --venv .venv-bench --lock requirements/bench.txt
	.venv-bench/bin/python -m benchmarks.components

bench-suspects: set-up ## size charts found and products wrongly taken for one, by how many offers show them
	$(BIN)/python -m benchmarks.suspects

bench-fingerprints: ## milliseconds of decode and hash beside the notebook's functions and other packages, in an environment of its own
	$(SET_UP) --venv .venv-bench --lock requirements/bench.txt
	.venv-bench/bin/python -m benchmarks.fingerprints
	.venv-bench/bin/python -m benchmarks.fingerprint_stage

bench-kills: set-up ## driver, executors and Python workers killed at five stages, on a disk and on S3: the same command gives the same rows
	$(BIN)/python -m benchmarks.kills

lint: set-up ## style, types and the layers of the design
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: set-up ## formats the code and mends what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

doctor: set-up ## what this machine has and lacks
	$(BIN)/dedup-spark doctor

lock: ## makes the lock files anew from pyproject.toml (needs uv: make UV=/path/to/uv lock)
	$(LOCK) requirements/build.in -o requirements/build.txt
	$(LOCK) requirements/jre.in -o requirements/jre.txt
	$(LOCK) requirements/jre17.in -o requirements/jre17.txt
	$(LOCK) --group dev $(EXTRAS) --extra plot -c requirements/build.txt -c requirements/spark41.in pyproject.toml -o requirements/dev.txt
	$(LOCK) --group bench --extra spark --extra fast -c requirements/build.txt -c requirements/spark41.in pyproject.toml -o requirements/bench.txt
	$(LOCK) --extra spark --extra fast --no-emit-package pyspark --no-emit-package py4j -c requirements/dev.txt pyproject.toml \
	    -o requirements/runtime.txt
	$(LOCK) --group test $(EXTRAS) -c requirements/build.txt -c requirements/spark40.in pyproject.toml -o requirements/spark40.txt
	$(LOCK) --group test $(EXTRAS) -c requirements/build.txt -c requirements/spark35.in pyproject.toml -o requirements/spark35.txt

set-up:
	@$(SET_UP)

clean: ## deletes the virtual environments and all that was made
	rm -rf .venv .venv35 .venv40 .venv-bench demo dist build *.egg-info .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
