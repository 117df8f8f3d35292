#!/usr/bin/env bash
# E8: does cost follow those who are interested? A fan-out to 100 subscribers, with nobody else connected and with 9,900
# others who did not subscribe. Goal: CPU per delivery ≤ 1.1 ×.
# Usage: bench/interested.sh [--duration 10s] [--rounds 5] [FOLDER]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/lib.sh
lab_begin "$@"

run() {
  measure "$2" fanout --start "$lab --port {port}" --connections "$1" --subscribers 100 --warmup 3s \
    --duration "$duration"
}

alternate 100 10000
row connected subscribed "µs/delivery" "p99 µs" deliveries/s
for connected in 100 10000; do
  row "$connected" 100 "$(number %.2f "$(typical "$connected" cpu)")" "$(typical "$connected" latency.p99)" \
    "$(number %.0f "$(typical "$connected" rate)")"
done
show
goal "CPU per delivery, 10,000 connected to 100" "$(ratio 10000 100 cpu)" 1.1
exit "$verdict"
