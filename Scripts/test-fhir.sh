#!/bin/bash
# Lets outside tools judge what FHIRModels makes of the official examples: XML against FHIR's XSD (lxml), JSON beside
# node's JSON.parse. The collections are looked for in ../shared, or where PASSERELLE_SHARED says.
# Usage: Scripts/test-fhir.sh [folder for what is written]
set -euo pipefail
cd "$(dirname "$0")/.."

shared=${PASSERELLE_SHARED:-../shared}/fhir-r4
for archive in examples-json schemas; do
  [ -f "$shared/$archive.tar.xz" ] || { echo "test-fhir: $shared/$archive.tar.xz is absent; set PASSERELLE_SHARED"; exit 1; }
done
command -v node >/dev/null || { echo "test-fhir: node is not installed (apt-get install nodejs)"; exit 1; }

python=$(Scripts/venv.sh fhir)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar xf "$shared/examples-json.tar.xz" -C "$work"
tar xf "$shared/schemas.tar.xz" -C "$work"

written=${1:-.build/fhir-examples}
Scripts/written.sh PASSERELLE_WRITE_EXAMPLES "$written" FHIRModelsTests.ExampleWriterTests

status=0
"$python" Scripts/fhir/validate_xsd.py "$work/xsd/fhir-all.xsd" "$written/xml" || status=1
node Scripts/fhir/compare.mjs "$work/examples-json" "$written/parsed" "JSONValue" || status=1
node Scripts/fhir/compare.mjs "$work/examples-json" "$written/json" "typed codec" || status=1
exit $status
