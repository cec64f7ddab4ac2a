#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# From a bare Debian 12 to a pipeline that has run, in one command: installs what is missing, builds Leat, fetches
# the flights of New York 2013 and runs pipelines/flights over them into out/. Run again, it does nothing twice.
# With DATABASE_URL set the flights also go into the table `flights` there, exactly once as well.
set -eu

cd "$(dirname "$0")/.."
started=$(date +%s)

step() {
    printf '\n== %s\n' "$*"
}

step "packages"
sh deploy/install-packages.sh build flights

step "build (build/release/leat)"
cmake --preset release >/dev/null
cmake --build --preset release --target leat

step "data"
FLIGHTS_CSV=$(sh deploy/fetch-flights.sh)
export FLIGHTS_CSV
echo "$FLIGHTS_CSV"

step "leat run pipelines/flights/pipeline.yaml"
build/release/leat run pipelines/flights/pipeline.yaml
if [ -n "${DATABASE_URL:-}" ]; then
    step "leat run pipelines/flights/postgres.yaml"
    build/release/leat run pipelines/flights/postgres.yaml
fi

# Counts the lines of a folder's objects; data are all files whose path has no part that starts with _ or a dot.
count() {
    find "$1" -name '[_.]*' ! -path "$1" -prune -o -name '*.json.zst' -exec zstd -dcq {} + | wc -l
}

step "flights by month"
for folder in out/flights/month=*/; do
    printf '%s  %8d\n' "$(basename "$folder")" "$(count "$folder")"
done
printf 'all       %8d   in out/flights/\n' "$(count out/flights/)"
printf 'late      %8d   in out/late/: landed more than two hours late\n' "$(count out/late/)"

step "done in $(($(date +%s) - started)) s; the same command again adds nothing, because each sink knows what it has"
