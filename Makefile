# One word for each wish. `make` builds, `make test` proves, `make demo` shows.
BUILD := build/release
export SKEIN_DEPS ?= $(CURDIR)/.deps
PYTHON := $(SKEIN_DEPS)/venv/bin/python
JOBS ?= $(shell nproc)
DATA ?= demo-data/sf1
SCALE_FACTOR ?= 1
PREFIX ?= $(HOME)/.local
N ?= 20000

.PHONY: build deps configure test test-matrix bench demo install uninstall fuzz fuzz-ports lint clang duckdb2
.PHONY: sanitize sanitize-address sanitize-thread format format-check clean help
.DEFAULT_GOAL := build

help:  ## shows these lines
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

deps:  ## brings in what tools/deps.lock names
	@tools/deps

configure: deps
	@tools/quietly "configure" cmake -G Ninja -S . -B $(BUILD) -DCMAKE_BUILD_TYPE=Release \
	  -DSKEIN_DEPS=$(abspath $(SKEIN_DEPS))

build: configure  ## builds library, extension, program and package into build/release
	@echo "build"
	@ninja -C $(BUILD) -j $(JOBS) --quiet

test: build  ## runs every test; the last line counts them
	@tools/run_tests $(BUILD) $(PYTHON)

demo: build  ## runs TPC-H on four local workers, each answer beside DuckDB's
	@PYTHONPATH=$(BUILD)/python $(PYTHON) tools/demo --data $(DATA)

bench: build  ## measures TPC-H beside DuckDB in turns; SCALE_FACTOR=10, OPTIONS="--json FILE"
	@PYTHONPATH=$(BUILD)/python $(PYTHON) tools/bench --scale-factor $(SCALE_FACTOR) $(OPTIONS)

test-matrix: build  ## proves TPC-H, TPC-DS and test/sql equal to DuckDB under every configuration; SCALE_FACTOR=10
	@PYTHONPATH=$(BUILD)/python $(PYTHON) tools/test_matrix --scale-factor $(SCALE_FACTOR) $(OPTIONS)
	@PYTHONPATH=$(BUILD)/python $(PYTHON) -m pytest -q -p no:cacheprovider test/sql --configurations all

install: build  ## installs program, extension and libraries under PREFIX (default: ~/.local)
	@tools/install $(BUILD) $(PREFIX)

uninstall:  ## removes from PREFIX exactly what install put there
	@tools/install --remove $(PREFIX)

fuzz: build  ## runs N random queries on DuckDB and on clusters; N=5000 SKEIN_SEED=1
	@PYTHONPATH=$(BUILD)/python:test/fuzz:tools $(PYTHON) -m sql --queries $(N)

fuzz-ports: build  ## sends N mutated inputs to the ports of a worker; N=100000 SKEIN_SEED=1
	@SKEIN_FUZZ_INPUTS=$(N) PYTHONPATH=$(BUILD)/python $(PYTHON) -m pytest -q -p no:cacheprovider test/cluster/test_port_fuzz.py

format-check:  ## checks the format of the C++ sources
	@tools/deps --lint
	@git ls-files -z --cached --others --exclude-standard '*.cc' '*.h' | xargs -0 clang-format --dry-run --Werror

lint:  ## checks format and runs clang-tidy on what is built; BASE=main: on what has changed since
	@tools/deps --lint
	@tools/lint $(BUILD) $(BASE)

clang: build  ## has clang read every source: its warnings, and who holds which mutex
	@tools/deps --lint
	@tools/check_clang --self-test
	@tools/check_clang $(BUILD)

sanitize: sanitize-address sanitize-thread  ## both of these

sanitize-address: deps  ## builds and tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@tools/sanitize address $(abspath $(PYTHON))

sanitize-thread: deps  ## builds and tests what runs on many threads under ThreadSanitizer
	@tools/sanitize thread $(abspath $(PYTHON))

duckdb2: build  ## counts the errors of our sources against the headers of DuckDB 2.0
	@tools/deps --next
	@tools/check_duckdb2 $(BUILD)

format:  ## formats the C++ sources in place
	@tools/deps --lint
	@git ls-files -z --cached --others --exclude-standard '*.cc' '*.h' | xargs -0 clang-format -i

clean:  ## removes what was built, not the dependencies
	@rm -rf build
