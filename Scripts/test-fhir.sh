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

venv=.build/venv-fhir
stamp=$(sha256sum Scripts/fhir/requirements.txt | cut -d' ' -f1)
if [ "$(cat $venv/stamp 2>/dev/null)" != "$stamp" ]; then
  rm -rf $venv
  python3 -m venv $venv
  $venv/bin/pip install --quiet --disable-pip-version-check -r Scripts/fhir/requirements.txt
  echo "$stamp" > $venv/stamp
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar xf "$shared/examples-json.tar.xz" -C "$work"
tar xf "$shared/schemas.tar.xz" -C "$work"

written=${1:-.build/fhir-examples}
rm -rf "$written"
bundle=${PASSERELLE_TESTS:-}
if [ -z "$bundle" ]; then
  swift build --build-tests 2>&1 | grep -E "error|warning:" && { echo "test-fhir: the build failed"; exit 1; }
  bundle=$(swift build --show-bin-path)/PasserellePackageTests.xctest
fi
PASSERELLE_WRITE_EXAMPLES=$written "$bundle" FHIRModelsTests.ExampleWriterTests > "$work/log" 2>&1 ||
  { cat "$work/log"; echo "test-fhir: the examples could not be written"; exit 1; }

status=0
$venv/bin/python Scripts/fhir/validate_xsd.py "$work/xsd/fhir-all.xsd" "$written/xml" || status=1
node Scripts/fhir/compare.mjs "$work/examples-json" "$written/parsed" "JSONValue" || status=1
node Scripts/fhir/compare.mjs "$work/examples-json" "$written/json" "typed codec" || status=1
exit $status
