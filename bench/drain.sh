#!/usr/bin/env bash
# SIGTERM while subscribers are connected, some of whom have stopped reading with full outboxes; see `longwire-load
# drain --help`. Usage: bench/drain.sh [CONNECTIONS [STALLED [PUSHLAB-ARGUMENTS...]]]; JSON=FILE keeps the result.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
connections=${1:-5000} stalled=${2:-500}
shift $(($# < 2 ? $# : 2))
source bench/lib.sh
"$load" drain --start "$pushlab $*" --connections "$connections" --stalled "$stalled" ${JSON:+--json "$JSON"}
