# What people and CI call. Each target is a short list of phases; the work itself is in CMakePresets.json and scripts/.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

phase := scripts/phase.sh
jobs = $$(scripts/jobs.sh)
nexus := build/release/nexus

FUZZ_SECONDS ?= 10
QUESTION ?= Is v2.0.0 ready for release?

##@ Every day

.PHONY: run
run: build ## Set up, build, start everything on this machine in mock mode and ask a question; Ctrl-C ends it
	@$(nexus) serve --ask "$(QUESTION)"

.PHONY: test
test: setup ## Set up, build, run all tests, fuzz targets, checks, and Nexus' own gate on this repository
	@$(phase) "Configure" cmake --preset release
	@$(phase) "Build" cmake --build build/release -j $(jobs)
	@$(phase) "Tests" scripts/ctest.sh release
	@$(phase) "Fuzz targets, $(FUZZ_SECONDS) s each" scripts/fuzz.sh $(FUZZ_SECONDS)
	@$(phase) "Lint" scripts/lint.sh
	@$(phase) "Release gate on this repository" scripts/gate.sh

.PHONY: setup
setup: ## Install what is missing (Debian 12; root or sudo)
	@$(phase) "Set up" scripts/setup.sh

.PHONY: build
build: setup ## Build build/release/nexus
	@$(phase) "Configure" cmake --preset release
	@$(phase) "Build" cmake --build build/release -j $(jobs) --target nexus

##@ Before a change is done

.PHONY: lint
lint: ## Check headers, format and rules of the house (quick)
	@$(phase) "Lint" scripts/lint.sh

.PHONY: format
format: ## Bring all C++ into the format of .clang-format
	@git ls-files -z -- '*.hpp' '*.cpp' | xargs -0 clang-format-19 -i

.PHONY: asan
asan: setup ## Run the tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@$(phase) "Configure (asan)" cmake --preset asan
	@$(phase) "Build (asan)" cmake --build build/asan -j $(jobs)
	@$(phase) "Tests (asan)" scripts/ctest.sh asan

.PHONY: tsan
tsan: setup ## Run the tests under ThreadSanitizer, with a CAF built the same way
	@$(phase) "CAF (tsan)" scripts/build-caf-tsan.sh
	@$(phase) "Configure (tsan)" cmake --preset tsan
	@$(phase) "Build (tsan)" cmake --build build/tsan -j $(jobs)
	@$(phase) "Tests (tsan)" scripts/ctest.sh tsan

.PHONY: tidy
tidy: setup ## Run clang-tidy over all sources (FILES="a.cpp b.cpp" for some)
	@$(phase) "Configure" cmake --preset release
	@$(phase) "clang-tidy" scripts/tidy.sh $(FILES)

.PHONY: fuzz
fuzz: setup ## Run every fuzz target (FUZZ_SECONDS=10)
	@$(phase) "Fuzz targets, $(FUZZ_SECONDS) s each" scripts/fuzz.sh $(FUZZ_SECONDS)

.PHONY: bench
bench: setup ## Measure, beside raw CAF and a bare Beast server
	@$(phase) "Benchmarks" scripts/bench.sh

##@ Else

.PHONY: clean
clean: ## Remove everything that was built
	@rm -rf build

.PHONY: help
help: ## Show this
	@awk 'BEGIN {FS = ":.*## "} /^##@ / {printf "\n%s\n", substr($$0, 5)} \
	      /^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
