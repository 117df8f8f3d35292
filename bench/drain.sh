#!/usr/bin/env bash
# kill -TERM while subscribers are connected, some of whom have stopped reading with full outboxes.
# Everyone who reads must get all that was published and a FIN, a RST goes to the stalled only, and the server must end
# with code 0. Usage: bench/drain.sh [CONNECTIONS [STALLED [PUSHLAB-ARGUMENTS...]]]; OUT=DIR keeps the result there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
connections=${1:-5000} stalled=${2:-500}
shift $(($# < 2 ? $# : 2))
out=${OUT:-$(mktemp -d)}
source bench/lib.sh
start_server "$@"
code=0
while IFS= read -r line; do
  echo "$line"
  # The driver has published its burst, the server has read it, and most of it is still queued.
  [ "$line" != "signal now" ] || kill -TERM "$server"
done < <(driver drain --connections "$connections" --stalled "$stalled" --json "$out/drain.json" ||
  echo "driver: exit code $?")
wait "$server" || code=$?
server=
echo "server: exit code $code"
[ "$code" -eq 0 ] && grep -q '"good": true' "$out/drain.json"
