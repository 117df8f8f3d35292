#!/usr/bin/env bash
# A4: where is a thread per connection good enough? It beside Longwire with default loops, echo and fan-out, at 100,
# 500 and 2,000 clients, in interleaved slices of a second. Good enough, by this table, is CPU ≤ 1.5 × and
# p99 ≤ 1.25 × + 1 ms.
# Usage: bench/threads.sh [--duration 10s] [FOLDER]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/lib.sh
rounds=1
lab_begin "$@"
build_server PushLab
build_server ThreadPerConnection
start=bench/servers/start.sh

row scenario clients server "µs/operation" "operations/s" "p50 µs" "p99 µs" "resident MB" "CPU ratio" "good enough"
for scenario in echo fanout; do
  for clients in 100 500 2000; do
    file=$folder/$scenario-$clients
    echo "$scenario × $clients" >&2
    measure "$file" compare "$scenario" --server "longwire=$start longwire-loops {port}" \
      --server "threads=$start threads {port}" --connections "$clients" --warmup 2s --slice 1s \
      --rounds "$(((seconds + 1) / 2))"
    for i in 0 1; do
      mapfile -t cells < <(jq -r ".runs[$i] | .server, .cpu.totalSeconds * 1e6 / .operations,
        .operations / .seconds, .latencyMicroseconds.p50, .latencyMicroseconds.p99, .series[-1].residentBytes / 1e6" \
        "$file.json")
      ratio=- enough=-
      if [ "$i" = 1 ]; then
        ratio=$(jq '.comparison.rows[] | select(.metric == "cpu per operation") | .medianRatio' "$file.json")
        enough=$(jq -r --argjson ratio "$ratio" '.runs | map(.latencyMicroseconds.p99) as [$base, $p99]
          | if $ratio <= 1.5 and $p99 <= 1.25 * $base + 1000 then "yes" else "no" end' "$file.json")
      fi
      row "$scenario" "$clients" "${cells[0]}" "$(number %.2f "${cells[1]}")" "$(number %.0f "${cells[2]}")" \
        "${cells[3]}" "${cells[4]}" "$(number %.0f "${cells[5]}")" "$ratio" "$enough"
    done
  done
done
show
exit "$verdict"
