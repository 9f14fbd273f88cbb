# Sourced: `need PROGRAM PACKAGE` installs Debian's package where the program is missing, and fails where it cannot.
need() {
    command -v "$1" >/dev/null && return 0
    command -v apt-get >/dev/null || return 1
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$2"; } >&2
}
