# Sourced by the scripts of this folder: builds PushLab and the load generator; NO_BUILD=1 leaves that out.
# Sets pushlab (a command for --start) and load.
pushlab="samples/PushLab/bin/Release/net10.0/PushLab --port {port}"
load=apps/longwire-load/bin/Release/net10.0/longwire-load
if [ -z "${NO_BUILD:-}" ]; then
  dotnet build -c Release samples/PushLab -v quiet -nologo
  dotnet build -c Release apps/longwire-load -v quiet -nologo
fi
