#!/usr/bin/env bash
# Kills Passerelle with -9 and stops Postgres at once, at random moments under load; then both ledgers must agree.
#
#   CRASH_KILLS   how often Passerelle is killed; 30 by default
#   CRASH_STOPS   how often Postgres is stopped without a checkpoint; 5 by default
#   CRASH_SEED    repeats the choices of an earlier run; printed at the beginning and at the end
#   CRASH_KEEP    a folder that takes the log and both ledgers when something failed
#   PASSERELLE_PROGRAM  the program to test; .build/release/passerelle by default
set -euo pipefail
cd "$(dirname "$0")/.."

program=${PASSERELLE_PROGRAM:-$PWD/.build/release/passerelle}
[ -x "$program" ] || { echo "test-crash: there is no $program; build it with \`make release\`" >&2; exit 69; }

test=
cluster=
finish() {
  trap '' INT TERM
  if [ -n "$test" ]; then
    kill -TERM "$test" 2>/dev/null || true
    wait "$test" 2>/dev/null || true
  fi
  [ -z "$cluster" ] || Scripts/postgres.sh drop "$cluster"
}
trap finish EXIT
trap 'exit 130' INT TERM

cluster=$(PASSERELLE_FRESH_OWNER=$$ Scripts/postgres.sh fresh)
python3 -B Scripts/crash/crash.py --program "$program" --cluster "$cluster" --keep "${CRASH_KEEP:-}" \
  --kills "${CRASH_KILLS:-30}" --stops "${CRASH_STOPS:-5}" --seed "${CRASH_SEED:-}" &
test=$!
status=0
wait "$test" || status=$?
test=
exit $status
