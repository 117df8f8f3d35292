# Sourced by the scripts of this folder: builds, starts PushLab on a free port, runs the driver against it.
# Sets server (its process id) and address; stops the server at the end.
pushlab=samples/PushLab/bin/Release/net10.0/PushLab
load=apps/longwire-load/bin/Release/net10.0/longwire-load
if [ -z "${NO_BUILD:-}" ]; then
  dotnet build -c Release samples/PushLab -v quiet -nologo
  dotnet build -c Release apps/longwire-load -v quiet -nologo
fi
server=
log=$(mktemp)
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -f "$log"' EXIT

start_server() {
  "$pushlab" --port 0 "$@" >"$log" &
  server=$!
  address=
  for _ in $(seq 100); do
    address=$(sed -n 's|^PushLab on tcp://\([^,]*\),.*|\1|p' "$log")
    [ -z "$address" ] || return 0
    sleep 0.1
  done
  echo "PushLab did not start: $(cat "$log")" >&2
  return 1
}

driver() {
  local scenario=$1
  shift
  "$load" "$scenario" --server "$address" --server-pid "$server" "$@"
}
