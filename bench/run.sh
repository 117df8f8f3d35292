#!/usr/bin/env bash
# The standard table: bench/run.sh [--quick] [--only PATTERN] [FOLDER]. Measures Longwire beside the C floor, the usual
# ways to write such a server and the servers that people run, all in one run; writes the raw results and the report
# into FOLDER (default docs/performance/DATE-COMMIT) and says which goals are met. Full: three quarters of an hour.
# --quick: seven to eight minutes on two cores, the build included, and good for a look only: fewer rounds, shorter
# slices, fewer connections, and one pass where the full form takes the median of three.
# --only: the rows whose names match a regular expression, such as ^fanout.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

trap 'exit 130' INT TERM # longwire-load ends its servers by itself; the next row must not begin
usage() {
  echo "usage: bench/run.sh [--quick] [--only PATTERN] [FOLDER]" >&2
  exit 2
}
quick=0 only=. out=
while [ $# -gt 0 ]; do
  case $1 in
    --quick) quick=1 ;;
    --only) [ $# -ge 2 ] && only=$2 && shift || usage ;;
    -*) usage ;;
    *) [ -z "$out" ] && out=$1 || usage ;;
  esac
  shift
done
wanted() { [[ $1 =~ $only ]]; }
out=${out:-docs/performance/$(date +%F)-$(git rev-parse --short HEAD)}
if [ -e "$out" ] && [ ! -e "$out/goals.txt" ] && [ -n "$(ls -A "$out")" ]; then
  echo "bench/run.sh: $out holds something else; name another folder" >&2
  exit 2
fi
mkdir -p "$out"
rm -f "$out"/*.json "$out"/*.png "$out"/report.html "$out"/*.txt

if [ "$(git status --porcelain --untracked-files=no)" != "" ]; then
  echo "note: there are uncommitted changes; the results will name a commit that does not have them" >&2
fi
bench/servers/build.sh
load=bench/out/longwire-load/longwire-load
start=$PWD/bench/servers/start.sh
declare -A protocol
while read -r name spoken state _; do
  [ "$state" = absent ] && echo "$name is absent and left out" && continue
  protocol[$name]=$spoken
done < <("$start" --list)

# Rounds and seconds. User time is sampled 250 times a second, so the full table gives each server of a row with a goal
# 15 rounds and 20 s; more is for rows whose rounds differ by whether the clients sleep, few for rows without a goal.
# passes are of what has no rounds and is judged by the median.
if [ $quick = 1 ]; then
  rounds=2 more=2 few=2 passes=1 slice=400ms long=600ms warmup=1500ms idle=9000 settle=1s seconds=500ms garbage=5s
else
  rounds=15 more=25 few=4 passes=3 slice=700ms long=1500ms warmup=4s idle=15000 settle=3s seconds=3s garbage=60s
fi
closest="limit longwire longwire-loops kestrel redis"
goals="limit longwire kestrel redis"
echoing="limit longwire longwire-loops kestrel"
everyone="limit longwire longwire-socket saea kestrel dotnetty beginend threads redis nats mosquitto mqttnet"

# row FILE SERVERS SCENARIO ARGUMENTS: one scenario over several servers, in interleaved rounds.
row() {
  wanted "$1" || return 0
  local file=$out/$1.json servers=() name
  for name in $2; do
    [ -n "${protocol[$name]:-}" ] && servers+=(--server "$name:${protocol[$name]}=$start $name {port}")
  done
  shift 2
  echo "=== $*"
  "$load" compare "$@" "${servers[@]}" --json "$file" || failed=1
}
timed() { row "$@" --warmup "$warmup"; }

failed=0
timed fanout-1000-w1 "$closest" fanout --connections 1000 --size 128 --window 1 --rounds $rounds --slice $slice
timed fanout-1000-w4 "$closest" fanout --connections 1000 --size 128 --window 4 --rounds $more --slice $slice
timed fanout-1000-16k "$goals" fanout --connections 1000 --size 16384 --window 1 --rounds $rounds --slice $slice
timed fanout-10000-w1 "$goals" fanout --connections 10000 --size 128 --window 1 --rounds $more --slice $long
timed fanout-10000-w4 "$goals" fanout --connections 10000 --size 128 --window 4 --rounds $more --slice $long
timed echo-250-100 "$echoing" echo --connections 250 --size 100 --rounds $rounds --slice $slice
timed echo-250-10000 "$echoing" echo --connections 250 --size 10000 --rounds $rounds --slice $slice
timed echo-5000-100 "$echoing" echo --connections 5000 --size 100 --rounds $rounds --slice $slice
timed storm-5000 "limit longwire kestrel" storm --connections 5000 --rounds $rounds --slice $slice
steps=500,1000,2000,$((idle / 3)),$idle
row idle "limit longwire longwire-socket saea kestrel redis" idle --steps "$steps" --settle $settle
for ((pass = 2; pass <= passes; pass++)); do # what the collector has not collected is resident, too
  row "idle-$pass" "longwire longwire-socket" idle --steps "$steps" --settle $settle --title "idle, longwire again"
done
timed socket-fanout "longwire longwire-socket" fanout --connections 1000 --size 128 --window 1 --rounds $rounds --slice $slice
timed socket-echo "longwire longwire-socket" echo --connections 250 --size 100 --rounds $rounds --slice $slice

# The coalescing limit is the floor for several in flight; this shows what coalescing itself is worth.
timed coalescing "limit limit-nocoalesce longwire" fanout --window 4 --rounds $few --slice $slice \
  --title "what coalescing is worth: fan-out 1,000 × 128 B, 4 in flight"
# The whole field, in fewer rounds: an order of size, no verdict.
timed field-fanout "$everyone" fanout --connections 1000 --size 128 --window 1 --rounds $few --slice $slice \
  --title "the field: fan-out 1,000 × 128 B, 1 in flight"
if [ $quick = 0 ]; then
  timed field-fanout-w4 "$everyone" fanout --connections 1000 --size 128 --window 4 --rounds $few --slice $slice \
    --title "the field: fan-out 1,000 × 128 B, 4 in flight"
  timed field-echo "limit longwire longwire-socket saea kestrel dotnetty beginend threads" \
    echo --connections 250 --size 100 --rounds $few --slice $slice --title "the field: echo 250 × 100 B"
  for users in 300 1000 3000; do # requirement A9: small transactions of 5 KB
    timed "echo-$users-5k" "limit longwire" echo --connections "$users" --size 5000 --rounds $rounds --slice $slice
  done
  timed ingest "limit longwire kestrel" ingest --connections 250 --size 128 --rounds $few --slice $slice
fi

# Requirement A8: the curve over the number of users, floor and Longwire next to each other.
for ((pass = 1; pass <= passes; pass++)); do
  again=() file=
  if [ "$pass" -gt 1 ]; then file=-$pass; fi
  for size in 100 10000; do
    if [ "$pass" -gt 1 ]; then again=(--title "echo by users, $size B, pass $pass"); fi
    for name in limit longwire; do
      wanted "ramp-$size-$name$file" || continue
      echo "=== ramp $name $size B"
      "$load" echo --start "$start $name {port}" --name "$name" --size "$size" --ramp 1,2,5,10,25,50,100,175,250 \
        --warmup 2s --duration "$seconds" "${again[@]}" --json "$out/ramp-$size-$name$file.json" || failed=1
    done
  done
done

# Gates without noise: system calls by strace, which slows everything down and times nothing.
for window in 1 4; do
  wanted "strace-w$window" || continue
  echo "=== system calls, $window in flight"
  "$load" fanout --start "$start longwire {port}" --name longwire --connections 1000 --window "$window" --settle 2s \
    --duration "$seconds" --strace --json "$out/strace-w$window.json" || failed=1
done

# Gates without noise: what the collector did in a minute of fan-out; PushLab says it at its end.
if wanted garbage; then
  echo "=== garbage"
  "$start" longwire 0 >"$out/garbage.txt" &
  server=$!
  trap 'kill "$server" 2>/dev/null || true' EXIT
  until address=$(grep -oE '127\.0\.0\.1:[0-9]+' "$out/garbage.txt"); do
    kill -0 "$server"
    sleep 0.1
  done
  "$load" fanout --server "$address" --server-pid "$server" --connections 1000 --window 4 --duration "$garbage" || failed=1
  kill -TERM "$server"
  wait "$server" || failed=1
fi

# What the hub itself costs when topics and subscriptions are many and change.
if wanted hub; then
  echo "=== hub"
  bench/out/Longwire.Micro/Longwire.Micro hub --rounds $rounds | tee "$out/hub.txt" || failed=1
fi

python3 bench/goals.py "$out" | tee "$out/goals.txt" || failed=1
timed_results=$(find "$out" -maxdepth 1 -name '*.json' ! -name 'strace-*' | sort)
# shellcheck disable=SC2086
"$load" report $timed_results --output "$out" --title "Longwire $(git rev-parse --short HEAD), $(date +%F)"
echo "results and report: $out"
exit $failed
