#!/usr/bin/env bash
# One of 1,000 subscribers stops reading. Open-loop fan-out of 8,000 bytes, 10 a second; what the stalled one does not
# read fills the kernel's buffers in about two seconds and then its outbox, which drops the oldest (the default, which
# keeps the latest of each topic, would hold one message here and prove little). Goals, by paired runs with and without:
# the server's memory grows by no more than the outbox's limit + 10 %, the others' p99 is ≤ 1.25 × + 5 ms, and the load
# is ≤ 30 % of the machine. (A frame of 8,000 bytes nearly fills its block of 8 KiB; one of 8,196 needs one of 16 KiB.)
# Usage: bench/stalled.sh [--duration 10s] [--rounds 5] [FOLDER]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/lib.sh
lab_begin "$@"
outbox_bytes=$((256 << 10)) # EndpointOptions.OutboxBytes

run() {
  local log=$2.server.txt target stall=()
  if [ "$1" = stalled ]; then stall=(--stalled 1 --stall-for "$duration"); fi
  serve "$log" "$lab" --port 0 --slow-consumer DropOldest
  target=(--server "$(address "$log")" --server-pid "$server_pid" --connections 1000 --rate 10 --size 8000)
  # Runs of their own to warm up, in both cases: what compiles the code of slow consumers once per process, with messages
  # of another size, so that their blocks of memory are of no use later; and one in which everyone reads. Growth counts
  # from the first second of the measured run.
  measure "$2.compile" fanout "${target[@]:0:4}" --connections 10 --rate 5000 --size 128 --duration 4s \
    --stalled 1 --stall-for 3s
  measure "$2.warm-up" fanout "${target[@]}" --duration 3s
  measure "$2" fanout "${target[@]}" --duration "$duration" "${stall[@]}"
  end_server "$server_pid"
}

alternate reading stalled
row case "growth KiB" "worst growth" "p50 µs" "p99 µs" "worst p99" cores "skipped by the stalled"
for case in reading stalled; do
  row "$case" "$(number %.0f "$(typical "$case" growth)" 1024)" "$(number %.0f "$(worst "$case" growth)" 1024)" \
    "$(typical "$case" latency.p50)" "$(typical "$case" latency.p99)" "$(worst "$case" latency.p99)" \
    "$(number %.2f "$(typical "$case" cores)")" "$(typical "$case" '.runs[0].counts.stalledSkipped // 0')"
done
show
skipped=$(typical stalled '.runs[0].counts.stalledSkipped // 0')
if [ "$skipped" = 0 ]; then
  echo "MISSED: the stalled reader skipped nothing, so its outbox was never full: use a longer --duration"
  verdict=1
fi
goal "growth by the stalled reader, KiB" "$(number %.0f "$(excess stalled reading growth)" 1024)" \
  "$((outbox_bytes * 11 / 10 / 1024))" %.0f
limit=$(awk -v p="$(typical reading latency.p99)" 'BEGIN { print 1.25 * p + 5000 }')
goal "the others' p99, µs" "$(typical stalled latency.p99)" "$limit" %.0f
goal "server's share of the machine" "$(number %.2f "$(typical stalled cores)" "$(nproc)")" 0.3
exit "$verdict"
