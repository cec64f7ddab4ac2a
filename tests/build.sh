#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds presets one after the other in LEAT_BUILD_ROOT/PRESET, with ccache when it is there:
#   sh tests/build.sh PRESET...
# Each build's output goes to LEAT_WORK/PRESET.log and its exit code as a line into the fifo LEAT_WORK/PRESET.built.
set -u

cd "$(dirname "$0")/.." || exit 1

launcher=
if command -v ccache >/dev/null; then
    launcher=-DCMAKE_C_COMPILER_LAUNCHER=ccache
    # Paths are relative to the checkout, so that another checkout of the same sources finds the same objects.
    export CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=1
fi

build() {
    folder=$LEAT_BUILD_ROOT/$1
    cmake --preset "$1" -B "$folder" $launcher && cmake --build "$folder" -- -k 20
}

for preset in "$@"; do
    build "$preset" >"$LEAT_WORK/$preset.log" 2>&1
    code=$?
    # Opening a fifo waits for its reader, the next build must not.
    echo $code >"$LEAT_WORK/$preset.built" &
done
wait
