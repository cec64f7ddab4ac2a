#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A private PostgreSQL for tests: own data, own port, 127.0.0.1 and a socket in its folder, stopped by its own pid.
#   sh tests/services/postgres.sh start DIR [name=value...]   prints its URL; DIR must not exist
#   sh tests/services/postgres.sh url|pid|restart|crash|stop DIR   crash = immediate stop; stop also removes DIR
# DIR is an absolute path that the user postgres can reach (below /tmp), short because a socket lies in it.
set -eu

fail() {
    echo "postgres.sh: $*" >&2
    exit 3
}

[ $# -ge 2 ] || fail "usage: start|url|pid|restart|crash|stop DIR [name=value...]"
command=$1
dir=$2
shift 2
case $dir in /*) ;; *) fail "not an absolute path: $dir" ;; esac

binaries=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$binaries" ] || fail "no PostgreSQL under /usr/lib/postgresql; run: sh deploy/install-packages.sh test"

# The server refuses to run as root.
as_owner() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && exec runuser -u postgres -- env LC_ALL=C.UTF-8 "$@")
    else
        (cd / && exec env LC_ALL=C.UTF-8 "$@")
    fi
}

control() {
    as_owner "$binaries/pg_ctl" -s -D "$dir/data" -l "$dir/log" "$@" >/dev/null </dev/null
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start() {
    mkdir -p "$dir"
    chmod 755 "$dir"
    [ "$(id -u)" != 0 ] || chown postgres "$dir"
    as_owner "$binaries/initdb" -D "$dir/data" -A trust -U postgres -E UTF8 --no-sync >/dev/null </dev/null ||
        fail "initdb failed in $dir"
    port=$(free_port)
    {
        echo "port = $port"
        echo "listen_addresses = '127.0.0.1'"
        echo "unix_socket_directories = '$dir'"
        for setting in "$@"; do
            echo "${setting%%=*} = '${setting#*=}'"
        done
    } >>"$dir/data/postgresql.conf"
    echo "postgres://postgres@127.0.0.1:$port/postgres" >"$dir/url"
    control -w start || fail "did not start: $(tail -n 1 "$dir/log")"
}

case $command in
start)
    [ ! -e "$dir" ] || fail "$dir exists already"
    start "$@"
    cat "$dir/url"
    ;;
url) cat "$dir/url" ;;
pid) head -n 1 "$dir/data/postmaster.pid" ;;
restart)
    control -m fast -w restart || fail "did not restart: $(tail -n 1 "$dir/log")"
    ;;
crash)
    control -m immediate -w stop || fail "was not running"
    control -w start || fail "did not start again: $(tail -n 1 "$dir/log")"
    ;;
stop)
    [ ! -f "$dir/data/postmaster.pid" ] || control -m immediate -w stop || true
    [ ! -f "$dir/url" ] || rm -rf "$dir"
    ;;
*) fail "unknown command $command" ;;
esac
