# Everything here needs the Swift toolchain alone, except `test`, which needs Python 3 too.
# `make help` says what there is.

.NOTPARALLEL:
.PHONY: help build quickstart test test-swift test-python test-determinism benchmark format lint clean

RELEASE := .build/release/uniference
FORMATTED := Package.swift Sources Tests Examples Benchmarks/Package.swift Benchmarks/Sources
LINT_OPTIONS ?= --strict

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1@\2/p' Makefile | column -t -s @

build: ## the release binary, .build/release/uniference
	swift build --configuration release --product uniference

quickstart: build ## predict Llama-3.1-8B on four Jetson Orin Nano under every strategy
	@$(RELEASE) simulate Examples/llama-on-jetsons.yaml

test: test-swift build test-python test-determinism lint ## everything, from a fresh clone

test-swift: ## the tests in Swift
	swift build --build-tests
	swift test --skip-build

test-python: build ## the tests in Python: traces, records, and the commands of README.md
	Scripts/python-environment.sh Tests/Python/requirements.txt
	UNIFERENCE=$(RELEASE) .venv/bin/python -m pytest Tests/Python

test-determinism: build ## one seed, one event log: debug and release builds, run twice
	swift build --product uniference
	Scripts/check-determinism.sh .build/debug/uniference $(RELEASE)

benchmark: ## the engine's own speed; BENCHMARK_OPTIONS="--peer simpy" measures SimPy beside it
	$(if $(findstring --peer,$(BENCHMARK_OPTIONS)),Scripts/python-environment.sh Benchmarks/Peers/requirements.txt)
	swift build --configuration release --package-path Benchmarks --product benchmarks
	Benchmarks/.build/release/benchmarks --check $(BENCHMARK_OPTIONS)

format: ## put all sources into shape
	swift format --in-place --recursive --configuration .swift-format $(FORMATTED)

lint: ## complain of sources that are not in shape, and of what is public and not documented
	swift format lint $(LINT_OPTIONS) --recursive --configuration .swift-format $(FORMATTED)

clean: ## remove what has been built
	rm -rf .build Benchmarks/.build .venv
