#!/usr/bin/env bash
# Checks deploy/packages: the recipes are filled in from made-up archives, Ruby reads the formula and installs from the files of a release,
# winget's manifests have what winget asks for, and a checksum that is missing is an error.
#
#   tests/deploy/packages.sh target/release/gcmock            a second
#   DEB=1 tests/deploy/packages.sh target/release/gcmock      also builds the Debian package and runs the program in it; installs cargo-deb
set -euo pipefail

CARGO_DEB=3.8.0
[ $# -eq 1 ] || { echo "usage: $0 GCMOCK_BINARY" >&2; exit 2; }
GCMOCK=$(realpath "$1") && [ -x "$GCMOCK" ] || { echo "$0: no such program: $1" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
CACHE=${GCMOCK_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gcmock-tests}
VERSION=$(sed -n 's/^version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml" | head -1)
# shellcheck source=tests/deploy/need.sh
. "$HERE/need.sh"
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

say() { printf 'passed  %s\n' "$1"; }
fail() { printf 'FAILED  %s\n' "$1"; exit 1; }

fill() { "$ROOT/deploy/packages/fill.py" "$VERSION" https://example.invalid/gcmock "$WORK/dist"; }

archives() {
    local number=1 name
    mkdir -p "$WORK/dist"
    for name in aarch64-apple-darwin.tar.gz x86_64-apple-darwin.tar.gz aarch64-unknown-linux-gnu.tar.gz x86_64-unknown-linux-gnu.tar.gz x86_64-pc-windows-msvc.zip; do
        printf '%064x  gcmock-%s-%s\n' "$number" "$VERSION" "$name" >"$WORK/dist/gcmock-$VERSION-$name.sha256"
        number=$((number + 1))
    done
}

# What an archive of a release has, as `.ci/release build` lays it out.
layout() { # FOLDER
    mkdir -p "$1/completions"
    "$GCMOCK" man "$1/man" >/dev/null
    for shell in bash elvish fish powershell zsh; do "$GCMOCK" completions "$shell" >"$1/completions/gcmock.$shell"; done
    cp "$GCMOCK" "$1/gcmock"
    (cd "$ROOT" && cp -r README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT limits.toml limits.schema.json gcmock.service docs examples deploy "$1/")
}

archives
fill >"$WORK/filled"
[ "$(wc -l <"$WORK/filled")" = 4 ] || fail "four recipes are filled in"
! grep -rn '@[A-Z0-9]*[:@]' "$WORK/dist/packages" || fail "nothing is left to fill in"
say "four recipes are filled in"

layout "$WORK/release"
if need ruby ruby; then
    ruby -c "$WORK/dist/packages/homebrew/gcmock.rb" >/dev/null || fail "Ruby reads the formula"
    ruby "$HERE/formula.rb" "$WORK/dist/packages/homebrew/gcmock.rb" "$WORK/release" "$VERSION" || fail "the formula installs what a release has"
    say "the formula installs what a release has"
else
    echo "Homebrew's formula: not run, this machine has no Ruby"
fi
"$("$HERE/python.sh")" "$HERE/winget.py" "$WORK/dist/packages/winget" "$VERSION" || fail "winget's manifests"
say "winget's manifests have what winget asks for"

rm "$WORK"/dist/*-x86_64-apple-darwin.tar.gz.sha256 && rm -r "$WORK/dist/packages"
! fill >/dev/null 2>"$WORK/error" && grep -q 'SHA256:x86_64-apple-darwin.tar.gz' "$WORK/error" && [ ! -e "$WORK/dist/packages" ] || fail "a missing checksum is an error, and writes nothing"
say "a missing checksum is an error, and writes nothing"

deb() {
    local target
    target=$(rustc -vV | sed -n 's/^host: //p')
    [ -x "$CACHE/cargo/bin/cargo-deb" ] || cargo install -q --locked --root "$CACHE/cargo" "cargo-deb@$CARGO_DEB" >&2
    rm -rf "$ROOT/dist/gcmock-$VERSION-$target" "$ROOT"/dist/gcmock_*.deb && mkdir -p "$ROOT/dist"
    cp -r "$WORK/release" "$ROOT/dist/gcmock-$VERSION-$target"
    PATH=$CACHE/cargo/bin:$PATH "$ROOT/.ci/release" deb "$target" >&2
    dpkg-deb -x "$ROOT"/dist/gcmock_*.deb "$WORK/deb"
    [ "$("$WORK/deb/usr/bin/gcmock" --version)" = "gcmock $VERSION" ] || fail "the program of the Debian package runs"
    grep -q '^ExecStart=/usr/bin/gcmock' "$WORK/deb/usr/lib/systemd/system/gcmock.service" || fail "its service starts it"
    [ -e "$WORK/deb/usr/share/man/man1/gcmock-serve.1.gz" ] && [ -s "$WORK/deb/usr/share/bash-completion/completions/gcmock" ] || fail "it has manual pages and completions"
    say "the Debian package has the program, its service, manual pages and completions"
}
if [ -n "${DEB:-}" ]; then
    if command -v dpkg-deb >/dev/null; then deb; else echo "the Debian package: not run, this machine has no dpkg"; fi
fi
