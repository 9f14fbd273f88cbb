# gcmock in an image of its own: one static binary, nothing else.
#
#   docker build -t gcmock .
#   docker run --rm -p 8080:8080 -p 8443:8443 gcmock
#
# Everything is configured by GCMOCK_… variables, or by files mounted at /config: limits.toml, organizations/,
# tls/cert.pem and tls/key.pem; those that are there hold.

FROM docker.io/library/rust:1.95-slim-bookworm AS build
WORKDIR /build
ENV RUSTFLAGS="-C target-feature=+crt-static"
# What the program depends on is compiled before the program is there, and stays in a layer of its own.
COPY Cargo.toml Cargo.lock ./
RUN target=$(rustc -vV | sed -n 's/^host: //p') \
    && mkdir -p src benches examples && echo 'fn main() {}' > src/main.rs && echo > src/lib.rs && echo 'fn main() {}' > benches/limit.rs \
    && cargo build --locked --release --target "$target" --bin gcmock && rm -rf src
COPY limits.toml ./
COPY fixtures fixtures
COPY src src
RUN target=$(rustc -vV | sed -n 's/^host: //p') \
    && touch src/main.rs src/lib.rs && cargo build --locked --release --target "$target" --bin gcmock \
    && cp "target/$target/release/gcmock" /gcmock && mkdir -p /empty/state /empty/tmp

FROM scratch
LABEL org.opencontainers.image.title="gcmock" \
      org.opencontainers.image.description="A local Genesys Cloud that says no the way the real one does" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /gcmock /gcmock
# The local CA is kept here; a root file system that is read-only leaves volumes writable.
COPY --from=build --chown=10001:10001 /empty/state /state
VOLUME /state
ENV GCMOCK_LISTEN=0.0.0.0:8080 GCMOCK_TLS_LISTEN=0.0.0.0:8443 GCMOCK_STATE_DIR=/state GCMOCK_CONFIG=/config
USER 10001:10001
EXPOSE 8080 8443
HEALTHCHECK --interval=2s --timeout=2s --start-period=2s CMD ["/gcmock", "healthcheck"]
ENTRYPOINT ["/gcmock"]
CMD ["serve"]
