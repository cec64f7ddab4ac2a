#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A private pgbouncer in transaction mode before a private PostgreSQL (postgres.sh), stopped by its own pid.
#   sh tests/services/pgbouncer.sh start DIR POSTGRES_DIR [name=value...]   prints its URL; DIR must not exist
#   sh tests/services/pgbouncer.sh url|pid|stop DIR                          stop also removes DIR
set -eu

fail() {
    echo "pgbouncer.sh: $*" >&2
    exit 3
}

[ $# -ge 2 ] || fail "usage: start DIR POSTGRES_DIR [name=value...] | url|pid|stop DIR"
command=$1
dir=$2
shift 2
case $dir in /*) ;; *) fail "not an absolute path: $dir" ;; esac

as_owner() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && exec runuser -u postgres -- "$@")
    else
        (cd / && exec "$@")
    fi
}

# Runs CODE with a deadline of 10 s until it succeeds: waits for a condition, not for a time.
until_true() {
    python3 - "$@" <<'PYTHON'
import os, select, socket, sys, time

what, argument = sys.argv[1], sys.argv[2]
deadline = time.monotonic() + 10


def holds():
    if what == "listens":
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(argument))) == 0
    try:
        os.kill(int(argument), 0)
        return False
    except ProcessLookupError:
        return True


while not holds():
    if time.monotonic() > deadline:
        sys.exit(1)
    select.select([], [], [], 0.01)
PYTHON
}

start() {
    server=$1
    shift
    server_port=$(sed 's#.*:\([0-9]*\)/.*#\1#' "$server/url")
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    mkdir -p "$dir"
    chmod 755 "$dir"
    [ "$(id -u)" != 0 ] || chown postgres "$dir"
    {
        echo "[databases]"
        echo "* = host=127.0.0.1 port=$server_port user=postgres"
        echo "[pgbouncer]"
        echo "listen_addr = 127.0.0.1"
        echo "listen_port = $port"
        echo "unix_socket_dir ="
        echo "auth_type = any"
        echo "pool_mode = transaction"
        echo "default_pool_size = 4"
        echo "max_client_conn = 100"
        echo "ignore_startup_parameters = extra_float_digits,options,statement_timeout"
        echo "logfile = $dir/log"
        echo "pidfile = $dir/pid"
        for setting in "$@"; do
            echo "${setting%%=*} = ${setting#*=}"
        done
    } >"$dir/pgbouncer.ini"
    as_owner pgbouncer -q -d "$dir/pgbouncer.ini" </dev/null || fail "did not start: $(tail -n 1 "$dir/log")"
    until_true listens "$port" || fail "does not listen on port $port: $(tail -n 1 "$dir/log")"
    echo "postgres://postgres@127.0.0.1:$port/postgres" >"$dir/url"
}

case $command in
start)
    [ $# -ge 1 ] || fail "start needs the folder of a running PostgreSQL"
    [ ! -e "$dir" ] || fail "$dir exists already"
    command -v pgbouncer >/dev/null || fail "no pgbouncer; run: sh deploy/install-packages.sh test"
    start "$@"
    cat "$dir/url"
    ;;
url) cat "$dir/url" ;;
pid) cat "$dir/pid" ;;
stop)
    if [ -s "$dir/pid" ]; then
        pid=$(cat "$dir/pid")
        ! kill -INT "$pid" 2>/dev/null || until_true ended "$pid" || fail "pid $pid does not end"
    fi
    [ ! -f "$dir/pgbouncer.ini" ] || rm -rf "$dir"
    ;;
*) fail "unknown command $command" ;;
esac
