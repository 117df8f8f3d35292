#!/usr/bin/env bash
# Builds the field, and what measures it, in Release into bench/out/NAME, and says what cannot be built or is not installed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$here/../out
if compiler=$(type -P cc || type -P gcc || type -P clang); then
  mkdir -p "$out/limit"
  "$compiler" -std=c11 -O2 -Wall -Wextra -o "$out/limit/limit" "$here/limit/limit.c"
fi
for project in "$here"/*/*.csproj "$here/../../samples/PushLab/PushLab.csproj" \
  "$here/../../apps/longwire-load/longwire-load.csproj" "$here/../micro/Longwire.Micro.csproj"; do
  dotnet build "$project" -c Release -o "$out/$(basename "$project" .csproj)" -v quiet -nologo
done
"$here/start.sh" --list | while read -r name _ present; do
  if [ "$present" = absent ]; then
    echo "absent: $name (limit needs a C compiler; redis, mosquitto and nats are apt's redis-server, mosquitto, nats-server)"
  fi
done
