#!/usr/bin/env bash
# Builds and runs every test, keeps what they said in .build/test.log, and ends with what was left out and what failed.
#
#   test.sh [ARGUMENT…]   arguments of `swift test`, such as --filter HTTPTests
set -euo pipefail
cd "$(dirname "$0")/.."

swift build --build-tests
if [ "${CI:-}" = true ]; then swift run -q --skip-build fhir-codegen check; fi

log=.build/test.log
status=0
swift test --skip-build "$@" 2>&1 | tee "$log" || status=$?

skipped=$(grep -aE '^[^ ].*:[0-9]+: .* : Test skipped' "$log" | sed "s|^$PWD/||" || true)
if [ -n "$skipped" ]; then printf '\nSkipped:\n%s\n' "$skipped"; fi
if [ $status -ne 0 ]; then
  printf '\nFailed (all of it is in %s):\n' "$log"
  grep -aE '^[^ ].*:[0-9]+: error: |^Fatal error|: Fatal error: |unexpected signal' "$log" | sed "s|^$PWD/||" || true
  # A test that began and never ended took the process with it.
  awk -F "'" '/^Test Case .* started/ { running = $2 }
    /^Test Case .* (passed|skipped) \(/ { running = "" }
    /^Test Case .* failed \(/ { running = ""; print "failed: " $2 }
    END { if (running != "") print "never ended: " running }' "$log"
fi
exit $status
