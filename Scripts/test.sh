#!/usr/bin/env bash
# Builds and runs every test, then says where the reference collections were looked for.
set -euo pipefail
cd "$(dirname "$0")/.."

swift build --build-tests
if [ "${CI:-}" = true ]; then swift run -q --skip-build fhir-codegen check; fi
swift test --skip-build "$@"
