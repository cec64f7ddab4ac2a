#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the test suites and ends in one line, `N passed, N failed`:
#   sh tests/run.sh [--long] [SUITE...]      default: all suites of the table below, in its order
# Installs what is missing, starts all builds in the background at once (build/PRESET; objects are kept by ccache, so
# that a fresh clone compiles little), goes on after a failing suite and prints the output of what failed.
# --long: soaks and the long counts.
# A suite is a function of tests/suite.sh; it has its budget in seconds and is ended when that is used up.
set -u

cd "$(dirname "$0")/.." || exit 1

# suite, budget, budget with --long, the builds it needs, what it is
table() {
    cat <<'TABLE'
build        600   600 dev         gcc, warnings are errors
unit         180   180 dev         unit tests
tidy          60    60 -           the rules of the house, and that they can fail
clang        900   900 clang       clang, warnings are errors, unit tests
asan        1200  1200 asan        unit tests under AddressSanitizer and UBSan
tsan        1200  1200 tsan        unit tests under ThreadSanitizer
fuzz         600  7200 fuzz        each target 10 s (60 s with --long)
docs          60    60 dev         README's commands, links, the generated reference
conformance  300   900 dev         what every source and sink must pass
integration  600  1800 dev         whole pipelines against real servers
differential 120   120 dev         SQL against a real PostgreSQL, expression by expression
simulation   120  1800 dev         whole jobs over a simulated server, seed by seed; known-bad protocols are caught
faults       420  3600 dev         kill -9 and SIGSTOP, 20 s a pair (60 s with --long), and at every step
TABLE
}

LEAT_LONG=
chosen=
for argument in "$@"; do
    case $argument in
    --long) LEAT_LONG=1 ;;
    -*)
        echo "run.sh: unknown option $argument; usage: sh tests/run.sh [--long] [SUITE...]" >&2
        exit 2
        ;;
    *)
        if ! table | grep -q "^$argument "; then
            echo "run.sh: unknown suite $argument; suites:" $(table | awk '{ print $1 }') >&2
            exit 2
        fi
        chosen="$chosen $argument"
        ;;
    esac
done
[ -n "$chosen" ] || chosen=$(table | awk '{ print $1 }')

export LEAT_LONG
export LEAT_BUILD_ROOT="${LEAT_BUILD_ROOT:-$PWD/build}"
LEAT_WORK=$(mktemp -d "${TMPDIR:-/tmp}/leat.XXXXXX") # logs, tallies, the servers' folders; gone at the end
export LEAT_WORK
chmod 755 "$LEAT_WORK"
background=

# Ends the builds that still run, by their process groups, and servers that a suite had to leave.
clean_up() {
    [ -z "$background" ] || kill -- "-$background" 2>/dev/null
    for server in "$LEAT_WORK"/*/url; do
        [ ! -f "$server" ] || sh "tests/services/$(basename "$(dirname "$server")" | sed 's/-.*//').sh" stop \
            "$(dirname "$server")"
    done
    rm -rf "$LEAT_WORK"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

if ! sh deploy/install-packages.sh build test flights; then
    echo "0 passed, 1 failed"
    exit 3
fi

field() { # suite, column
    table | awk -v suite="$1" -v column="$2" '$1 == suite { print $column }'
}

# All builds that the chosen suites need, dev first, one after the other behind the suites. A build's end is a line
# in its fifo, so that a suite waits for it without polling.
builds=
for suite in $chosen; do
    build=$(field "$suite" 4)
    case " $builds " in *" $build "*) ;; *) [ "$build" = - ] || builds="$builds $build" ;; esac
done
if [ -n "$builds" ]; then
    for build in $builds; do mkfifo "$LEAT_WORK/$build.built"; done
    setsid sh tests/build.sh $builds </dev/null >"$LEAT_WORK/builds.log" 2>&1 &
    background=$!
fi

# Waits for the builds of a suite; their results are kept, because a fifo is read once.
await_build() {
    [ "$1" != - ] || return 0
    [ -f "$LEAT_WORK/$1.result" ] || head -n 1 "$LEAT_WORK/$1.built" >"$LEAT_WORK/$1.result"
    [ "$(cat "$LEAT_WORK/$1.result")" = 0 ]
}

sum() { # word; the numbers before it in all lines of the tally
    awk -v word="$1" '$2 == word { n += $1 } END { print n + 0 }' "$2"
}

passed=0
failed=0
: >"$LEAT_WORK/table"
for suite in $chosen; do
    budget=$(field "$suite" $((2 + ${LEAT_LONG:-0})))
    build=$(field "$suite" 4)
    log=$LEAT_WORK/$suite.output
    LEAT_TALLY=$LEAT_WORK/$suite.tally
    export LEAT_TALLY
    : >"$LEAT_TALLY"
    printf '== %-12s' "$suite"
    began=$(date +%s)
    if await_build "$build"; then
        timeout --kill-after=10 "$budget" sh tests/suite.sh "$suite" </dev/null >"$log" 2>&1
        code=$?
        [ $code != 124 ] && [ $code != 137 ] || echo "the budget of $budget s is used up" >>"$log"
    else
        grep -v '^\[[0-9]*/[0-9]*\] ' "$LEAT_WORK/$build.log" >"$log" # without the steps that went well
        echo "the build $build failed" >>"$log"
        code=1
    fi
    suite_passed=$(sum passed "$LEAT_TALLY")
    suite_failed=$(sum failed "$LEAT_TALLY")
    # A suite that fails without a failed test, or that ran none, has failed as a whole.
    if [ "$suite_failed" = 0 ] && { [ $code != 0 ] || [ "$suite_passed" = 0 ]; }; then
        [ $code != 0 ] || echo "the suite ran no test" >>"$log"
        suite_failed=1
    fi
    passed=$((passed + suite_passed))
    failed=$((failed + suite_failed))
    seconds=$(($(date +%s) - began))
    result="$suite_passed passed, $suite_failed failed"
    printf '%-26s %4d s of %s\n' "$result" "$seconds" "$budget"
    printf '%-14s%8d s of %6d   %s\n' "$suite" "$seconds" "$budget" "$result" >>"$LEAT_WORK/table"
    if [ "$suite_failed" != 0 ]; then
        tail -n 400 "$log"
    else
        sed -n 's/^note: /   note: /p' "$log"
    fi
done

echo
echo "suite           seconds   budget   result"
cat "$LEAT_WORK/table"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
