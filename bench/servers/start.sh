#!/usr/bin/env bash
# Becomes one server of the field, on 127.0.0.1: start.sh NAME PORT. The process id stays, so it is the server's own.
# start.sh --list says what there is, one line each: name, protocol, present or absent (build.sh builds, apt installs),
# and tls for those that speak it over TLS 1.3, deflate for those that compress what they send.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$here/../out
PATH=$PATH:/usr/sbin

names=(
  limit limit-nocoalesce kestrel saea beginend threads dotnetty longwire longwire-loops longwire-socket
  mqttnet mosquitto redis nats limit-tls kestrel-tls sslstream
  saea-deflate longwire-tls longwire-deflate
)
certificate=(--certificate "$out/tls/certificate.pem" --key "$out/tls/key.pem")

# Sets protocol, over and command.
describe() {
  local port=$2
  protocol=pushlab over=
  case $1 in
    limit) command=("$out/limit/limit" --port "$port") ;;
    limit-nocoalesce) command=("$out/limit/limit" --port "$port" --coalesce 0) ;;
    kestrel) command=("$out/Kestrel/Kestrel" --port "$port") ;;
    saea) command=("$out/Saea/Saea" --port "$port") ;;
    beginend) command=("$out/BeginEnd/BeginEnd" --port "$port") ;;
    threads) command=("$out/ThreadPerConnection/ThreadPerConnection" --port "$port") ;;
    dotnetty) command=("$out/DotNetty/DotNettyServer" --port "$port") ;;
    longwire) command=("$out/PushLab/PushLab" --port "$port" --poller epoll --loops 1) ;;
    longwire-loops) command=("$out/PushLab/PushLab" --port "$port") ;;
    longwire-socket) command=("$out/PushLab/PushLab" --port "$port" --poller socket --loops 1) ;;
    limit-tls) over=tls command=("$out/limit/limit-tls" --port "$port" "${certificate[@]}") ;;
    kestrel-tls) over=tls command=("$out/Kestrel/Kestrel" --port "$port" "${certificate[@]}") ;;
    sslstream) over=tls command=("$out/TlsStream/TlsStream" --port "$port" "${certificate[@]}") ;;
    saea-deflate) over=deflate command=("$out/Saea/Saea" --port "$port" --deflate 1) ;;
    longwire-tls)
      over=tls command=("$out/PushLab/PushLab" --port "$port" --poller epoll --loops 1 "${certificate[@]}")
      ;;
    longwire-deflate)
      over=deflate command=("$out/PushLab/PushLab" --port "$port" --poller epoll --loops 1 --deflate)
      ;;
    lab) command=("$out/Lab/Lab" --port "$port") ;; # of the experiments (docs/performance/lab.md), not of the field
    mqttnet) protocol=mqtt command=("$out/Mqtt/Mqtt" --port "$port") ;;
    mosquitto) protocol=mqtt command=(mosquitto -c /dev/stdin) ;;
    redis)
      # More clients than descriptors: Redis lowers the number to what it may open.
      protocol=resp
      command=(redis-server --bind 127.0.0.1 --port "$port" --save '' --appendonly no --maxclients 60000
        --tcp-backlog 4096 --loglevel warning)
      ;;
    nats) protocol=nats command=(nats-server -a 127.0.0.1 -p "$port") ;;
    *) echo "start.sh: there is no server named $1" >&2 && exit 2 ;;
  esac
}

if [ "${1:-}" = --list ]; then
  for name in "${names[@]}"; do
    describe "$name" 0
    present=present
    type -P "${command[0]}" >/dev/null && [ "$over" != tls -o -e "${certificate[1]}" ] || present=absent
    echo "$name $protocol $present $over"
  done
  exit
fi
if [ $# -ne 2 ]; then
  echo "usage: start.sh NAME PORT | start.sh --list" >&2
  exit 2
fi
describe "$1" "$2"
exec "${command[@]}" <<EOF_MOSQUITTO
listener $2 127.0.0.1
allow_anonymous true
set_tcp_nodelay true
max_queued_messages 100000
max_inflight_messages 1000
log_type error
EOF_MOSQUITTO
