#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves that each rule of tidy.py can fail: samples.txt holds bad and good files with the rules that must fire."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tidy  # noqa: E402

HEADS = {
    "c": ["/* SPDX-License-Identifier: Apache-2.0 */", "/* What this is,", " * and why. */"],
    "text": [],
    "data": [],
}
OTHER_HEAD = ["# SPDX-License-Identifier: Apache-2.0", "# What this is."]


def samples():
    with open(os.path.join(tidy.ROOT, tidy.SAMPLES), encoding="utf-8") as source:
        blocks = re.split(r"^=== ", source.read(), flags=re.M)[1:]
    for block in blocks:
        title, _, body = block.partition("\n")
        path, _, rules = title.partition(":")
        yield path, sorted(rules.split()), body


def long_samples():
    """Too long to be written down."""
    head = "/* SPDX-License-Identifier: Apache-2.0 */\n/* What this is,\n * and why. */\n"
    yield "engine/base/a.c", ["file"], head + "int a;\n" * tidy.FILE_HARD
    yield "engine/base/a.c", [], head + "int a;\n" * (tidy.FILE_HARD - 3)
    yield "engine/base/CMakeLists.txt", ["cmake"], "\n".join(OTHER_HEAD + ["set(a b)"] * tidy.CMAKE_HARD)


def with_head(path, rules, body):
    if "spdx" in rules or "head" in rules:
        return body
    return "\n".join(HEADS.get(tidy.kind_of(path, ""), OTHER_HEAD) + [body])


def rules_fired(path, text):
    return sorted({rule for rule, _, _ in tidy.check(tidy.File(path, text))})


def function_lengths():
    """The measure of functions: a signature over two lines, an initialiser and a nested block in between."""
    text = ("static const int a[] = {\n    1,\n};\n\n"
            "static int f(int a,\n             int b) {\n    if (a) {\n    }\n    return b;\n}\n")
    return tidy.functions(tidy.File("engine/base/a.c", text))


def main():
    failed = passed = 0
    for path, rules, text in [(p, r, with_head(p, r, b)) for p, r, b in samples()] + list(long_samples()):
        fired = rules_fired(path, text)
        if fired == rules:
            passed += 1
        else:
            failed += 1
            print(f"{path}: expected {rules}, got {fired}:\n{text[:400]}")
    proven = {rule for _, rules, _ in list(samples()) + list(long_samples()) for rule in rules}
    for holds, words in [(proven == tidy.RULES, f"rules without a sample: {tidy.RULES - proven}"),
                         (function_lengths() == [("f", 6)], f"function lengths: {function_lengths()}")]:
        passed, failed = passed + holds, failed + (not holds)
        if not holds:
            print(words)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
