#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every libFuzzer program of a build for a while: run.py BUILD_FOLDER SECONDS.

Two at a time. Each starts from tests/fuzz/corpus/NAME (small files worth keeping: what once failed) and from what
earlier runs found, which stays in the cache. A crash prints the report and the input in base64.
"""
import base64
import glob
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "leat", "corpus")


def programs(build):
    found = glob.glob(os.path.join(build, "**", "fuzz_*"), recursive=True)
    return sorted(path for path in found if os.path.isfile(path) and os.access(path, os.X_OK))


def fuzz(program, seconds):
    """(name, whether nothing was found, words)."""
    name = os.path.basename(program)
    corpus = os.path.join(CACHE, name)
    os.makedirs(corpus, exist_ok=True)
    seeds = [path for path in [os.path.join(HERE, "corpus", name)] if os.path.isdir(path)]
    with tempfile.TemporaryDirectory() as artifacts:
        run = subprocess.run(
            [program, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048", "-max_len=65536",
             "-print_final_stats=1", f"-artifact_prefix={artifacts}/", corpus, *seeds],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds * 3 + 60)
        output = run.stdout.decode(errors="replace")
        if run.returncode == 0:
            runs = re.search(r"number_of_executed_units:\s*(\d+)", output)
            return name, True, f"{runs.group(1) if runs else '?'} runs in {seconds} s"
        inputs = [f"{os.path.basename(path)}: {base64.b64encode(open(path, 'rb').read()).decode()}"
                  for path in glob.glob(artifacts + "/*")]
        return name, False, "\n".join([output[-6000:], *inputs])


def main():
    build, seconds = sys.argv[1], int(sys.argv[2])
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda program: fuzz(program, seconds), programs(build)))
    for name, clean, words in results:
        print(f"{name}: {'' if clean else 'FOUND '}{words}")
    failed = sum(not clean for _, clean, _ in results)
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main())
