# `build` needs the Swift toolchain alone; the rest needs Python 3, too, into whose .venv it puts PyTorch.
# `make help` says what there is.

.NOTPARALLEL:
.PHONY: help build programs quickstart torch test test-all build-tests python-for-tests test-swift test-python \
  test-determinism benchmark benchmark-pytorch benchmark-values frameworks wheel test-wheel format lint lint-swift lint-python clean

# Each run of a test imports torch. Where its byte code is not kept, Python compiles it anew every time, which takes
# longer than all else that an import does.
unexport PYTHONDONTWRITEBYTECODE

RELEASE := .build/release/uniference
# Tests run optimised code, in which assertions and invariants are checked. It has a build folder of its own.
TESTED := .build/tests/release/uniference
TEST_BUILD := --scratch-path .build/tests --configuration release -debug-info-format none \
  -Xswiftc -enable-testing -Xswiftc -assert-config -Xswiftc Debug -Xswiftc -DDEBUG
FORMATTED := Package.swift Sources Tests Examples Benchmarks/Package.swift Benchmarks/Sources
LINT_OPTIONS ?= --strict
SWIFT_TESTS := UNIFERENCE_REQUIRE_TORCH=1 swift test --skip-build $(TEST_BUILD)
PYTEST = PYTHONPATH="$(CURDIR)/python" UNIFERENCE=$(TESTED) $(if $(WITH_SLOW),UNIFERENCE_FUZZ_SECONDS=60) \
  .venv/bin/python -m pytest -rs Tests/Python
# What measures this machine is alone on it. Slow tests are more cases of what quicker ones cover: other numbers of
# ranks, other strategies; fuzzers then run for a minute each.
PYTHON_TESTS = $(PYTEST) -m "not alone$(NOT_SLOW)" --numprocesses 2 --dist loadfile && $(PYTEST) -m "alone$(NOT_SLOW)"
NOT_SLOW = $(if $(WITH_SLOW),, and not slow)
PYTHON_SOURCES := python Examples Published Scripts Benchmarks Tests
# Examples are as users write them, and tests are free of annotations; everything else is typed.
TYPED_PYTHON := python/uniference Scripts Benchmarks

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1@\2/p' Makefile | column -t -s @

build: ## the release binary, .build/release/uniference
	@Scripts/require-sqlite.sh
	swift build --configuration release --product uniference
	swift build --configuration release --product uniference-program-host

programs: build ## Swift programs that are dynamic libraries, .build/release/libLlamaProgram.so and the tests' own
	swift build --configuration release --product LlamaProgram
	swift build --configuration release --product MixedRanks
	swift build --configuration release --product TestPrograms

quickstart: ## predict Llama on four Jetsons under every strategy; run a real model, simulated and for real
	@Scripts/side-by-side.sh '$(MAKE) build' '$(MAKE) torch'
	@$(RELEASE) simulate Examples/llama-on-jetsons.yaml
	@.venv/bin/python Scripts/quickstart-pytorch.py

torch: ## .venv with PyTorch and what the examples need, and the library by which Swift programs reach it
	Scripts/python-environment.sh python/requirements.txt
	PIP_NO_DEPS=1 Scripts/python-environment.sh Examples/pytorch/requirements.txt
	Scripts/build-torch.sh .venv/bin/python

test: ## what continuous integration runs, from a fresh clone
	@Scripts/side-by-side.sh '$(MAKE) build-tests' '$(MAKE) python-for-tests lint-python'
	$(SWIFT_TESTS)
	$(PYTHON_TESTS)
	Scripts/check-determinism.sh $(TESTED)
	@$(MAKE) lint-swift

test-all: ## the same, with the slow tests
	$(MAKE) test WITH_SLOW=1

build-tests:
	@Scripts/require-sqlite.sh
	swift build --build-tests $(TEST_BUILD)

python-for-tests: torch
	Scripts/python-environment.sh Tests/Python/requirements.txt

test-swift: build-tests torch ## the tests in Swift
	$(SWIFT_TESTS)

test-python: build-tests python-for-tests ## the tests in Python: PyTorch scripts, traces, records, and what documents show
	$(PYTHON_TESTS)

wheel: ## dist/uniference-VERSION-py3-none-PLATFORM.whl: the tool, its data and the Python package for pip
	Scripts/build-wheel.sh

test-wheel: wheel build torch ## install that into an empty environment without Swift, and use it
	swift build --configuration release --scratch-path .build/wheel --static-swift-stdlib --product LlamaProgram \
	  -Xlinker "-L$$(dirname "$$(command -v swift)")/../lib/swift_static/linux"
	Scripts/python-environment.sh Tests/Python/requirements.txt
	.venv/bin/python -m pytest -q Tests/Wheel

test-determinism: build ## one seed, one event log: debug and release builds, run twice
	swift build --product uniference
	Scripts/check-determinism.sh .build/debug/uniference $(RELEASE)

benchmark: ## the engine's own speed; BENCHMARK_OPTIONS="--peer simpy" measures SimPy beside it, or simgrid
	$(if $(findstring simpy,$(BENCHMARK_OPTIONS)),Scripts/python-environment.sh Benchmarks/Peers/requirements.txt)
	swift build --configuration release --package-path Benchmarks --product benchmarks
	Benchmarks/.build/release/benchmarks --check $(BENCHMARK_OPTIONS)

benchmark-pytorch: build torch ## simulated and real process groups beside each other
	.venv/bin/python Benchmarks/PyTorch/benchmark.py --check $(BENCHMARK_OPTIONS)

frameworks: build torch ## Documentation/frameworks.md: tiny programs of frameworks, for real, simulated and without values
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target .build/frameworks \
	  --requirement Tests/Frameworks/requirements.txt
	PYTHONPATH="$(CURDIR)/.build/frameworks" .venv/bin/python Tests/Frameworks/run.py $(RELEASE) \
	  --page Documentation/frameworks.md

benchmark-values: build torch ## values in a simulation over their kernels' time, and decoding beside transformers
	Scripts/python-environment.sh Tests/Python/requirements.txt
	.venv/bin/python Benchmarks/Values/values.py --check $(BENCHMARK_OPTIONS)

format: ## put all sources into shape
	swift format --in-place --recursive --configuration .swift-format $(FORMATTED)

lint: lint-swift lint-python ## complain of sources that are not in shape, and of what is public and not documented

lint-swift: ## that for Swift alone
	swift format lint $(LINT_OPTIONS) --recursive --configuration .swift-format $(FORMATTED)

lint-python: torch ## that for Python alone: ruff, and mypy's strict types
	Scripts/python-environment.sh python/lint-requirements.txt
	.venv/bin/ruff check --config python/pyproject.toml $(PYTHON_SOURCES)
	.venv/bin/mypy --config-file python/pyproject.toml $(TYPED_PYTHON)

clean: ## remove what has been built
	rm -rf .build Benchmarks/.build .venv
