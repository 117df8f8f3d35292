#!/usr/bin/env bash
# What TLS 1.3 costs: memory of 5,000 idle connections, bulk echo in frames of 16 KiB, handshakes (full and resumed) and
# fan-out, Longwire beside plain SslStream with zero-byte reads, Kestrel and C with OpenSSL. All have one certificate
# (ECDSA, P-256) and the same clients. Servers work in interleaved slices (longwire-load compare), --duration each; idle
# memory is the median of three passes. Goals: idle memory ≤ Kestrel's; echo ≤ 0.55 × Kestrel's CPU and ≤ 1.1 ×
# SslStream's; a full handshake ≤ 1.1 × SslStream's.
# Usage: bench/tls.sh [--duration 1s] [--rounds 5] [FOLDER]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/lib.sh
duration=1s rounds=5 passes=3
lab_begin "$@"
if [ -z "${NO_BUILD:-}" ]; then bench/servers/build.sh; fi
start=bench/servers/start.sh
present=$("$start" --list)
size=16384 # of bulk echo

names=() against=()
for name in longwire-tls sslstream kestrel-tls limit-tls; do
  if grep -q "^$name pushlab present" <<<"$present"; then
    names+=("$name")
    against+=(--server "$name=$start $name {port}")
  else
    echo "$name is absent and left out" >&2
  fi
done
if [[ " ${names[*]} " != *" sslstream "* ]]; then
  echo "$0: the baseline is absent: it needs the openssl command, to make a certificate" >&2
  exit 2
fi

# interleaved FILE SCENARIO ARGUMENTS...
interleaved() {
  local file=$folder/$1
  shift
  echo "$*" >&2
  measure "$file" compare "$@" --tls --baseline sslstream "${against[@]}" --warmup 4s --slice "$duration" \
    --rounds "$rounds"
}

# of FILE SERVER METRIC: a metric of a server's run.
of() { jq --arg server "$2" "[.runs[] | select(.server == \$server)] | {runs: .} | $metrics $3" "$folder/$1.json"; }

# paired FILE SERVER BASE: the median of the ratios of neighbouring slices' CPU per operation; - when one is absent.
paired() {
  jq -r --arg one "$2" --arg two "$3" '
    def slices($name): .runs[] | select(.server == $name) | .series | map(.cpuSeconds / .operations);
    if any(.runs[]; .server == $one) and any(.runs[]; .server == $two) then
      [slices($one), slices($two)] | transpose | map(.[0] / .[1]) | sort
      | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end
      | . * 1000 | round / 1000
    else "-" end' "$folder/$1.json"
}

interleaved echo echo --connections 50 --size "$size"
interleaved handshake storm --connections 500
interleaved resumed storm --connections 500 --resume
interleaved fanout-w1 fanout --connections 1000 --size 128 --window 1
interleaved fanout-w4 fanout --connections 1000 --size 128 --window 4
interleaved fanout-16k fanout --connections 1000 --size "$size" --window 1
for ((pass = 1; pass <= passes; pass++)); do
  ordered=("${against[@]}")
  if ((pass % 2 == 0)); then
    ordered=()
    for name in "${names[@]}"; do ordered=(--server "$name=$start $name {port}" "${ordered[@]}"); done
  fi
  echo "idle, pass $pass" >&2
  measure "$folder/idle-$pass" compare idle --tls --steps 500,1000,2000,5000 --baseline sslstream "${ordered[@]}"
done

# idle SERVER FIELD: in bytes, the median of the passes.
idle() {
  local pass
  for ((pass = 1; pass <= passes; pass++)); do
    jq --arg server "$1" ".runs[] | select(.server == \$server) | .memory.$2" "$folder/idle-$pass.json"
  done | median
}

row "" server "µs of CPU" "p99 µs" "to SslStream" "to Kestrel" "to C" "clients busy"
for case in echo handshake resumed fanout-w1 fanout-w4 fanout-16k; do
  for name in "${names[@]}"; do
    row "$case" "$name" "$(number %.2f "$(of "$case" "$name" cpu)")" "$(of "$case" "$name" latency.p99)" \
      "$(paired "$case" "$name" sslstream)" "$(paired "$case" "$name" kestrel-tls)" \
      "$(paired "$case" "$name" limit-tls)" \
      "$(number '%.0f %%' "$(of "$case" "$name" '.runs[0] | 100 * .clientCpuSeconds / .seconds')")"
  done
done
show
row server "echo, CPU s per GB" "push of 1 Gbit/s in 16 KiB, share of a core" \
  "idle, bytes per connection, 2,000 → 5,000" "average of 5,000" "resident MB" "handshakes resumed"
for name in "${names[@]}"; do
  row "$name" "$(number %.2f "$(of echo "$name" "cpu / $size * 1000")")" \
    "$(number '%.0f %%' "$(of fanout-16k "$name" "cpu * 125 / $size * 100")")" \
    "$(number %.0f "$(idle "$name" marginalBytesPerConnection)")" \
    "$(number %.0f "$(idle "$name" averageBytesPerConnection)")" \
    "$(number %.0f "$(idle "$name" residentEndBytes)" 1000000)" \
    "$(number '%.0f %%' "$(of resumed "$name" '.runs[0] | 100 * .counts.resumedHandshakes / .operations')")"
done
show
if [[ " ${names[*]} " == *" longwire-tls "* ]]; then
  goal "idle memory to Kestrel's" "$(awk -v a="$(idle longwire-tls marginalBytesPerConnection)" \
    -v b="$(idle kestrel-tls marginalBytesPerConnection)" 'BEGIN { print a / b }')" 1
  goal "echo, CPU to Kestrel's" "$(paired echo longwire-tls kestrel-tls)" 0.55
  goal "echo, CPU to SslStream's" "$(paired echo longwire-tls sslstream)" 1.1
  goal "full handshake, CPU to SslStream's" "$(paired handshake longwire-tls sslstream)" 1.1
fi
exit "$verdict"
