#!/usr/bin/env bash
# Other people's programs and ours, over TLS with certificates on both sides: fhirclient, fhirpy and python-hl7's client
# against a demo; `passerelle hl7 send` against python-hl7's server and hl7apy's; node's simple-hl7 both ways, where node
# is there and its registry can be reached.
#
#   PASSERELLE_PROGRAM  the program; .build/release/passerelle by default
set -euo pipefail
cd "$(dirname "$0")/.."

venv=.build/venv-clients
if [ ! -x "$venv/bin/python" ]; then python3 -m venv "$venv"; fi
"$venv/bin/python" -m pip install -q --disable-pip-version-check fhirclient==4.4.0 fhirpy==2.3.1 hl7==0.4.5 hl7apy==1.3.5

program=${PASSERELLE_PROGRAM:-.build/release/passerelle}
data=$(mktemp -d)
PASSERELLE_PROGRAM=$program PASSERELLE_DATA=$data PASSERELLE_PORTS=ephemeral Scripts/run.sh >"$data/demo.log" 2>&1 &
demo=$!
finish() {
  kill -TERM "$demo" 2>/dev/null || true
  wait "$demo" 2>/dev/null || true
  # As root the cluster lies elsewhere; its record says where.
  if [ -f "$data/postgres/cluster" ]; then
    { read -r cluster; read -r sockets; } <"$data/postgres/cluster"
    rm -rf "$cluster" "$sockets"
  fi
  rm -rf "$data"
}
trap finish EXIT

for _ in $(seq 1 300); do
  [ -s "$data/demo.json" ] && break
  kill -0 "$demo" 2>/dev/null || { cat "$data/demo.log"; exit 1; }
  sleep 0.2
done
[ -s "$data/demo.json" ] || { cat "$data/demo.log"; echo "test-clients: the demo did not come up within 60 s" >&2; exit 1; }

failed=0
"$venv/bin/python" Scripts/clients/fhir_clients.py "$data/demo.json" || failed=1
"$venv/bin/python" Scripts/clients/hl7_client.py "$data/demo.json" Samples/hl7 || failed=1
"$venv/bin/python" Scripts/clients/hl7_servers.py "$data/demo.json" Samples/hl7 "$program" || failed=1

# simple-hl7 comes from npm's registry, which not every machine reaches.
modules=$PWD/.build/node-clients
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "test-clients: node's simple-hl7 is left out: node and npm are not installed"
elif [ ! -d "$modules/node_modules/simple-hl7" ] &&
  ! npm install --silent --no-audit --no-fund --fetch-retries=0 --fetch-timeout=10000 --prefix "$modules" simple-hl7@3.3.0 >/dev/null 2>&1; then
  echo "test-clients: node's simple-hl7 is left out: npm's registry cannot be reached"
else
  NODE_PATH=$modules/node_modules node Scripts/clients/simple_hl7.cjs "$data/demo.json" Samples/hl7 "$program" || failed=1
fi
exit $failed
