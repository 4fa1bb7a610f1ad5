#!/usr/bin/env bash
# Makes the Python environment .build/venv-NAME hold what Scripts/NAME/requirements.txt asks for; prints its interpreter.
#
#   venv.sh NAME
set -euo pipefail
cd "$(dirname "$0")/.."

venv=.build/venv-$1
stamp=$(sha256sum "Scripts/$1/requirements.txt" | cut -d' ' -f1)
if [ "$(cat "$venv/stamp" 2>/dev/null)" != "$stamp" ]; then
  echo "venv: installing what Scripts/$1 needs into $venv" >&2
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "Scripts/$1/requirements.txt" >&2
  echo "$stamp" >"$venv/stamp"
fi
echo "$venv/bin/python"
