# syntax=docker/dockerfile:1
# OpenQoE in one image: the web parts, the binary that embeds them, and what it needs to run. docs/guide/operations.md

FROM node:20.19.5-bookworm-slim AS web
WORKDIR /src
# Packages first: they change less often than sources. npm wants to see every workspace of the lockfile.
COPY package.json package-lock.json tsconfig.base.json ./
COPY sdk/web/package.json sdk/web/
COPY console/package.json console/
COPY demo/package.json demo/
COPY e2e/package.json e2e/
RUN npm ci --no-audit --no-fund --include-workspace-root -w sdk/web -w console -w demo
COPY sdk/web sdk/web
COPY console console
COPY demo demo
RUN npm run build -w sdk/web && npm run build -w console && npm run build -w demo

FROM rust:1.90.0-slim-bookworm AS build
WORKDIR /src
COPY . .
COPY --from=web /src/sdk/web/dist sdk/web/dist
COPY --from=web /src/console/dist console/dist
COPY --from=web /src/demo/dist demo/dist
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked -p openqoe-gateway && cp target/release/openqoe /usr/local/bin/openqoe

# Same Debian as the build, for the same C library. bash, for the health check, is part of it.
FROM debian:12.12-slim
RUN groupadd --system --gid 10001 openqoe \
    && useradd --system --uid 10001 --gid openqoe --no-create-home --home-dir /var/lib/openqoe --shell /usr/sbin/nologin openqoe \
    && install -d -o openqoe -g openqoe -m 0700 /var/lib/openqoe
COPY --from=build /usr/local/bin/openqoe /usr/local/bin/openqoe
USER 10001:10001
WORKDIR /var/lib/openqoe
VOLUME /var/lib/openqoe
ENV OPENQOE_DATA_DIR=/var/lib/openqoe \
    OPENQOE_LOG_FORMAT=json
# Public, internal, OTLP over gRPC and over HTTP. The gateway listens on loopback until it is configured with tenants and their keys.
EXPOSE 8080 8889 4317 4318
STOPSIGNAL SIGTERM
# The binary has no health subcommand. A long replay is no illness: ask whether it lives, not whether it is ready.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8889 && printf 'GET /-/healthy HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
ENTRYPOINT ["openqoe"]
CMD ["serve"]
