#!/usr/bin/env bash
# Has a test write its documents into a folder, which is made anew, for other programs to judge.
#
#   written.sh VARIABLE FOLDER TEST   VARIABLE tells the test the folder
#
#   PASSERELLE_TESTS  the built tests; they are built when it is not set
set -euo pipefail
cd "$(dirname "$0")/.."

bundle=${PASSERELLE_TESTS:-}
if [ -z "$bundle" ]; then
  swift build --build-tests 2>&1 | grep -E "error|warning:" && { echo "written: the build failed" >&2; exit 1; }
  bundle=$(swift build --show-bin-path)/PasserellePackageTests.xctest
fi
rm -rf "$2"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
env "$1=$2" timeout 600 "$bundle" "$3" >"$log" 2>&1 ||
  { cat "$log"; echo "written: $3 could not write its documents" >&2; exit 1; }
grep seed "$log" || true
