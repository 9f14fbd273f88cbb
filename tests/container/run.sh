#!/usr/bin/env bash
# Builds the image and tries it as people run it: healthy without arguments, on a read-only root, by /config, ended by a signal.
#
#   tests/container/run.sh             with docker where an engine answers, else with buildah and podman from Debian
#   tests/container/run.sh PROGRAM     takes a static PROGRAM in place of compiling one; the size of the image then says nothing
#
# Ends with 77 if no engine is installed and none can be installed. FIXTURES=1 also runs the examples that start containers.
# Without a registry the two base images are made here: Debian by debootstrap, and this machine's Rust put into it.
# What that takes (about 1.5 GB) is kept in $GCMOCK_TEST_CACHE/containers (default ~/.cache/gcmock-tests).
set -euo pipefail

HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
PROGRAM=${1:+$(realpath "$1")}
CACHE=${GCMOCK_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gcmock-tests}/containers
RUST=docker.io/library/rust:1.95-slim-bookworm
IMAGE=localhost/gcmock
NAME=gcmock-test-$$
WORK=$(mktemp -d)
ENGINE=docker
MAX_BYTES=34000000

say() { printf 'passed  %s\n' "$1"; }
fail() { printf 'FAILED  %s\n' "$1"; exit 1; }
SERVICE=
tidy() {
    [ -z "$SERVICE" ] || kill "$SERVICE" 2>/dev/null || true
    $ENGINE rm -f "$NAME" >/dev/null 2>&1 || true
    rm -rf "$WORK"
}
trap tidy EXIT

no_engine() { echo "not run: $1"; exit 77; }

# Limits of descriptors are given, because not every machine lets a container have podman's own.
prepare_podman() {
    command -v podman >/dev/null && command -v buildah >/dev/null && command -v debootstrap >/dev/null && command -v iptables >/dev/null || install_podman
    mkdir -p "$CACHE"
    printf '[containers]\ndefault_ulimits = ["nofile=20000:20000", "nproc=20000:20000"]\n[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\nruntime = "runc"\n' >"$CACHE/containers.conf"
    printf '[storage]\ndriver = "overlay"\ngraphroot = "%s/storage"\nrunroot = "%s/run"\n' "$CACHE" "$CACHE" >"$CACHE/storage.conf"
    export CONTAINERS_CONF=$CACHE/containers.conf CONTAINERS_STORAGE_CONF=$CACHE/storage.conf
    [ -n "$PROGRAM" ] || podman image exists "$RUST" || make_base || { tail -5 "$WORK/base.log" >&2; no_engine "no base image can be made here"; }
}

install_podman() {
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        podman buildah runc debootstrap netavark aardvark-dns iptables uidmap; } >"$WORK/apt.log" 2>&1 || no_engine "neither docker nor podman is here, nor can be installed"
}

make_base() {
    debootstrap --variant=minbase bookworm "$WORK/debian" >"$WORK/base.log" 2>&1 &&
        mkdir -p "$WORK/debian/usr/local/rust" &&
        tar -C "$(rustc --print sysroot)" --exclude=./share -cf - . | tar -C "$WORK/debian/usr/local/rust" -xf - &&
        chroot "$WORK/debian" sh -c 'apt-get update -q && apt-get install -y -q --no-install-recommends gcc libc6-dev ca-certificates' >>"$WORK/base.log" 2>&1 &&
        tar -C "$WORK/debian" -c . | podman import -q --change 'ENV PATH=/usr/local/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "$RUST" >/dev/null &&
        rm -rf "$WORK/debian"
}

build() {
    local options=()
    [ -z "$PROGRAM" ] || { built && options=(--build-context "build=$WORK/built"); }
    if [ "$ENGINE" = docker ]; then
        docker build -q "${options[@]}" -t "$IMAGE" "$ROOT" >/dev/null
    else
        local trust=/etc/ssl/certs/ca-certificates.crt
        buildah bud --isolation chroot --network host --format docker --layers "${options[@]}" -v "$trust:$trust:ro" \
            --ulimit nofile=20000:20000 --ulimit nproc=20000:20000 -t "$IMAGE" "$ROOT" >"$WORK/build.log" 2>&1 || { tail -20 "$WORK/build.log" >&2; return 1; }
    fi
}

# What the stage that compiles leaves for the image.
built() {
    mkdir -p "$WORK/built/empty/state" "$WORK/built/empty/config"
    cp "$PROGRAM" "$WORK/built/gcmock"
    "$ROOT/.ci/manual" "$PROGRAM" "$WORK/built/share/man/man1" "$WORK/built/share/gcmock/completions"
}

# Of the program's own errors the engine makes no 125 or 126.
runs() {
    local code=0
    $ENGINE run --rm "$IMAGE" --version >/dev/null || code=$?
    [ $code != 125 ] && [ $code != 126 ]
}

# Runs the image; sets PORT once it is healthy.
start() { # RUN-OPTION...
    $ENGINE rm -f "$NAME" >/dev/null 2>&1 || true
    $ENGINE run -d --no-healthcheck --name "$NAME" --read-only --cap-drop all -p 127.0.0.1::8080 "$@" "$IMAGE" >/dev/null
    PORT=$($ENGINE port "$NAME" 8080 | head -1 | sed 's/.*://')
    for _ in $(seq 50); do
        $ENGINE exec "$NAME" /gcmock healthcheck >/dev/null 2>&1 && return 0
        sleep 0.1
    done
    $ENGINE logs "$NAME" >&2
    return 1
}

code() { curl -s -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer any' "http://127.0.0.1:$PORT$1"; }

# The files that people start it by say what they mean.
compose() { # FILE
    if docker compose version >/dev/null 2>&1; then
        docker compose -f "$ROOT/$1" config -q
    else
        [ -e "$CACHE/compose/ready" ] || { python3 -m venv "$CACHE/compose" && "$CACHE/compose/bin/pip" install -q "podman-compose==1.6.0" >&2 && touch "$CACHE/compose/ready"; }
        "$CACHE/compose/bin/podman-compose" -f "$ROOT/$1" config >/dev/null
    fi
}

docker info >/dev/null 2>&1 || { ENGINE=podman; prepare_podman; }
for file in compose.yaml compose.nodes.yaml; do
    compose $file || fail "$file is understood"
    say "$file is understood"
done
build || fail "the image is built"
say "the image is built with $ENGINE"
runs || no_engine "$ENGINE can run nothing on this machine"

bytes=$($ENGINE image inspect "$IMAGE" --format '{{.Size}}')
[ -n "$PROGRAM" ] || [ "$bytes" -le $MAX_BYTES ] || fail "the image has $bytes bytes, at most $MAX_BYTES are expected"
say "the image has $bytes bytes"

began=$(date +%s%N)
start || fail "it is healthy without arguments, on a read-only root"
say "it is healthy without arguments, on a read-only root, $((($(date +%s%N) - began) / 1000000)) ms after it was asked for"
[ "$(code /api/v2/users/me)" = 200 ] || fail "it answers"
say "it answers"
$ENGINE exec "$NAME" /gcmock export users --count 1 --csv >"$WORK/users" && [ "$(wc -l <"$WORK/users")" = 2 ] || fail "a command in the container finds the admin token"
[ "$($ENGINE exec "$NAME" /gcmock requests --json | tr -d ' \n' | cut -c1)" = "[" ] || fail "a command in the container finds the admin token"
say "a command in the container finds the admin token"
asked=$(curl -s -o "$WORK/page" -w '%{http_code}' -H 'Accept: text/html' "http://127.0.0.1:$PORT/")
[ "$asked" = 200 ] && grep -q '<label>Admin token' "$WORK/page" && [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/__admin/limits")" = 401 ] || fail "a browser is asked for the admin token"
say "a browser is asked for the admin token"
user=$($ENGINE inspect "$NAME" --format '{{.Config.User}}')
[ "$user" = 10001:10001 ] || fail "its user is $user"
say "it runs as a numeric user that is not root"

$ENGINE cp "$NAME:/usr/share" "$WORK/share"
[ -s "$WORK/share/man/man1/gcmock-serve.1" ] && [ -s "$WORK/share/gcmock/completions/gcmock.bash" ] || fail "it carries manual pages and completions"
say "it carries manual pages and completions"

began=$(date +%s%N)
$ENGINE stop -t 10 "$NAME" >/dev/null
took=$((($(date +%s%N) - began) / 1000000))
ended=$($ENGINE inspect "$NAME" --format '{{.State.ExitCode}}')
[ "$ended" = 0 ] && [ "$took" -lt 2000 ] || fail "it ended with $ended after $took ms"
say "as process 1 it ends on SIGTERM, $took ms with the engine's own"

mkdir -p "$WORK/config"
printf '[[limit]]\nname = "one"\nnamespace = "n"\nkey = "k"\nscope = ["token"]\nmatch = ["GET /api/v2/users/me"]\nalgorithm = "fixed-window"\ncapacity = 1\nperiod = "1h"\n' >"$WORK/config/limits.toml"
chmod -R a+rX "$WORK"
start -v "$WORK/config:/config:ro" -e GCMOCK_SEED=1 || fail "it is healthy with a mounted /config"
[ "$(code /api/v2/users/me)$(code /api/v2/users/me)" = 200429 ] || fail "the limits of /config hold"
say "the limits of /config hold"

# The examples of the other languages, each where this machine has the language. Python looks for the container's network
# unless it is told how it reaches the engine, and Debian's podman does not say.
others() {
    local venv=$CACHE/testcontainers-python-4.15.0
    [ -e "$venv/ready" ] || { python3 -m venv "$venv" && "$venv/bin/pip" install -q -r "$ROOT/examples/containers/python/requirements.txt" >&2 && touch "$venv/ready"; }
    TESTCONTAINERS_CONNECTION_MODE=docker_host "$venv/bin/python" -m pytest -q -p no:cacheprovider "$ROOT/examples/containers/python" || fail "Python's Testcontainers"
    say "Python's Testcontainers"
    cp -r "$ROOT/examples/containers" "$WORK/others"
    container_tests node node "npm install -s --no-audit --no-fund --ignore-scripts && node --test"
    container_tests go go "go test ./..."
    container_tests dotnet dotnet "dotnet test"
}

container_tests() { # FOLDER PROGRAM COMMAND
    command -v "$2" >/dev/null || { echo "not run: Testcontainers of $1, this machine has no $2"; return 0; }
    (cd "$WORK/others/$1" && sh -c "$3") || fail "Testcontainers of $1"
    say "Testcontainers of $1"
}

# Testcontainers finds podman where it finds docker, once podman listens like it.
fixtures() {
    export TESTCONTAINERS_RYUK_DISABLED=true GCMOCK_IMAGE=$IMAGE:latest
    if [ "$ENGINE" = podman ]; then
        podman system service --time=0 "unix://$WORK/engine" &
        SERVICE=$!
        export DOCKER_HOST=unix://$WORK/engine
    fi
    cp -r "$ROOT/examples/java" "$WORK/java"
    (cd "$WORK/java" && mvn -q -B test -Dtest=ContainerTest -Dsurefire.failIfNoSpecifiedTests=true && grep -h "Tests run: 1, Failures: 0, Errors: 0, Skipped: 0" target/surefire-reports/*.txt) || fail "Java's Testcontainers"
    say "Java's Testcontainers"
    others
    # Debian's podman does not say which address a port is published on, and Rust's testcontainers asks.
    [ "$ENGINE" = docker ] || return 0
    (cd "$ROOT/examples/rust" && cargo test -q -- --include-ignored) || fail "Rust's testcontainers"
    say "Rust's testcontainers"
}
[ -z "${FIXTURES:-}" ] || fixtures
