#!/usr/bin/env bash
# 2,000 TLS handshakes that never finish, from one address and from many, beside 1,000 clients whose open-loop fan-out
# (128 bytes, 10 a second) must not feel them. Whoever is closed comes again at once. Goals, by paired runs with and
# without: the others' p99 ≤ 1.25 × + 5 ms; each is closed at its deadline (10 s, the default), none later than a
# second after it; memory stands still after the first of them were closed (≤ 1.1 × what it was then).
# Usage: bench/unfinished.sh [--duration 30s] [--rounds 5] [FOLDER]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/lib.sh
duration=30s
lab_begin "$@"
if [ -z "${NO_BUILD:-}" ]; then bench/servers/build.sh; fi
stuck=2000 deadline=10

run() {
  local log=$2.server.txt target flood=
  serve "$log" bench/servers/start.sh longwire-tls 0
  target=$(address "$log")
  if [ "$1" != without ]; then
    python3 bench/unfinished.py "$target" $stuck "$((seconds + 8))" "$1" >"$2.unfinished.json" &
    flood=$!
    servers+=("$flood")
  fi
  measure "$2" fanout --tls --server "$target" --server-pid "$server_pid" --connections 1000 --rate 10 --size 128 \
    --warmup 3s --duration "$duration"
  if [ -n "$flood" ]; then wait "$flood"; fi
  end_server "$server_pid"
}

# ages CASE FIELD: over all rounds.
ages() { jq -s "map(.$2) | $3" "$folder/$1"-*.unfinished.json; }

# The highest memory; and that of the last third of a run to that of the first, in which the first 2,000 stood.
highest='.runs[0].series | map(.residentBytes) | max'
later='.runs[0].series | map(.residentBytes)
  | (.[length * 2 / 3 | floor:] | max) / (.[:length / 3 | floor] | max)'

alternate without one many
row case "p50 µs" "p99 µs" "worst p99" cores "resident MB" "handshakes begun" "closed after, s" refused
for case in without one many; do
  begun=- closed=- refused=-
  if [ $case != without ]; then
    begun=$(ages $case opened add)
    closed="$(number %.1f "$(ages $case youngest min)")–$(number %.1f "$(ages $case oldest max)")"
    refused=$(ages $case refused add)
  fi
  row "$case" "$(typical "$case" latency.p50)" "$(typical "$case" latency.p99)" "$(worst "$case" latency.p99)" \
    "$(number %.2f "$(typical "$case" cores)")" "$(number %.0f "$(typical "$case" "$highest")" 1000000)" "$begun" "$closed" "$refused"
done
show
limit=$(awk -v p="$(typical without latency.p99)" 'BEGIN { print 1.25 * p + 5000 }')
for case in one many; do
  goal "the others' p99 beside $stuck from $case, µs" "$(typical $case latency.p99)" "$limit" %.0f
  goal "closed after, s, $case" "$(ages $case oldest max)" $((deadline + 1)) %.1f
  goal "memory later to before, $case" "$(worst $case "$later")" 1.1
done
exit "$verdict"
