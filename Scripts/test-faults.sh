#!/usr/bin/env bash
# Runs the fault table over real sockets, TLS, Postgres and processes of the built program: docs/faults.md.
#
#   test-faults.sh [FILTER]   FILTER is a part of a test's name, such as Row7
#
#   PASSERELLE_PROGRAM  the program to test; .build/release/passerelle by default
set -euo pipefail
cd "$(dirname "$0")/.."

export PASSERELLE_PROGRAM=${PASSERELLE_PROGRAM:-$PWD/.build/release/passerelle}
[ -x "$PASSERELLE_PROGRAM" ] ||
  { echo "test-faults: there is no $PASSERELLE_PROGRAM; build it with \`make release\`" >&2; exit 69; }

export PASSERELLE_TEST_FAULTS=long
swift build --build-tests
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
swift test --skip-build --filter "IntegrationTests\..*FaultTests/.*${1:-}" 2>&1 | tee "$log" || status=$?
echo
echo "What was measured:"
grep '^fault: ' "$log" || true
if grep -q ' skipped (' "$log"; then
  echo "Left out:"
  grep -o 'Test skipped.*' "$log" | sort | uniq -c
fi
exit $status
