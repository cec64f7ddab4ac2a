#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts tests for tests/run.sh: appends `N passed` and `N failed` to the file LEAT_TALLY.

    tally.py junit FILE        a JUnit file of ctest; a cmocka program counts as its tests, any other as one
    tally.py line FILE CODE    output whose last `N passed, N failed` counts; CODE is the program's exit code
"""
import os
import re
import sys
import xml.etree.ElementTree as tree

CMOCKA = {word: re.compile(rf"^\[ +{word.upper()} +\] (\d+) test\(s\)[.,]", re.M) for word in ("passed", "failed")}


def count_junit(path):
    passed = failed = 0
    for case in tree.parse(path).getroot().iter("testcase"):
        output = case.findtext("system-out") or ""
        good = sum(map(int, CMOCKA["passed"].findall(output)))
        bad = sum(map(int, CMOCKA["failed"].findall(output)))
        if case.get("status") == "run":
            passed += max(good, 1 if bad == 0 else 0)
            failed += bad
        else:
            # Failed, timed out or not run: at least one, whatever the program said before.
            passed, failed = passed + good, failed + max(bad, 1)
            print(f"failed: {case.get('name')}")
    return passed, failed


def count_line(path, code):
    with open(path, encoding="utf-8", errors="replace") as source:
        found = re.findall(r"^(?:\w+: )?(\d+) passed, (\d+) failed", source.read(), re.M)
    passed, failed = map(int, found[-1]) if found else (0, 0)
    if code != 0 and failed == 0 or not found:
        failed += 1
    return passed, failed


def main():
    how, path = sys.argv[1:3]
    passed, failed = count_junit(path) if how == "junit" else count_line(path, int(sys.argv[3]))
    with open(os.environ["LEAT_TALLY"], "a", encoding="utf-8") as tally:
        tally.write(f"{passed} passed\n{failed} failed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
