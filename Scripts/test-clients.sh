#!/usr/bin/env bash
# Other people's clients against a demo of ours: fhirclient, fhirpy and python-hl7, over TLS with key and certificate.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=.build/venv-clients
if [ ! -x "$venv/bin/python" ]; then python3 -m venv "$venv"; fi
"$venv/bin/pip" install -q --disable-pip-version-check fhirclient==4.4.0 fhirpy==2.3.1 hl7==0.4.5

data=$(mktemp -d)
PASSERELLE_DATA=$data PASSERELLE_PORTS=ephemeral Scripts/run.sh >"$data/demo.log" 2>&1 &
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
exit $failed
