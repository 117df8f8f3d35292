#!/usr/bin/env bash
# B8: do handlers that block delay pushes? An open-loop fan-out to 1,000 subscribers from one port, while 500 clients of
# a second port of the same server keep a handler each busy that blocks its pool thread for a second: "starved" with the
# pool as it is, so that most of the 500 wait for a thread; "blocked" with a pool of 600 threads, so that all of them
# block at once. Goal: p99 ≤ 1.25 × that without them + 5 ms, both times.
# Usage: bench/blocked.sh [--duration 10s] [--rounds 3] [FOLDER]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/lib.sh
rounds=3
lab_begin "$@"
pool_threads=258 # 600, in the hexadecimal that the runtime wants

run() {
  local log=$2.server.txt commands=
  if [ "$1" = blocked ]; then
    DOTNET_ThreadPool_ForceMinWorkerThreads=$pool_threads serve "$log" "$lab" --port 0 --commands 0 --slow-ms 1000
  else
    serve "$log" "$lab" --port 0 --commands 0 --slow-ms 1000
  fi
  if [ "$1" != free ]; then
    : >"$2.commands.txt"
    "$load" echo --server "$(address "$log" 2)" --connections 500 --duration 1h >"$2.commands.txt" 2>&1 &
    commands=$!
    servers+=("$commands")
    until grep -q "operations" "$2.commands.txt"; do
      kill -0 "$commands" || { cat "$2.commands.txt" >&2; exit 2; }
      sleep 0.1
    done
  fi
  measure "$2" fanout --server "$(address "$log")" --server-pid "$server_pid" --connections 1000 --rate 20 \
    --warmup 2s --duration "$duration"
  grep Threads "/proc/$server_pid/status" >"$2.threads.txt"
  if [ -n "$commands" ]; then
    end_server "$commands"
  fi
  end_server "$server_pid"
}

alternate free starved blocked
row handlers threads "p50 µs" "p99 µs" "worst p99" "worst" "cores"
for case in free starved blocked; do
  row "$case" "$(awk '{ print $2 }' "$folder/$case"-[0-9]*.threads.txt | median)" \
    "$(typical "$case" latency.p50)" "$(typical "$case" latency.p99)" "$(worst "$case" latency.p99)" \
    "$(worst "$case" latency.max)" "$(number %.2f "$(typical "$case" cores)")"
done
show
limit=$(number %.0f "$(awk -v p="$(typical free latency.p99)" 'BEGIN { print 1.25 * p + 5000 }')")
for case in starved blocked; do
  goal "p99 with handlers $case, µs" "$(typical "$case" latency.p99)" "$limit" %.0f
done
exit "$verdict"
