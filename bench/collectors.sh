#!/usr/bin/env bash
# C7: does garbage collection show? Open-loop fan-out to 1,000 subscribers while handlers allocate 100 MB a second,
# under each collector of .NET; "quiet" is the default one without the garbage. There is no goal, but a choice to be
# made: the table says what each costs. Usage: bench/collectors.sh [--duration 10s] [--rounds 3] [FOLDER]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/lib.sh
rounds=3
lab_begin "$@"

run() {
  local server=0 concurrent=0 garbage=100 log=$2.server.txt
  case $1 in
    quiet) garbage=0 ;;
    concurrent) concurrent=1 ;;
    server) server=1 ;;
    server-concurrent) server=1 concurrent=1 ;;
  esac
  DOTNET_gcServer=$server DOTNET_gcConcurrent=$concurrent \
    serve "$log" "$lab" --port 0 --allocate-mb "$garbage"
  measure "$2" fanout --server "$(address "$log")" --server-pid "$server_pid" --connections 1000 --rate 40 \
    --warmup 3s --duration "$duration"
  end_server "$server_pid"
}

# collected CASE FIELD...: of the line that the server ends with, the median over the rounds.
collected() {
  local case=$1
  shift
  sed -n "s/^collector .* collections \([0-9]*\) \([0-9]*\) \([0-9]*\), paused \([0-9]*\) ms.*/$1/p" \
    "$folder/$case"-[0-9]*.server.txt | median
}

cases=(quiet workstation concurrent server server-concurrent)
alternate "${cases[@]}"
row collector "p50 µs" "p99 µs" "p99.9 µs" "worst p99.9" "worst" "µs/delivery" cores "resident MB" "gen 0" "gen 1" \
  "gen 2" "paused ms"
for case in "${cases[@]}"; do
  row "$case" "$(typical "$case" latency.p50)" "$(typical "$case" latency.p99)" "$(typical "$case" latency.p999)" \
    "$(worst "$case" latency.p999)" "$(worst "$case" latency.max)" "$(number %.2f "$(typical "$case" cpu)")" \
    "$(number %.2f "$(typical "$case" cores)")" "$(number %.0f "$(typical "$case" resident)" 1000000)" \
    "$(collected "$case" '\1')" "$(collected "$case" '\2')" "$(collected "$case" '\3')" "$(collected "$case" '\4')"
done
show
for case in "${cases[@]:1}"; do
  echo "$(typical "$case" latency.p999) $case"
done | sort -g | awk 'NR == 1 { print "lowest p99.9 under garbage: " $2 }'
exit "$verdict"
