#!/usr/bin/env bash
# What a connection costs that is subscribed and idle: the server's memory at half and at all connections.
# Usage: bench/idle.sh [CONNECTIONS [PUSHLAB-ARGUMENTS...]]; JSON=FILE keeps the result.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
connections=${1:-10000}
shift $(($# < 1 ? $# : 1))
source bench/lib.sh
"$load" idle --start "$pushlab $*" --steps "$((connections / 2)),$connections" ${JSON:+--json "$JSON"}
