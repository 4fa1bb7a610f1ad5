#!/usr/bin/env bash
# Names the Debian packages that are missing for a purpose, and installs them.
#
#   packages.sh build     what compiling needs
#   packages.sh run       what `make run` needs
#   packages.sh test      what `make test` needs
#   packages.sh faults    what `make test-faults` needs
#   packages.sh clients   what the interoperability suites need (Python)
#   packages.sh bench     what `make bench` needs
#
# Postgres comes without a running default cluster: Passerelle starts a private one of its own.
set -euo pipefail

say() { printf 'packages: %s\n' "$*"; }
fail() {
  printf 'packages: %s\n' "$*" >&2
  exit 1
}

purpose=${1:-run}
wanted=(libxml2-dev libssl-dev libpq-dev pkg-config)
case "$purpose" in
  build) ;;
  run) wanted+=(postgresql openssl curl ca-certificates) ;;
  test) wanted+=(postgresql openssl curl ca-certificates python3) ;;
  faults) wanted+=(postgresql openssl ca-certificates pgbouncer faketime) ;;
  clients) wanted+=(postgresql openssl python3 python3-venv) ;;
  bench) wanted+=(postgresql postgresql-contrib openssl wrk gcc libc6-dev) ;;
  *) fail "unknown purpose '$purpose'; use build, run, test, faults, clients or bench" ;;
esac

command -v swift >/dev/null 2>&1 ||
  fail "no Swift toolchain on the PATH: install Swift 6.3 or newer (https://www.swift.org/install) and try again"

if ! command -v dpkg-query >/dev/null 2>&1; then
  say "not a Debian or Ubuntu system; make sure that these are installed: ${wanted[*]}"
  exit 0
fi

missing=()
for package in "${wanted[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] && continue
  # A newer server package (postgresql-17, say) is as good as the distribution's default one.
  if [ "$package" = postgresql ] && compgen -G '/usr/lib/postgresql/1[5-9]/bin/initdb' >/dev/null; then continue; fi
  if [ "$package" = python3 ] && command -v python3 >/dev/null 2>&1; then continue; fi
  if [ "$package" = python3-venv ] && python3 -c 'import ensurepip, venv' >/dev/null 2>&1; then continue; fi
  if [ "$package" = pkg-config ] && command -v pkg-config >/dev/null 2>&1; then continue; fi
  missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

say "missing: ${missing[*]}"
root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null 2>&1 || fail "run as root: apt-get install --no-install-recommends ${missing[*]}"
  root=(sudo)
fi
as_root() { "${root[@]}" env DEBIAN_FRONTEND=noninteractive "$@"; }

say "installing them"
as_root apt-get update -qq
if [[ " ${missing[*]} " == *" postgresql "* ]]; then
  as_root apt-get install -y -qq --no-install-recommends postgresql-common >/dev/null
  as_root mkdir -p /etc/postgresql-common/createcluster.d
  printf 'create_main_cluster = false\n' |
    "${root[@]}" tee /etc/postgresql-common/createcluster.d/passerelle.conf >/dev/null
fi
as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
if [[ " ${missing[*]} " == *" pgbouncer "* ]]; then
  # The tests start one of their own; the package's would hold port 6432 before a cluster that is not there.
  if [ -d /run/systemd/system ]; then
    as_root systemctl disable --quiet --now pgbouncer
  elif [ -x /etc/init.d/pgbouncer ]; then
    as_root /etc/init.d/pgbouncer stop >/dev/null || true
  fi
fi
say "installed"
