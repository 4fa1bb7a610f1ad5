#!/usr/bin/env bash
# Measures the server, each figure beside a reference that Postgres reaches in the same run on the same cluster, and the
# reading and writing of FHIR documents beside node.
#
#   BENCH_SECONDS    how long each load runs (10)
#   BENCH_PATIENTS   how many patients the Casablanca clinic gets (100000)
#   PASSERELLE_SHARED  where the fixed reference statements lie; the project's own are used when they do not
set -euo pipefail
cd "$(dirname "$0")/.."
. Scripts/demo.sh

seconds=${BENCH_SECONDS:-10}
patients=${BENCH_PATIENTS:-100000}
program=${PASSERELLE_PROGRAM:-.build/release/passerelle}
shared=${PASSERELLE_SHARED:-../shared}
reference=$shared/bench/reference
# The program takes every PASSERELLE_ variable for a key of its configuration.
unset PASSERELLE_PROGRAM PASSERELLE_SHARED
[ -f "$reference/schema.sql" ] || reference=Benchmarks/reference
pgbin=$(dirname "$(ls -d /usr/lib/postgresql/*/bin/pgbench | sort -V | tail -n 1)")

work=$(mktemp -d)
chmod 755 "$work"
cc -O2 -o "$work/mllp_load" Benchmarks/load/mllp_load.c
cc -O2 -shared -fPIC -o "$work/client_certificate.so" Benchmarks/load/client_certificate.c -ldl

data=$work/data
trap 'stop_demo "$data"; rm -rf "$work"' EXIT
start_demo "$program" "$data"
fact() { python3 -c "import json,sys; v=json.load(open('$data/demo.json'))
for k in sys.argv[1:]: v=v[k]
print(v)" "$@"; }
dsn=$(Scripts/postgres.sh dsn "$data/postgres")
server=$(pgrep -f -- "--data $data " | head -n 1)
sql() { "$pgbin/psql" -qAtX "$1" -c "$2"; }

echo "reference statements: $reference; $patients patients; $seconds s a load; $(nproc) cores shared by all"
sql "$dsn" "create database reference" >/dev/null
ref="${dsn/dbname=postgres/dbname=reference}"
"$pgbin/psql" -qAtX "$ref" -f "$reference/schema.sql" >/dev/null 2>&1
began=$(date +%s.%N)
"$program" seed --patients "$patients" --clinic casablanca --config "$data/passerelle.conf" >/dev/null
echo "seed: $(python3 -c "import time; print(f'{time.time()-$began:.1f}')") s for $patients patients"
sql "$dsn" "analyze" >/dev/null

bar() { # FILE CLIENTS: statements a second that pgbench reaches
  "$pgbin/pgbench" -n -M prepared -f "$reference/$1" -c "$(($2 > 64 ? 64 : $2))" -j 1 -T "$seconds" "$ref" 2>/dev/null |
    awk '/^tps/ {printf "%.0f", $3}'
}
cpu() { awk '{print $14 + $15}' "/proc/$server/stat"; }
resident() { awk '/VmRSS/ {printf "%.0f", $2 / 1024}' "/proc/$server/status"; }

base=$(fact fhir_base)
emr_key=$(fact partners emr key)
export LOAD_CERT LOAD_KEY
LOAD_CERT=$(fact partners emr certificate)
LOAD_KEY=$(fact partners emr private_key)
sql "$dsn" "select p.id from clinic.patient p join clinic.clinic c using (clinic_id) where c.slug = 'casablanca'
  and p.deleted_at is null order by md5(p.id) limit 20000" >"$work/ids"
sql "$dsn" "select distinct lower(substr(family, 1, 4)) from clinic.patient p join clinic.clinic c using (clinic_id)
  where c.slug = 'casablanca' and family ~ '^[A-Za-z]{4}'" >"$work/families"

script() { # LIST PATH-PREFIX PATH-SUFFIX
  cat <<LUA
local lines = {}
for line in io.lines("$1") do lines[#lines + 1] = line end
math.randomseed(42)
wrk.headers["Authorization"] = "Bearer $emr_key"
function request() return wrk.format("GET", "$2" .. lines[math.random(#lines)] .. "$3") end
LUA
}
http() { # NAME BAR-FILE BAR-CLIENTS [CONNECTIONS]: runs $work/load.lua
  local bar before after out
  bar=$(bar "$2" "$3")
  before=$(cpu)
  out=$(LD_PRELOAD=$work/client_certificate.so wrk -t1 -c"${4:-64}" -d"${seconds}s" --latency -s "$work/load.lua" "$base" 2>&1)
  after=$(cpu)
  echo "$out" | awk -v name="$1" -v bar="$bar" -v ticks=$((after - before)) -v rss="$(resident)" '
    /50%/ {p50 = $2} /99%/ {p99 = $2} /Non-2xx/ {bad = $NF} /requests in/ {count = $1} /Requests\/sec/ {rate = $2}
    END {printf "%s: %.0f/s (%.2f x reference %d/s), p50 %s, p99 %s, CPU %.0f us each, not 2xx %d, resident %d MB\n",
      name, rate, rate / bar, bar, p50, p99, count ? ticks * 10000 / count : 0, bad, rss}'
}

certificates=$data/certificates
idle() { # 1,000 connections under mutual TLS that say nothing
  python3 Scripts/idle_mllp.py "$(fact mllp_tls)" "$certificates/ca.pem" "$certificates/hospital.pem" \
    "$certificates/hospital.key" "$server" 1000
}
python3 Benchmarks/load/ready.py "$program" "$data/passerelle.conf" "$work/serve"
echo -n "Before any load: "
idle
script "$work/ids" "/fhir/casablanca/Patient/" "" >"$work/load.lua"
http "FHIR read" read-audit.sql 32
http "FHIR read, 256 connections" read-audit.sql 32 256
head -n 2000 "$work/ids" >"$work/asked_again"
script "$work/asked_again" "/fhir/casablanca/Patient/" "" >"$work/load.lua"
http "FHIR read of 2,000 patients again and again" read-audit.sql 32
script "$work/families" "/fhir/casablanca/Patient?_count=20&family=" "" >"$work/load.lua"
http "FHIR search by family, 20 a page" search.sql 8
python3 Benchmarks/load/deep_page.py "$base" "$emr_key" "$LOAD_CERT" "$LOAD_KEY" "$certificates/ca.pem" \
  "/casablanca/Patient?_sort=family&_count=20" "$((patients < 20000 ? patients / 20 : 1000))"

# Senders are the hospital's; every answer is AA, as generators expect that know original mode alone.
printf '{"acknowledgements": "original"}' >"$work/profile.json"
"$program" partner update hospital --config "$data/passerelle.conf" --hl7-profile "$work/profile.json" \
  --sender 'ADT1/GOOD HEALTH HOSPITAL@casablanca' --sender 'SCHED/CLINIC@casablanca' >/dev/null
host=$(fact mllp_plain)
mllp() { # NAME CONNECTIONS PROGRAM ARGUMENT…: a load that prints one line of JSON
  local name=$1 connections=$2 rate
  shift 2
  rate=$(bar insert.sql "$connections")
  "$1" "${host%:*}" "${host##*:}" "$connections" "$seconds" "${@:2}" >"$work/mllp" || true
  python3 -c "import json; r=json.load(open('$work/mllp')); n=r.get('per_second', r.get('msgs_s'))
print(f\"MLLP $name, $connections connections: {n:.0f}/s ({n/$rate:.2f} x reference $rate/s),\",
  f\"p50 {r['p50_ms']} ms, p99 {r['p99_ms']} ms, bad {r['bad']}\")"
}
# What a partner's feed costs is measured by itself: nobody follows the clinic until then.
"$program" partner disable emr --config "$data/passerelle.conf" >/dev/null
# The messages' patients are made first; the server has tables that have grown analyzed within seconds.
changing=Benchmarks/load/adt_a08_changing.hl7
"$work/mllp_load" "${host%:*}" "${host##*:}" 16 1 "$changing" 10000 >/dev/null || true
sleep 6
# Postgres takes 100 connections: the reference of 256 is that of 64.
for connections in 1 16 64 256; do
  mllp "A08 that changes nothing" "$connections" "$work/mllp_load" Benchmarks/load/adt_a08.hl7 1
  mllp "A08 with a new telephone number" "$connections" "$work/mllp_load" "$changing" 10000
done
if [ -f "$shared/bench/mllpload.c" ]; then
  cc -O2 -o "$work/mllpload" "$shared/bench/mllpload.c"
  # It numbers its messages from 0 each time: after the first run of a file most are repeats of the run before.
  for connections in 16 64 256; do
    for file in adt_a01 siu_s12; do
      mllp "$file" "$connections" "$work/mllpload" "$shared/bench/$file.hl7"
    done
  done
fi
"$program" partner enable emr --config "$data/passerelle.conf" >/dev/null
Scripts/bench-feed.sh "$program" "$data" "$ref"
mllp "A08 with a new telephone number, an EMR following" 64 "$work/mllp_load" "$changing" 10000
echo -n "After these loads: "
idle

built() { # PRODUCT: where the benchmark lies once it is built
  swift build -q -c release --package-path Benchmarks --product "$1" >&2
  echo "$(swift build -c release --package-path Benchmarks --show-bin-path)/$1"
}
echo "HL7 messages, one thread: parse, read six fields, build the ACK"
messages=("$shared"/bench/*.hl7)
[ -f "${messages[0]}" ] || messages=(Benchmarks/load/adt_a08.hl7)
"$(built hl7-bench)" "${messages[@]}"
echo "FHIR documents, one thread, beside node where there is one:"
"$(built fhir-bench)" "$shared/bench"
