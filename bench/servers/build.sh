#!/usr/bin/env bash
# Builds the field, and what measures it, in Release into bench/out/NAME, and says what cannot be built or is not installed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$here/../out
if compiler=$(type -P cc || type -P gcc || type -P clang); then
  mkdir -p "$out/limit"
  "$compiler" -std=c11 -O2 -Wall -Wextra -o "$out/limit/limit" "$here/limit/limit.c"
  if "$compiler" -E -include openssl/ssl.h -xc /dev/null >/dev/null 2>&1; then
    "$compiler" -std=c11 -O2 -Wall -Wextra -DTLS -o "$out/limit/limit-tls" "$here/limit/limit.c" -lssl -lcrypto
  fi
fi
# The one certificate of all servers with TLS, for 30 days; without openssl they are absent.
if type -P openssl >/dev/null && ! openssl x509 -in "$out/tls/certificate.pem" -checkend 86400 -noout >/dev/null 2>&1; then
  mkdir -p "$out/tls"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$out/tls/key.pem" -out "$out/tls/certificate.pem" 2>/dev/null
fi
for project in "$here"/*/*.csproj "$here/../../samples/PushLab/PushLab.csproj" \
  "$here/../../apps/longwire-load/longwire-load.csproj" "$here/../micro/Longwire.Micro.csproj"; do
  dotnet build "$project" -c Release -o "$out/$(basename "$project" .csproj)" -v quiet -nologo
done
"$here/start.sh" --list | while read -r name _ present _; do
  if [ "$present" = absent ]; then
    echo "absent: $name (limit needs a C compiler, limit-tls libssl-dev too, all with tls the openssl command; redis," \
      "mosquitto and nats are apt's redis-server, mosquitto, nats-server)"
  fi
done
