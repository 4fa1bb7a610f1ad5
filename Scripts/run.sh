#!/usr/bin/env bash
# Starts the private Postgres and the demo upon it; Ctrl-C or SIGTERM drains the demo, then stops Postgres.
#
#   PASSERELLE_DATA   where keys, certificates and (for an ordinary user) the database lie; .passerelle by default
#   PASSERELLE_PROGRAM  the program to start; .build/release/passerelle by default
#   PASSERELLE_PORTS  "ephemeral" lets the system choose the ports (for tests)
set -euo pipefail
cd "$(dirname "$0")/.."

data=${PASSERELLE_DATA:-$PWD/.passerelle}
# Keys lie in it: for nobody else to read.
(umask 077 && mkdir -p "$data")
# Another run upon the same data would stop this one's Postgres when it ends.
exec 9>"$data/run.lock"
flock -n 9 || {
  echo "run: $data is served already by another make run; stop that one first, or give PASSERELLE_DATA" >&2
  exit 1
}
Scripts/postgres.sh start "$data/postgres" >/dev/null

demo=
stop() {
  trap '' INT TERM
  if [ -n "$demo" ]; then
    kill -TERM "$demo" 2>/dev/null || true
    wait "$demo" 2>/dev/null || true
  fi
  Scripts/postgres.sh stop "$data/postgres"
}
trap stop EXIT
trap 'exit 0' INT TERM

dsn=$(Scripts/postgres.sh dsn "$data/postgres")
ports=()
[ "${PASSERELLE_PORTS:-}" = ephemeral ] && ports=(--ephemeral-ports)
"${PASSERELLE_PROGRAM:-.build/release/passerelle}" demo --data "$data" --database "$dsn" "${ports[@]}" 9>&- &
demo=$!
wait "$demo"
