#!/usr/bin/env bash
# Measures how fast one partner is sent an HL7 feed that has fallen behind, beside what Postgres alone does.
#
#   bench-feed.sh PROGRAM DATA REFERENCE    DATA: the folder of a running demo; REFERENCE: the database of the references
#   BENCH_FEED_MESSAGES    how many messages (5000)
#
# The receiver is `passerelle hl7 listen` of this machine, over mutual TLS, which answers and keeps nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
program=$1 data=$2 reference=$3
messages=${BENCH_FEED_MESSAGES:-5000}
unset BENCH_FEED_MESSAGES
pgbin=$(dirname "$(ls -d /usr/lib/postgresql/*/bin/pgbench | sort -V | tail -n 1)")
dsn=$(Scripts/postgres.sh dsn "$data/postgres")
sql() { "$pgbin/psql" -qAtX "$dsn" -c "$1"; }
script=../shared/bench/reference/insert.sql
[ -f "$script" ] || script=Benchmarks/reference/insert.sql

said=$(mktemp)
certificates=$data/certificates
"$program" hl7 listen --on 127.0.0.1:0 --certificate "$certificates/server.pem" --key "$certificates/server.key" \
  --ca "$certificates/ca.pem" --brief >"$said" 2>&1 &
receiver=$!
before=$(sql "select delivery_url from gateway.partner where slug = 'emr'")
trap 'sql "update gateway.partner set delivery_url = '"'$before'"' where slug = '"'emr'"'" || true
  kill -TERM $receiver 2>/dev/null || true; wait $receiver 2>/dev/null || true; rm -f "$said"' EXIT
for _ in $(seq 1 50); do
  port=$(grep -oE '127\.0\.0\.1:[0-9]+' "$said" | head -n 1 | cut -d: -f2 || true)
  [ -n "$port" ] && break
  sleep 0.1
done
[ -n "$port" ] || { cat "$said" >&2; exit 1; }
wait_settled() {
  for _ in $(seq 1 1200); do
    [ "$(sql "select count(*) from gateway.delivery d join gateway.partner p on p.id = d.partner_id
      where p.slug = 'emr' and d.state not in ('delivered', 'dead')")" = 0 ] && return
    sleep 0.1
  done
  echo "the feed has not caught up within two minutes" >&2
}
wait_settled
bar=$("$pgbin/pgbench" -n -M prepared -f "$script" -c 1 -j 1 -T 3 "$reference" 2>/dev/null | awk '/^tps/ {printf "%.0f", $3}')
sql "update gateway.partner set delivery_url = 'mllps://localhost:$port' where slug = 'emr'"
sequence=$(sql "select coalesce(max(sequence), 0) from gateway.delivery")
sql "with chosen as (select p.clinic_id, p.id from clinic.patient p join clinic.clinic c using (clinic_id)
    where c.slug = 'casablanca' and p.deleted_at is null and p.active and p.replaced_by is null order by p.id limit $messages)
  update clinic.patient p set phone = '+2126' || lpad((random() * 1e8)::int::text, 8, '0')
  from chosen s where p.clinic_id = s.clinic_id and p.id = s.id" >/dev/null
wait_settled
sql "select format('HL7 feed, %s messages to one partner: %s/s (%s x reference $bar/s), %s dead, %s sent twice', count(*),
    round(count(*) / seconds), round(count(*) / seconds / $bar, 2), count(*) filter (where state = 'dead'),
    count(*) filter (where attempts > 1))
  from gateway.delivery d, (select extract(epoch from max(settled_at) - min(settled_at)) as seconds
    from gateway.delivery where sequence > $sequence) t
  where d.sequence > $sequence group by seconds"
