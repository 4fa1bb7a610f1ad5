# For scripts that need a demo of their own to measure or to talk to: source it.

demo=

# start_demo PROGRAM DATA: starts the demo over a folder of its own and waits until it serves; its process is $demo.
start_demo() {
  PASSERELLE_PROGRAM=$1 PASSERELLE_DATA=$2 PASSERELLE_PORTS=ephemeral Scripts/run.sh >"$2.log" 2>&1 &
  demo=$!
  for _ in $(seq 1 300); do
    [ -s "$2/demo.json" ] && return
    kill -0 "$demo" 2>/dev/null || break
    sleep 0.2
  done
  cat "$2.log"
  echo "the demo did not come up within 60 s" >&2
  return 1
}

# stop_demo DATA: ends it and deletes what it made.
stop_demo() {
  kill -TERM "$demo" 2>/dev/null || true
  wait "$demo" 2>/dev/null || true
  # As root the cluster lies elsewhere; its record says where.
  if [ -f "$1/postgres/cluster" ]; then
    { read -r cluster; read -r sockets; } <"$1/postgres/cluster"
    rm -rf "$cluster" "$sockets"
  fi
  rm -rf "$1" "$1.log"
}
