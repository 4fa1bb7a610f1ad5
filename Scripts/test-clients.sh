#!/usr/bin/env bash
# Other people's programs and ours, over TLS with certificates on both sides: fhirclient, fhirpy and python-hl7's client
# against a demo; `passerelle hl7 send` against python-hl7's server and hl7apy's; node's simple-hl7 both ways, where node
# is there and its registry can be reached.
#
#   PASSERELLE_PROGRAM  the program; .build/release/passerelle by default
set -euo pipefail
cd "$(dirname "$0")/.."

. Scripts/demo.sh
python=$(Scripts/venv.sh clients)
program=${PASSERELLE_PROGRAM:-.build/release/passerelle}
data=$(mktemp -d)/data
trap 'stop_demo "$data"; rmdir "${data%/data}"' EXIT
start_demo "$program" "$data"

failed=0
"$python" Scripts/clients/fhir_clients.py "$data/demo.json" || failed=1
"$python" Scripts/clients/hl7_client.py "$data/demo.json" Samples/hl7 || failed=1
"$python" Scripts/clients/hl7_servers.py "$data/demo.json" Samples/hl7 "$program" || failed=1

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
