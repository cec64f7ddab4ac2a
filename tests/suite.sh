#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The suites of tests/run.sh, one function each; run.sh gives the environment and the time limit:
#   LEAT_BUILD_ROOT   builds by preset      LEAT_WORK   a folder for logs, data and servers
#   LEAT_TALLY        file for lines `N passed` and `N failed`      LEAT_LONG   1 with --long
# A suite may run by any means; what it counts goes through tests/tally.py into LEAT_TALLY.
set -u

export LEAT="$LEAT_BUILD_ROOT/dev/leat"
export PYTHONDONTWRITEBYTECODE=1
export ASAN_OPTIONS="detect_leaks=1:abort_on_error=1:strict_string_checks=1:detect_stack_use_after_return=1"
export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1"
export TSAN_OPTIONS="halt_on_error=1:second_deadlock_stack=1"
SERVERS='^(integration|conformance)' # programs that want a server or the whole engine

# Runs programs of a build by ctest and counts their cmocka tests: preset, ctest arguments.
run_ctest() {
    preset=$1
    shift
    junit=$LEAT_WORK/$preset.$$.xml
    ctest --test-dir "$LEAT_BUILD_ROOT/$preset" --output-junit "$junit" --output-on-failure --no-tests=error \
        --test-output-size-passed 1000000 --test-output-size-failed 1000000 "$@"
    code=$?
    python3 tests/tally.py junit "$junit" || return 1
    return $code
}

# Runs a program that ends in `N passed, N failed` and counts that line.
run_counted() {
    "$@" >"$LEAT_WORK/counted.$$" 2>&1
    code=$?
    cat "$LEAT_WORK/counted.$$"
    python3 tests/tally.py line "$LEAT_WORK/counted.$$" $code || code=1
    return $code
}

# Runs each script of the folders that match: they end in `N passed, N failed`, too.
run_scripts() {
    result=0
    for script in $1; do
        [ -f "$script" ] || continue
        echo "-- $script"
        case $script in
        *.py) run_counted python3 "$script" || result=1 ;;
        *) run_counted sh "$script" || result=1 ;;
        esac
    done
    return $result
}

start_postgres() {
    DATABASE_URL=$(sh tests/services/postgres.sh start "$LEAT_WORK/postgres-$1" max_prepared_transactions=10 \
        shared_buffers=256MB track_commit_timestamp=on) || exit 3
    # The same as a conninfo, which the C suites extend.
    LEAT_TEST_POSTGRES="host=127.0.0.1 user=postgres dbname=postgres $(echo "$DATABASE_URL" |
        sed 's#.*:\([0-9]*\)/.*#port=\1#')"
    export DATABASE_URL LEAT_TEST_POSTGRES
    LEAT_POSTGRES=$LEAT_WORK/postgres-$1 # for services/postgres.sh crash, restart
    export LEAT_POSTGRES
    trap 'sh tests/services/postgres.sh stop "$LEAT_POSTGRES"' EXIT
}

suite_build() {
    grep -c '^\[' "$LEAT_WORK/dev.log" | sed 's/$/ steps/'
    echo "1 passed" >>"$LEAT_TALLY"
}

suite_unit() {
    result=0
    run_ctest dev -j2 -E "$SERVERS" || result=1
    run_scripts "tests/verify/*_test.py" || result=1
    return $result
}

suite_clang() { run_ctest clang -j2 -E "$SERVERS"; }
suite_asan() { run_ctest asan -j2 -E '^integration'; } # conformance too, on its directory
suite_tsan() { run_ctest tsan -j2 -E '^integration'; }

suite_tidy() {
    result=0
    run_counted python3 tests/tidy/tidy_test.py || result=1
    run_counted python3 tests/tidy/tidy.py || result=1
    return $result
}

suite_docs() {
    result=0
    run_scripts "tests/docs/*_test.py" || result=1
    run_counted python3 tests/docs/check.py || result=1
    return $result
}

suite_fuzz() {
    seconds=10
    [ -z "$LEAT_LONG" ] || seconds=60
    run_counted python3 tests/fuzz/run.py "$LEAT_BUILD_ROOT/fuzz" $seconds
}

# Programs and scripts of one kind, before a server of their own.
run_kind() {
    result=0
    start_postgres "$1"
    if ctest --test-dir "$LEAT_BUILD_ROOT/dev" -N -R "^$1" | grep -q '^  Test '; then
        run_ctest dev -R "^$1" || result=1
    fi
    run_scripts "tests/$1*/*_test.py" || result=1
    run_scripts "tests/$1*/*_test.sh" || result=1
    return $result
}

suite_conformance() { run_kind conformance; }
suite_integration() { run_kind integration; }

suite_differential() {
    start_postgres differential
    run_counted python3 tests/differential/run.py "$LEAT_BUILD_ROOT/dev/tests/differential/differential_evaluate"
}

# Whole jobs under a seeded scheduler: the same seeds each time; with --long many, beginning anywhere.
suite_simulation() {
    result=0
    simulation=$LEAT_BUILD_ROOT/dev/tests/simulation/simulation
    first=1 seeds=400
    if [ -n "$LEAT_LONG" ]; then
        first=$(($(date +%s) * 1000)) seeds=40000
    fi
    run_counted "$simulation" --first $first --seeds $seeds || result=1
    run_counted "$simulation" --variants || result=1
    return $result
}

suite_faults() {
    result=0
    run_scripts "tests/faults/*_test.py" || result=1
    start_postgres faults
    run_counted python3 tests/faults/run.py ${LEAT_LONG:+--long} || result=1
    run_counted python3 tests/faults/steps.py ${LEAT_LONG:+--long} || result=1
    return $result
}

"suite_$1"
