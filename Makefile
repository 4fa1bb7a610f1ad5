# Passerelle: two commands do all the set-up on a fresh machine, `make run` and `make test`.

SHELL := /bin/bash
.DEFAULT_GOAL := help
SECONDS ?= 60
RELEASE := swift build -c release --static-swift-stdlib --product passerelle

.PHONY: help run build release test format format-check generated-check test-clients test-formats test-fhir test-crash test-faults fuzz bench clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

run: ## install what is missing, build for release, start a private Postgres, load two clinics, serve
	@Scripts/packages.sh run
	@$(RELEASE)
	@Scripts/run.sh

release: ## build .build/release/passerelle, which runs without the Swift toolchain
	@Scripts/packages.sh build
	@$(RELEASE)

test: ## install what is missing and run every test
	@Scripts/packages.sh test
	@Scripts/test.sh

format: ## rewrite the sources in the house's format
	@swift format -i -r --parallel Package.swift Sources Tests Benchmarks Fuzz

format-check: ## fail on anything that is not in the house's format
	@swift format lint --strict -r --parallel Package.swift Sources Tests Benchmarks Fuzz

generated-check: ## fail when a generated file is not what its generator writes
	@swift run -q fhir-codegen check

test-clients: ## fhirclient and fhirpy, python-hl7, hl7apy and simple-hl7 against ours, over TLS
	@Scripts/packages.sh clients
	@$(RELEASE)
	@Scripts/test-clients.sh

test-formats: ## validate UBL against XSD and EN 16931, claims against fhir.resources
	@Scripts/packages.sh clients
	@Scripts/test-formats.sh

test-fhir: ## validate the official examples as written anew against FHIR's XSD, compare JSON with node's
	@Scripts/packages.sh clients
	@Scripts/test-fhir.sh

test-crash: ## 30 kills of Passerelle and 5 of Postgres under load; both ledgers must agree
	@Scripts/packages.sh test
	@$(RELEASE)
	@Scripts/test-crash.sh

test-faults: ## each row of docs/faults.md: lost commits, stopped databases, slow and silent peers, full disks
	@Scripts/packages.sh faults
	@$(RELEASE)
	@Scripts/test-faults.sh

fuzz: ## run every libFuzzer target with address sanitizer for SECONDS seconds each (60 unless given)
	@Scripts/fuzz.sh $(SECONDS)

bench: ## measure, each figure beside its reference in the same run
	@Scripts/packages.sh bench
	@$(RELEASE)
	@Scripts/bench.sh

clean: ## remove what was built (the demo's data under .passerelle stays)
	@rm -rf .build
