#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages of the named sets (packages.txt) that are not there yet, and nothing else:
#   sh deploy/install-packages.sh build [test] [flights] [bench]
# Asks no registry when nothing is missing. Ends in one clear line when one does not answer. Needs root or sudo.
set -eu

here=$(cd "$(dirname "$0")" && pwd)

fail() {
    echo "install-packages: $*" >&2
    exit 3
}

[ $# -gt 0 ] || fail "name at least one set: build, flights, test, bench"

for set in "$@"; do
    grep -q "^$set " "$here/packages.txt" || fail "packages.txt has no set '$set'"
done
names=$(awk -v sets=" $* " 'NF == 2 && index(sets, " " $1 " ") && !seen[$2]++ { print $2 }' "$here/packages.txt")
command -v dpkg-query >/dev/null ||
    fail "this is no Debian system; install the counterparts of:" $names

missing=
for name in $names; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $name"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "run this as root, or install sudo; missing:$missing"
    as_root=sudo
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# The newest error line of apt, or its last line, so that the reason fits in ours.
reason() {
    error=$(grep '^E:' "$log" | tail -n 1)
    echo "${error:-$(tail -n 1 "$log")}"
}

apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=2 \
        -o Acquire::http::Timeout=30 -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1 </dev/null
}

echo "installing:$missing"
if ! apt install --no-install-recommends $missing; then
    # The package list may be missing or old.
    apt update || fail "the package registry does not answer: $(reason)"
    apt install --no-install-recommends $missing || fail "could not install$missing: $(reason)"
fi
