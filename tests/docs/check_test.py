#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves that check.py sees what is wrong: dead links and anchors, missing programs, commands that fail."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check  # noqa: E402


class Documents(unittest.TestCase):
    def test_a_link_needs_its_file(self):
        self.assertEqual(list(check.check_links("docs/a.md", "[x](../LICENSE) [y](https://host/z) `[no](link)`")), [])
        self.assertEqual(len(list(check.check_links("docs/a.md", "[x](../NO-LICENSE)"))), 1)

    def test_an_anchor_needs_its_heading(self):
        readme = "pipelines/flights/README.md"
        self.assertEqual(list(check.check_links("a.md", f"[x]({readme}#flights)")), [])
        self.assertEqual(len(list(check.check_links("a.md", f"[x]({readme}#trains)"))), 1)

    def test_headings_make_anchors(self):
        self.assertEqual(check.anchors("# What it is, and `why`\n```sh\n# no heading\n```\n"), {"what-it-is-and-why"})

    def test_a_program_needs_its_file(self):
        self.assertEqual(list(check.check_programs("a.md", "```sh\nsh tests/run.sh unit\n```\n")), [])
        self.assertEqual(len(list(check.check_programs("a.md", "```sh\nsh tests/walk.sh\n```\n"))), 1)

    def run_blocks(self, text):
        """The faults of a document's commands, with a program in the place of leat that prints a file."""
        with tempfile.TemporaryDirectory() as folder:
            check.LEAT = os.path.join(folder, "leat")
            with open(check.LEAT, "w", encoding="utf-8") as out:
                out.write("#!/bin/sh\ncat \"$1\"\n")
            os.chmod(check.LEAT, 0o755)
            return list(check.check_commands("a.md", text))

    def test_blocks_run_in_order_with_their_files(self):
        text = "```sh\nleat in/first.yaml | grep -q one\necho two >second\n```\n" \
               "```yaml\n# in.yaml\na: one\n```\n```sh\nbuild/release/leat in.yaml | grep one\ncat second\n```\n"
        self.assertEqual(len(self.run_blocks(text)), 2)     # in/first.yaml is nowhere, so second was not made
        self.assertEqual(self.run_blocks(text.replace("in/first.yaml", "in.yaml")), [])

    def test_commands_that_take_minutes_are_not_run(self):
        self.assertEqual(self.run_blocks("```sh\nsh deploy/quickstart.sh --no-such-option\ncmake --no\n```\n"), [])


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=1).result
    wrong = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - wrong} passed, {wrong} failed")
    sys.exit(1 if wrong else 0)
