#!/usr/bin/env bash
# A10: does what holds on loopback hold on a network? One server in a network namespace; clients in that namespace, over
# loopback; in a second one, over veth with an MTU of 1,500; and over a line of the same MTU that delays every packet by
# 20 ms and loses 1 % of them, both ways (bench/network/impair.c). Fan-out, the same with a slow handler (each
# publication's handler blocks its pool thread for 5 ms), and echo. All at a fixed rate: what comes one by one costs
# more than what comes in heaps, and a closed loop over the line is slower. Goal: CPU per message ≤ 1.3 × loopback's.
# Needs root. Usage: bench/network.sh [--duration 10s] [--rounds 3] [FOLDER]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ "$(id -u)" != 0 ] || ! type -P ip >/dev/null || ! compiler=$(type -P cc || type -P gcc || type -P clang); then
  echo "$0: makes network namespaces and a line between them: run it as root, with iproute2 and a C compiler" >&2
  exit 2
fi
source bench/lib.sh
rounds=3
server_space=longwire-server-$$ client_space=longwire-client-$$
delay_ms=20 loss_percent=1
veth=10.77.0 line=10.77.1 # .1 is the server, .2 the client; both only inside the namespaces

lab_undo() {
  ip netns del "$server_space" 2>/dev/null || :
  ip netns del "$client_space" 2>/dev/null || :
}

# up NAMESPACE DEVICE ADDRESS
up() {
  ip -n "$1" address add "$3/24" dev "$2"
  # A sender's burst fits the queue, so that packets are lost only where they are meant to be.
  ip -n "$1" link set "$2" mtu 1500 txqueuelen 20000 up
}

lab_begin "$@"
ip netns add "$server_space"
ip netns add "$client_space"
ip -n "$server_space" link set lo up
ip link add veth netns "$server_space" type veth peer name veth netns "$client_space"
up "$server_space" veth "$veth.1"
up "$client_space" veth "$veth.2"
mkdir -p bench/out
"$compiler" -std=c11 -O2 -Wall -Wextra -o bench/out/impair bench/network/impair.c
serve "$folder/line.txt" bench/out/impair "$delay_ms" "$loss_percent" "$server_space" "$client_space"
line_pid=$server_pid
up "$server_space" line "$line.1"
up "$client_space" line "$line.2"
within=(ip netns exec "$server_space" "$lab" --address 0.0.0.0)
serve "$folder/inline.server.txt" "${within[@]}" --port 7300
inline_pid=$server_pid
serve "$folder/slow.server.txt" "${within[@]}" --port 7301 --handler pool --slow-ms 5
slow_pid=$server_pid

# run WORKLOAD-PATH FILE
run() {
  local workload=${1%-*} path=${1#*-} host port=7300 pid=$inline_pid work
  case $path in
    loopback) host=127.0.0.1 in_client=(ip netns exec "$server_space") ;;
    veth) host=$veth.1 in_client=(ip netns exec "$client_space") ;;
    line) host=$line.1 in_client=(ip netns exec "$client_space") ;;
  esac
  case $workload in
    fanout) work=(fanout --connections 1000 --rate 10) ;;
    slow) work=(fanout --connections 1000 --rate 10) port=7301 pid=$slow_pid ;;
    echo) work=(echo --connections 250 --rate 2000) ;;
  esac
  measure "$2" "${work[@]}" --server "$host:$port" --server-pid "$pid" --warmup 2s --duration "$duration"
}

alternate {fanout,slow,echo}-{loopback,veth,line}
end_server "$line_pid"
row workload path messages/s "p50 ms" "p99 ms" "µs/message" "to loopback"
for workload in fanout slow echo; do
  for path in loopback veth line; do
    case=$workload-$path
    row "$workload" "$path" "$(number %.0f "$(typical "$case" rate)")" \
      "$(number %.1f "$(typical "$case" latency.p50)" 1000)" "$(number %.1f "$(typical "$case" latency.p99)" 1000)" \
      "$(number %.2f "$(typical "$case" cpu)")" "$(number %.2f "$(ratio "$case" "$workload-loopback" cpu)")"
  done
done
show
echo "the line: $delay_ms ms, $loss_percent % each way:"
tail -2 "$folder/line.txt"
for workload in fanout slow echo; do
  for path in veth line; do
    goal "CPU per message, $workload over $path" "$(ratio "$workload-$path" "$workload-loopback" cpu)" 1.3
  done
done
exit "$verdict"
