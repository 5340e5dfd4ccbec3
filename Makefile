# Everything a contributor or an operator types. `make` alone prints the list.
# Debug and release live side by side in .build: one checkout and one resolution of the dependencies serve both.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

SWIFT ?= swift
# Where `make serve` keeps its data.
DATA ?= ./var
# Generated files carry swift-format-ignore-file, so the formatter may be given whole folders. It follows no symbolic links, such as
# those in Benchmarks/Sources.
FORMATTED := Package.swift Sources Tests Benchmarks
# What `make smoke` replays: the full trace where it is at hand, otherwise the short one that the tests ship.
TRACE ?= $(firstword $(wildcard ../shared/data/noshow-39596.csv) Tests/CommandTests/Fixtures/trace.csv)
# How many tests run at once: each has files and sockets of its own, and all of them together have more than one process
# should.
AT_ONCE ?= 64
# What `make simulate` runs: a range of seeds, or how many from START on.
SEEDS ?= 500
START ?= 1

.PHONY: help setup build release serve test smoke simulate planted lint format proto pages bench bench-smoke \
	microbench microbench-check microbench-thresholds compare clean

help: ## print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' \
		| awk -F '\t' '{ printf "  make %-22s %s\n", $$1, $$2 }'

setup: ## install what is missing: Debian packages, and a Python environment in .venv
	@scripts/setup

# Named products, because `--build-tests` alone also builds the plugins of the dependencies, protoc among them: minutes for nothing.
build: setup ## compile everything, tests included (debug)
	$(SWIFT) build --product haoyuan
	$(SWIFT) build --product haoyuanPackageTests

release: setup ## compile the optimised engine: .build/release/haoyuan
	$(SWIFT) build --configuration release --product haoyuan

serve: release ## start the engine on 127.0.0.1:7440 with its data in ./var; the first start loads a sample hospital
	@exec .build/release/haoyuan serve --data '$(DATA)' --sample

# Both always run, the Python client first, so that the closing lines of `swift test` are the last thing on the screen.
test: build ## run every test: the Python client against a real server, then all Swift tests
	@status=0; \
	Tests/interop/run || { status=$$?; echo 'Tests/interop/run failed; what it said is above' >&2; }; \
	$(SWIFT) test --skip-build --disable-xctest --experimental-maximum-parallelization-width $(AT_ONCE) || status=$$?; \
	exit $$status

smoke: release ## replay a trace of real appointments over sockets and audit the outcome
	.build/release/haoyuan replay --trace '$(TRACE)' --json

simulate: setup ## let the engine live in SEEDS simulated worlds full of faults (SEEDS=500 START=1, or SEEDS=7..9)
	$(SWIFT) build --configuration release --product haoyuan-simulate
	.build/release/haoyuan-simulate --seeds '$(if $(findstring ..,$(SEEDS)),$(SEEDS),$(START)..$(shell expr $(START) + $(SEEDS) - 1))'

planted: setup ## plant bugs in a copy and show that the simulator catches each: minutes
	scripts/planted

lint: setup ## check the formatting, and that the generated messages belong to proto/
	$(SWIFT) format lint --strict --parallel --recursive $(FORMATTED)
	@scripts/generate-proto --check

format: ## rewrite the sources in the project's format
	$(SWIFT) format --in-place --parallel --recursive $(FORMATTED)

proto: setup ## generate Sources/Wire/Generated from proto/
	@scripts/generate-proto

pages: build ## write the generated tables of the pages anew from the sources
	HAOYUAN_WRITE_PAGES=1 $(SWIFT) test --skip-build --disable-xctest --filter 'a generated section says'

bench: release ## measure this machine: every scenario over sockets, memory, starts, the parts; reports in ./reports
	@for scenario in batch pipelined unpipelined steady storm seats search held together mixed; do \
		.build/release/haoyuan bench $$scenario --report reports || exit; \
	done
	.build/release/haoyuan bench sizes --count 1000000
	SWIFT=$(SWIFT) scripts/microbench

# For machines that are busy: every audit must hold, and a fifteenth of what a quiet machine of two cores does be reached.
bench-smoke: release ## every scenario for a second or two: its audit, and goals that only something broken misses
	@for run in batch:50000 pipelined:15000 unpipelined:4000 seats:4000 search:10000 held:8000 together:3000 mixed:6000; do \
		.build/release/haoyuan bench $${run%:*} --count 20000 --passes 1 --at-least $${run#*:} | tail -2 || exit; \
	done
	@.build/release/haoyuan bench steady --duration 2s --p99-at-most 1s | tail -2
	@.build/release/haoyuan bench steady --duration 2s --simulate-sync-delay 8ms --p99-at-most 2s | tail -2
	@.build/release/haoyuan bench storm --connections 500 --count 10000 --rate 10000 --numbers 300 --p99-at-most 10s | tail -2

microbench: setup ## measure the parts of a reservation, each by itself: a minute after the first build
	SWIFT=$(SWIFT) scripts/microbench

microbench-check: setup ## the same, against Benchmarks/thresholds.json
	SWIFT=$(SWIFT) scripts/microbench --check

microbench-thresholds: setup ## set the thresholds anew from what this machine does when it is quiet
	SWIFT=$(SWIFT) scripts/microbench --runs 3 --write-thresholds

compare: release ## the same booking in PostgreSQL and Redis (and TIGERBEETLE=path) on this machine; the report in ./reports
	scripts/compare --report reports

clean: ## remove everything that was built; the data in ./var stays
	rm -rf .build .build-benchmarks .build-protoc .venv
