#!/usr/bin/env bash
# What compression costs: a fan-out of status records (JSON) to 10,000 compressed subscribers, each of which asks for
# 100 bytes of its own with every tenth message, so that private data stands between the broadcasts. Longwire, which
# compresses a broadcast once and each message by itself, beside SocketAsyncEventArgs with a DeflateStream per
# connection, which compresses everything for each connection, with all that it was sent before to refer to. The same
# without compression stands beside it. Servers work in interleaved slices (longwire-load compare), --duration each.
# There is no goal: the table says what is given up and what is gained.
# Usage: bench/deflate.sh [--duration 3s] [--rounds 3] [FOLDER]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/lib.sh
duration=3s rounds=3
lab_begin "$@"
if [ -z "${NO_BUILD:-}" ]; then bench/servers/build.sh; fi
start=bench/servers/start.sh
present=$("$start" --list)
connections=${CONNECTIONS:-10000}

# against NAME...: --server options for those that are there.
against() {
  local name
  options=()
  for name; do
    if grep -q "^$name pushlab present" <<<"$present"; then
      options+=(--server "$name=$start $name {port}")
    else
      echo "$name is absent and left out" >&2
    fi
  done
}

row "message, bytes" server "µs of CPU" "to a stream each" "p99 ms" "resident MB" "of plain" "clients busy"
for size in 250 500 1000 4000; do
  for kind in deflate plain; do
    file=$folder/$kind-$size
    more=()
    if [ $kind = deflate ]; then
      against saea-deflate longwire-deflate
      more=(--deflate)
    else
      against saea longwire
    fi
    echo "$kind, $size B" >&2
    measure "$file" compare fanout --connections "$connections" --size "$size" --body status --private 10 --window 1 \
      "${more[@]}" "${options[@]}" --warmup 5s --slice "$duration" --rounds "$rounds"
    while read -r name cpu ratio p99 resident share busy; do
      row "$size" "$name" "$(number %.2f "$cpu")" "$ratio" "$(number %.1f "$p99" 1000)" \
        "$(number %.0f "$resident" 1000000)" "$(number '%.0f %%' "$share")" "$(number '%.0f %%' "$busy")"
    done < <(jq -r '.comparison as $c | .runs[] | .server as $name | [$name, .cpu.totalSeconds * 1e6 / .operations,
      ([$c.rows[] | select(.server == $name and .metric == "cpu per operation") | .medianRatio] + [1])[0],
      .latencyMicroseconds.p99, .series[-1].residentBytes,
      (if .counts.inflatedBytes then 100 * .counts.deflatedBytes / .counts.inflatedBytes else 100 end),
      100 * .clientCpuSeconds / .seconds] | join(" ")' "$file.json")
  done
done
show
exit "$verdict"
