#!/bin/bash
# A private Postgres for Passerelle: never the system's own cluster, no TCP, durable.
#
#   postgres.sh start DIR    make the cluster if it is not there, start it, wait until it answers
#   postgres.sh stop DIR     stop it (fast; "stop DIR immediate" as if the power failed)
#   postgres.sh status DIR   say how it stands; exit 0 when it runs
#   postgres.sh dsn DIR      print the connection string of its superuser
#   postgres.sh fresh        make and start a throw-away cluster; prints its DIR; "drop DIR" stops and deletes it.
#                            PASSERELLE_FRESH_ROOT is the folder that it is made in, /tmp unless set
#   postgres.sh drop DIR     only for directories that "fresh" and "standby" made
#   postgres.sh standby DIR  make a throw-away standby of a running cluster, synchronous from then on; prints its DIR
#   postgres.sh takeover DIR STANDBY   let the standby answer, promoted, where a cluster that is gone answered
#
# DIR keeps the records (data folder, socket folder, user). As root a service user owns the cluster, since Postgres
# refuses to run as root: its data lies under /var/lib/passerelle (PASSERELLE_PGROOT), not under a closed home. As an
# ordinary user everything lies under DIR. The socket folder is short, under /tmp, because a path over 107 bytes is
# refused by the kernel. PASSERELLE_PGBIN chooses the binaries.
set -euo pipefail

# The server must not inherit descriptors of whoever runs this script, or they would wait for it to end.
for fd in /proc/$$/fd/*; do
  fd=${fd##*/}
  [ "$fd" -le 2 ] || [ "$fd" -eq 255 ] || eval "exec $fd>&-"
done

say() { printf 'postgres: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

find_binaries() {
  if [ -n "${PASSERELLE_PGBIN:-}" ]; then
    [ -x "$PASSERELLE_PGBIN/initdb" ] || die "PASSERELLE_PGBIN=$PASSERELLE_PGBIN holds no initdb"
    bin=$PASSERELLE_PGBIN
    return
  fi
  local version best=0 candidate
  bin=
  for candidate in /usr/lib/postgresql/*/bin "$(pg_config --bindir 2>/dev/null || true)"; do
    [ -x "$candidate/initdb" ] && [ -x "$candidate/postgres" ] || continue
    version=$("$candidate/postgres" --version | sed -E 's/[^0-9]*([0-9]+).*/\1/')
    if [ "$version" -ge 15 ] && [ "$version" -gt "$best" ]; then best=$version bin=$candidate; fi
  done
  [ -n "$bin" ] || die "no Postgres 15 or newer found; install the package postgresql (Debian, Ubuntu)"
}

# The user who owns the cluster: ourselves, or a service user when we are root.
choose_user() {
  if [ "$(id -u)" -ne 0 ]; then
    owner=$(id -un)
    return
  fi
  owner=${PASSERELLE_PGUSER:-postgres}
  id "$owner" >/dev/null 2>&1 && return
  owner=passerelle
  id "$owner" >/dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin "$owner"
}

# Runs a command as the owner, from a folder that the owner may enter.
as_owner() {
  if [ "$(id -un)" = "$owner" ]; then
    (cd / && "$@")
  else
    (cd / && runuser -u "$owner" -- "$@")
  fi
}

absolute() {
  mkdir -p "$1" || die "cannot make $1"
  dir=$(cd "$1" && pwd -P)
}

# Sets data and sockets for the DIR given: as recorded by an earlier start, else chosen now.
locate() {
  absolute "$1"
  local name
  name=$(printf '%s' "$dir" | sha256sum | cut -c1-12)
  if [ -f "$dir/cluster" ]; then
    # Three lines: data folder, socket folder, owner.
    { read -r data; read -r sockets; read -r owner; } <"$dir/cluster"
    return
  fi
  choose_user
  if [ "$(id -u)" -eq 0 ]; then
    data=${PASSERELLE_PGROOT:-/var/lib/passerelle}/$name
  else
    data=$dir/data
  fi
  sockets=/tmp/psl-$name
}

record() { printf '%s\n%s\n%s\n' "$data" "$sockets" "$owner" >"$dir/cluster"; }

may_act_for_owner() {
  [ "$(id -un)" = "$owner" ] || [ "$(id -u)" -eq 0 ] || die "$data belongs to $owner; you are $(id -un)"
}

# The owner's own folders, closed to everybody else.
make_folder() {
  [ -d "$1" ] && [ ! -L "$1" ] || {
    [ ! -e "$1" ] && [ ! -L "$1" ] || die "$1 is in the way"
    mkdir -p "$(dirname "$1")"
    mkdir -m 0700 "$1"
    [ "$(id -un)" = "$owner" ] || chown "$owner" "$1"
  }
  [ "$(stat -c %U "$1")" = "$owner" ] || die "$1 belongs to $(stat -c %U "$1"), not to $owner"
}

is_running() { as_owner "$bin/pg_ctl" status -D "$data" >/dev/null 2>&1; }

answers() { as_owner "$bin/pg_isready" -q -h "$sockets" >/dev/null 2>&1; }

initialise() {
  make_folder "$data"
  as_owner test -x "$(dirname "$data")" || die "$owner may not enter $(dirname "$data")"
  say "making a cluster in $data (owner $owner)"
  local durable=()
  [ "${1:-}" = fresh ] && durable=(--no-sync)
  # trust on the socket: its folder is open to the owner alone.
  as_owner "$bin/initdb" -D "$data" -U postgres -E UTF8 --locale=C.UTF-8 --data-checksums \
    --auth-local=trust --auth-host=scram-sha-256 "${durable[@]}" >"$dir/initdb.log" 2>&1 ||
    { cat "$dir/initdb.log" >&2; die "initdb failed"; }
  as_owner sh -c 'cat >>"$1/postgresql.conf"' sh "$data" <<CONF

# Passerelle: the socket alone, and every commit on disk before it is acknowledged.
listen_addresses = ''
unix_socket_permissions = 0700
fsync = on
synchronous_commit = on
full_page_writes = on
max_connections = 100
shared_buffers = 256MB
wal_compression = on
max_wal_size = 4GB
checkpoint_timeout = 15min
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_min_duration_statement = 1000
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_error_verbosity = terse
CONF
}

start() {
  may_act_for_owner
  [ -s "$data/PG_VERSION" ] || { [ -d "$data" ] && [ -n "$(ls -A "$data")" ] && rmdir "$data"; initialise "${1:-}"; }
  local made
  made=$(cat "$data/PG_VERSION")
  case "$("$bin/postgres" --version)" in
    *" $made".* | *" $made") ;;
    *)
      [ -x "/usr/lib/postgresql/$made/bin/postgres" ] ||
        die "$data was made by Postgres $made, which is not installed; run pg_upgrade or install postgresql-$made"
      bin=/usr/lib/postgresql/$made/bin
      ;;
  esac
  make_folder "$sockets"
  record
  if is_running; then
    answers || die "a server runs in $data but does not answer on $sockets: another process owns the folder"
    return
  fi
  as_owner "$bin/pg_ctl" start -w -t 60 -s -D "$data" -l "$data/server.log" \
    -o "-c unix_socket_directories=$sockets" ||
    { tail -5 "$data/server.log" >&2; die "the server does not start; its log is $data/server.log"; }
}

stop() {
  may_act_for_owner
  [ -d "$data" ] && is_running || return 0
  as_owner "$bin/pg_ctl" stop -w -t 60 -s -D "$data" -m "${1:-fast}"
}

dsn() { printf 'host=%s user=postgres dbname=%s\n' "$sockets" "${1:-postgres}"; }

# Drops the clusters of test processes that died without doing so themselves.
reap() {
  local left pid
  for left in /tmp/pslt-*/throw-away; do
    [ -O "$left" ] && pid=$(cat "$left") && [ -n "$pid" ] && [ ! -d "/proc/$pid" ] || continue
    "$0" drop "$(dirname "$left")" || true
  done
}

fresh() {
  reap
  throw_away
  choose_user
  start fresh
  printf '%s\n' "$dir"
}

throw_away() { # sets dir, data and sockets of a new cluster
  dir=$(mktemp -d "${PASSERELLE_FRESH_ROOT:-/tmp}/pslt-XXXXXX")
  chmod 0711 "$dir"
  # With PASSERELLE_FRESH_OWNER (a process id) the cluster may be dropped once that process is gone.
  printf '%s' "${PASSERELLE_FRESH_OWNER:-}" >"$dir/throw-away"
  data=$dir/data sockets=$dir/s
}

standby() {
  local from=$sockets
  throw_away
  make_folder "$data"
  as_owner "$bin/pg_basebackup" -h "$from" -U postgres -D "$data" -R -X stream --no-sync --checkpoint=fast
  start
  # Said to the first one alone: the standby, once promoted, waits for nobody.
  as_owner "$bin/psql" -q -X -h "$from" -U postgres -d postgres -c "alter system set synchronous_standby_names = '*'" \
    -c "do \$\$ begin perform pg_reload_conf(); end \$\$"
  for _ in $(seq 1 100); do
    [ "$(as_owner "$bin/psql" -A -t -X -h "$from" -U postgres -d postgres \
      -c "select count(*) from pg_stat_replication where sync_state in ('sync', 'quorum')")" = 0 ] ||
      { printf '%s\n' "$dir"; return; }
    sleep 0.1
  done
  die "the standby in $data does not follow"
}

takeover() { # STANDBY
  local place=$sockets
  is_running && die "a server still runs in $data"
  locate "$1"
  stop
  as_owner "$bin/pg_ctl" start -w -t 60 -s -D "$data" -l "$data/server.log" -o "-c unix_socket_directories=$place"
  as_owner "$bin/pg_ctl" promote -w -t 60 -s -D "$data"
}

drop() {
  [ -f "$dir/throw-away" ] || die "$dir was not made by \"fresh\"; stop it and delete it yourself"
  stop immediate || true
  rm -rf "$data" "$sockets" "$dir"
}

[ $# -ge 1 ] || { sed -n '2,20s/^# \{0,1\}//p' "$0"; exit 64; }
command=$1
find_binaries
if [ "$command" = fresh ]; then
  fresh
  exit
fi
[ $# -ge 2 ] || die "$command needs the cluster's DIR"
[ "$command" = start ] || [ -d "$2" ] || die "$2 does not exist"
locate "$2"
case "$command" in
  start) start; dsn ;;
  stop) stop "${3:-}" ;;
  status) if is_running && answers; then say "running in $data, socket in $sockets"; else say "not running"; exit 3; fi ;;
  dsn) dsn "${3:-}" ;;
  drop) drop ;;
  standby) standby ;;
  takeover) [ $# -ge 3 ] || die "takeover needs the standby's DIR"; takeover "$3" ;;
  *) die "unknown command $command" ;;
esac
