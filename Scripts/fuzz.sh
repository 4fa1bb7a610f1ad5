#!/usr/bin/env bash
# Runs the libFuzzer programs of Fuzz/, with address sanitizer, for some seconds each (60 unless given) and says what each
# did.
#
#   fuzz.sh [SECONDS [NAME...]]       all of them where no name is given
#
# Seeds are the samples of the repository; what a run finds interesting is kept in .build/fuzz/NAME for the next one. A
# crash leaves its input in .build/fuzz/NAME-crash-… and makes the script fail. Targets run two at a time.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-60}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "fuzz: SECONDS must be a positive number, not '$seconds'" >&2; exit 64; }

shift || true

# Of two --sanitize the compiler hears the last alone, and without "fuzzer" nothing is instrumented: it gets both in one.
sanitizers=(--sanitize fuzzer --sanitize address -Xswiftc -sanitize=fuzzer,address)
if [ $# -eq 0 ]; then
  swift build -q --package-path Fuzz -c release "${sanitizers[@]}"
else
  for name in "$@"; do swift build -q --package-path Fuzz -c release "${sanitizers[@]}" --product "$name"; done
fi
programs=$(swift build --package-path Fuzz -c release "${sanitizers[@]}" --show-bin-path)
work=$PWD/.build/fuzz
mkdir -p "$work"

seed() { # NAME: puts the first inputs of a target where libFuzzer starts from
  local into=$work/$1
  mkdir -p "$into"
  case "$1" in
    er7) cp Samples/hl7/* "$into/" 2>/dev/null || true ;;
    mllp)
      for message in Samples/hl7/*; do
        { printf '\013'; head -c 200 "$message"; printf '\034\r'; } >"$into/$(basename "$message")"
      done
      ;;
    hl7xml)
      cp Samples/hl7/* "$into/" 2>/dev/null || true
      printf 'MSH|^~\\&#|A|B||||||ACK|1|P|2.7\rZXX|a^b&c~""|\\.br\\x\\F\\|\\X0D\\|\\\nOBX|1|FT|||a&b^c#\r' >"$into/odd"
      printf '%s' '<A xmlns="urn:hl7-org:v2xml"><form xmlns="urn:passerelle:er7" leading="0A" terminator="0D0A" final=""/><MSH><MSH.1>|</MSH.1><MSH.2>^~\&amp;</MSH.2></MSH><A.G><PID><PID.3><CX.1>a<escape V="H"/><raw xmlns="urn:passerelle:er7">&amp;</raw></CX.1><CX.4><HD.2/></CX.4></PID.3><PID.3/></PID></A.G></A>' >"$into/xml"
      ;;
    http)
      printf 'GET /fhir/c/Patient?family=a HTTP/1.1\r\nHost: a\r\nX-API-Key: k\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n' >"$into/get"
      printf 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello' >"$into/post"
      printf 'POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nT: v\r\n\r\n' >"$into/chunked"
      printf 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n' >"$into/answer"
      printf 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 404 No\r\nContent-Length: 2\r\n\r\nno' >"$into/interim"
      ;;
    json)
      printf '{"a":[1,-0.5e+10,true,null,"\\u00e9\\ud83d\\ude00\\n"],"b":{}}' >"$into/value"
      printf '%s' '{"resourceType":"Patient","id":"p","meta":{"versionId":"1"},"name":[{"family":"A","given":["B",null],"_given":[null,{"id":"g"}]}],"birthDate":"1970-02","_birthDate":{"extension":[{"url":"u","valueDecimal":1.50}]},"contained":[{"resourceType":"Organization","id":"o"}]}' >"$into/patient"
      printf '%s' '{"resourceType":"Bundle","type":"searchset","total":1,"link":[{"relation":"self","url":"u"}],"entry":[{"resource":{"resourceType":"Invoice","status":"issued","totalNet":{"value":1.00,"currency":"MAD"}}}]}' >"$into/bundle"
      ;;
    xml)
      printf '%s' '<?xml version="1.0"?><Patient xmlns="http://hl7.org/fhir"><id value="p"/><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p class="a">x &amp; y<br/></p></div></text><name><given value="A"><extension url="u"><valueDecimal value="1.50"/></extension></given><given id="g"/></name><birthDate value="1970-02"/><deceasedBoolean value="true"/></Patient>' >"$into/patient"
      printf '%s' '<f:Bundle xmlns:f="http://hl7.org/fhir" xmlns:h="http://www.w3.org/1999/xhtml"><f:type value="collection"/><f:entry><f:resource><f:Basic><f:text><f:status value="empty"/><h:div>a<![CDATA[<]]><!-- c --></h:div></f:text><f:contained><f:Basic/></f:contained><f:code><f:text value="&#10;&lt;"/></f:code></f:Basic></f:resource></f:entry></f:Bundle>' >"$into/bundle"
      ;;
    fhirpath)
      local number=0
      while read -r expression; do
        number=$((number + 1))
        printf '%s' "$expression" >"$into/$number"
      done <<'EXPRESSIONS'
name.where(use = 'official').given.first() & ' ' & name[0].family
birthDate + 2 years <= @2026-01-01 and active implies contact.exists(name.family.startsWith('x'))
(1 | 2.50 | '3').select($this.toString()).aggregate($total & $this, '')
extension('u').value as Quantity > 1 'mg' or descendants().ofType(HumanName).count() mod 3 = 1
iif(name.empty(), {}, name.repeat($this).children().distinct().skip(1).take(2)).trace('t')
'a,b'.split(',').join('-').replace('a', 'b').matches('^[a-z]+$') xor @T10:00 < now().toString().length() div 2
EXPRESSIONS
      ;;
  esac
}

run() { # NAME: fuzzes, writes NAME.log and NAME.status
  local status=0
  SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 nice "$programs/$1" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 \
    -print_final_stats=1 -verbosity=0 -artifact_prefix="$work/$1-" "$work/$1" >"$work/$1.log" 2>&1 || status=$?
  echo "$status" >"$work/$1.status"
}

names=("$@")
if [ $# -eq 0 ]; then
  for folder in Fuzz/Sources/*/; do names+=("$(basename "$folder")"); done
fi
for name in "${names[@]}"; do seed "$name"; done
for name in "${names[@]}"; do
  while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done
  run "$name" &
done
wait

failed=0
printf '%-8s %14s %10s  %s\n' target runs seconds outcome
for name in "${names[@]}"; do
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$name.log")
  outcome=clean
  if [ "$(cat "$work/$name.status")" -ne 0 ]; then
    failed=1
    outcome="CRASH, see $work/$name.log"
  fi
  printf '%-8s %14s %10s  %s\n' "$name" "${runs:-?}" "$seconds" "$outcome"
done
exit $failed
