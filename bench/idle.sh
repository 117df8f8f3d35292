#!/usr/bin/env bash
# What a connection costs that is subscribed and idle: the server's resident memory at half and at all connections.
# Usage: bench/idle.sh [CONNECTIONS [PUSHLAB-ARGUMENTS...]]; OUT=DIR keeps the result there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
connections=${1:-10000}
shift $(($# < 1 ? $# : 1))
out=${OUT:-$(mktemp -d)}
source bench/lib.sh
start_server "$@"
driver idle --connections "$connections" --json "$out/idle.json"
