#!/usr/bin/env bash
# System calls of a fan-out in steady state with one and with four in flight. Needs strace, which slows the server down:
# this counts and times nothing. Usage: bench/syscalls.sh [CONNECTIONS [SECONDS [PUSHLAB-ARGUMENTS...]]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
connections=${1:-1000} seconds=${2:-10}
shift $(($# < 2 ? $# : 2))
source bench/lib.sh
for window in 1 4; do
  "$load" fanout --start "$pushlab $*" --connections "$connections" --window "$window" --warmup 2s \
    --duration "${seconds}s" --strace
done
