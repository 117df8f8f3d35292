#!/usr/bin/env bash
# System calls of a fan-out in steady state: sends per delivery, and epoll_ctl, of which there must be none.
# strace slows the server down, so this counts and times nothing. Needs strace.
# Usage: bench/syscalls.sh [CONNECTIONS [SECONDS [PUSHLAB-ARGUMENTS...]]]; OUT=DIR keeps the results there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
connections=${1:-1000} seconds=${2:-10}
shift $(($# < 2 ? $# : 2))
out=${OUT:-$(mktemp -d)}
source bench/lib.sh
start_server "$@"
code=0
for window in 1 4; do
  counts=$out/syscalls-window-$window.txt
  result=$out/fanout-window-$window.json
  driver fanout --connections "$connections" --window "$window" --settle 4s --duration "${seconds}s" --json "$result" \
    >"$out/fanout-window-$window.log" 2>&1 &
  fanout=$!
  # Attached when all are subscribed and nothing is published yet: every send that it sees is one for deliveries.
  until grep -q subscribed "$out/fanout-window-$window.log"; do sleep 0.1; done
  sleep 1
  strace -f -c -p "$server" -o "$counts" 2>/dev/null &
  tracer=$!
  wait "$fanout" || code=$?
  kill -INT "$tracer"
  wait "$tracer" || true
  deliveries=$(sed -n 's/.*"deliveries": \([0-9]*\).*/\1/p' "$result")
  awk -v window="$window" -v deliveries="$deliveries" '
    $NF ~ /^(sendto|sendmsg)$/ { sends += $4 }
    $NF == "epoll_ctl" { control += $4 }
    END {
      printf "window %d: %d deliveries, %d sends, %.4f sends per delivery, %d epoll_ctl\n",
        window, deliveries, sends, sends / deliveries, control
      exit control > 0
    }' "$counts" || code=1
done
exit "$code"
