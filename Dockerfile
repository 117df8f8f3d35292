# The service on Ubuntu's chiselled base: no shell, no package manager, a user without privileges.
#   docker build -t longwire .
#   docker run --rm -p 127.0.0.1:2323:2323 longwire
# docs/service/install.md says how to configure it.
FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:10.0-noble AS build
ARG TARGETARCH
WORKDIR /source
COPY . .
RUN case "$TARGETARCH" in arm64) rid=linux-arm64 ;; *) rid=linux-x64 ;; esac \
  && dotnet publish apps/longwire -c Release -r "$rid" --self-contained -o /out/opt/longwire \
  && mkdir -p /out/var/lib/longwire

FROM mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled
COPY --from=build --chown=0:0 /out/opt /opt
# Copied, not made: there is nothing to make it with.
COPY --from=build --chown=$APP_UID:$APP_UID /out/var/lib/longwire /var/lib/longwire
ENV LONGWIRE_DATA=/var/lib/longwire
# A container's loopback is its own.
ENV LONGWIRE__ENDPOINTS__CONSOLE__LISTEN=*:2323
USER $APP_UID
VOLUME /var/lib/longwire
EXPOSE 2323
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["/opt/longwire/longwire", "health"]
ENTRYPOINT ["/opt/longwire/longwire"]
