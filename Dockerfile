# Builds an image with one static binary and nothing else.
#
#   docker build -t gcmock .
#   docker run --rm -p 8080:8080 -p 8443:8443 gcmock
#
# GCMOCK_… variables configure everything, and so do files mounted at /config: limits.toml, organizations/,
# tls/cert.pem and tls/key.pem. Each file is used if it exists.
#
# docker buildx build --platform linux/amd64,linux/arm64 . compiles for both architectures on one machine: it
# cross-compiles with Debian's compiler and emulates nothing.

FROM --platform=$BUILDPLATFORM docker.io/library/rust:1.95-slim-bookworm AS build
WORKDIR /build
ARG TARGETARCH
# Relative relocations are packed, where the linker can: each is read at the start, and stays in memory.
ENV RUSTFLAGS="-C target-feature=+crt-static -C link-arg=-Wl,-z,pack-relative-relocs" \
    CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
    CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER=x86_64-linux-gnu-gcc
RUN case "$TARGETARCH" in arm64) cpu=aarch64 ;; amd64) cpu=x86_64 ;; *) cpu=$(uname -m) ;; esac \
    && echo "$cpu-unknown-linux-gnu" > /target \
    && if [ "$cpu" != "$(uname -m)" ]; then \
        apt-get update && apt-get install -y --no-install-recommends "gcc-$(echo $cpu | tr _ -)-linux-gnu" "libc6-dev-$TARGETARCH-cross" \
        && rustup target add "$(cat /target)"; \
    fi
# The dependencies are compiled first, in their own layer, so that a change of src does not compile them again.
COPY Cargo.toml Cargo.lock ./
COPY benches benches
COPY crates crates
RUN mkdir -p src && echo 'fn main() {}' > src/main.rs && echo > src/lib.rs \
    && cargo build --locked --profile dist --target "$(cat /target)" --bin gcmock && rm -rf src
COPY limits.toml limits.schema.json ./
COPY fixtures fixtures
COPY web web
COPY src src
RUN touch src/main.rs src/lib.rs && cargo build --locked --profile dist --target "$(cat /target)" --bin gcmock \
    && cp "target/$(cat /target)/dist/gcmock" /gcmock && mkdir -p /empty/state /empty/config
# The program writes its own manual. A program for another architecture does not run here, so a quick build for this
# architecture writes it.
COPY .ci/manual /manual
RUN runs=/gcmock && if [ "$(cat /target)" != "$(uname -m)-unknown-linux-gnu" ]; then \
        cargo build --locked --target "$(uname -m)-unknown-linux-gnu" --bin gcmock \
        && runs="target/$(uname -m)-unknown-linux-gnu/debug/gcmock"; \
    fi \
    && /manual "$runs" /share/man/man1 /share/gcmock/completions

FROM scratch
ARG VERSION=unspecified
ARG REVISION=unspecified
LABEL org.opencontainers.image.title="gcmock" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.description="A local mock of Genesys Cloud with its rate limits" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /gcmock /gcmock
COPY --from=build /share /usr/share
# The local CA is stored here. A volume stays writable when the root file system is read-only.
COPY --from=build --chown=10001:10001 /empty/state /state
COPY --from=build /empty/config /config
VOLUME /state
ENV GCMOCK_LISTEN=0.0.0.0:8080 GCMOCK_TLS_LISTEN=0.0.0.0:8443 GCMOCK_STATE_DIR=/state GCMOCK_CONFIG=/config
USER 10001:10001
EXPOSE 8080 8443
HEALTHCHECK --interval=2s --timeout=2s --start-period=2s CMD ["/gcmock", "healthcheck"]
ENTRYPOINT ["/gcmock"]
CMD ["serve"]
