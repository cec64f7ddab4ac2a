#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Running pipelines as an operator meets them: metrics whose books balance, readiness, reload by SIGHUP, positions
changed by hand, what `explain` promises, and how a process ends.
"""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import LEAT, Case, lines, main, pipeline  # noqa: E402

FOLLOW = 'file: {path: "./in/*.json", follow: true}'


class Served(Case):
    """A process with an admin server on a port of its own."""

    def serve(self, *arguments):
        """Starts `leat run`; its log goes to a file, so that nothing blocks; self.port is what it chose."""
        self.log = self.path(f"log-{len(os.listdir(self.folder))}")
        with open(self.log, "wb") as log:
            process = subprocess.Popen([LEAT, "run", "--http", "0", *arguments], cwd=self.folder,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)
        self.addCleanup(self.end, process)
        self.wait_for(lambda: re.search(r"listen=\S+:\d+", self.logged()) or process.poll() is not None)
        found = re.search(r"listen=\S+:(\d+)", self.logged())
        self.port = int(found[1]) if found else None
        return process

    def logged(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def get(self, path, method="GET", **headers):
        """(status, text)"""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def figure(self, name, text=None, **labels):
        """The sum of the samples of a metric that have these labels."""
        total = 0.0
        for found, of, value in re.findall(r"^(\w+)(?:\{(.*)\})? (\S+)$", text or self.get("/metrics")[1], re.M):
            if found == name and all(f'{key}="{wanted}"' in of for key, wanted in labels.items()):
                total += float(value)
        return total

    def records(self, outcome, text=None):
        return self.figure("leat_records_total", text, outcome=outcome)

    def ended(self, process, code):
        self.wait_for(lambda: process.poll() is not None)
        self.assertEqual(process.returncode, code, self.logged())


class Pages(Served):
    def test_the_pages_of_a_running_pipeline(self):
        self.put("in/1.json", lines(0, 500))
        self.put("p.yaml", pipeline(source=FOLLOW, sql="select id, n from input where n % 5 <> 0",
                                    sink="file: {path: ./out/, format: json, roll: {every: 1s}}"))
        process = self.serve("p.yaml")
        self.wait_for(lambda: self.get("/readyz")[0] == 200)
        self.wait_for(lambda: self.records("delivered") == 400)
        text = self.get("/metrics")[1]
        self.assertEqual(self.records("filtered", text), 100)
        self.assertEqual(self.records("in", text), 500)
        self.assertEqual(self.figure("leat_records_in_flight", text), 0)
        self.assertEqual(self.figure("leat_rows_total", text, component="file"), 400)
        self.assertGreaterEqual(self.figure("leat_commit_seconds_count", text), 1)
        self.assertGreater(self.figure("process_resident_memory_bytes", text), 1e6)
        self.assertEqual(self.figure("leat_build_info", text), 1)
        self.assertEqual(self.get("/healthz"), (200, "ok\n"))
        self.assertIn("version", json.loads(self.get("/version")[1]))
        self.assertEqual(json.loads(self.get("/readyz")[1])["pipelines"][0]["pipeline"], "test")
        process.send_signal(signal.SIGTERM)
        self.ended(process, 0)

    def test_the_text_is_what_prometheus_reads(self):
        self.put("in/1.json", lines(0, 10))
        self.put("p.yaml", pipeline(source=FOLLOW))
        self.serve("p.yaml")
        typed, seen = {}, set()
        for line in self.get("/metrics")[1].splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                self.assertNotIn(name, typed)
                typed[name] = kind
            elif not line.startswith("#"):
                self.assertRegex(line, r'^[a-z_]+(\{([a-z_]+="[^"]*",?)+\})? [0-9.e+-]+$')
                self.assertNotIn(line.rsplit(" ", 1)[0], seen)
                seen.add(line.rsplit(" ", 1)[0])
                name = re.sub(r"_(sum|count)$", "", re.match(r"\w+", line)[0])
                self.assertEqual(name, list(typed)[-1], "samples stand under their type")
                self.assertEqual(name.endswith("_total"), typed[name] == "counter")

    def test_only_get_is_answered_and_nothing_else_exists(self):
        self.put("in/1.json", lines(0, 10))
        self.put("p.yaml", pipeline(source=FOLLOW))
        self.serve("p.yaml")
        for path in ["/", "/metrics/", "/reload", "/debug/config", "/../metrics", "/Metrics"]:
            self.assertEqual(self.get(path)[0], 404, path)
        for method in ["POST", "PUT", "DELETE", "HEAD"]:
            self.assertEqual(self.get("/metrics", method=method)[0], 405, method)
        self.assertEqual(self.get("/metrics", Host="evil.example")[0], 421)
        self.assertEqual(self.get("/metrics?x=1")[0], 200)

    def test_it_listens_on_loopback_alone_when_only_a_port_is_given(self):
        self.put("in/1.json", lines(0, 10))
        self.put("p.yaml", pipeline(source=FOLLOW))
        self.serve("p.yaml")
        self.assertIn("listen=127.0.0.1:", self.logged())

    def test_a_port_that_is_taken_is_an_error(self):
        self.put("in/1.json", lines(0, 10))
        self.put("p.yaml", pipeline())
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.leat("run", "p.yaml", "--http", str(taken.getsockname()[1]), code=1)
        self.assertIn("address already in use", self.errors)

    def test_a_sink_that_does_not_answer_is_told_by_readiness(self):
        self.put("in/1.json", lines(0, 10))
        self.put("p.yaml", pipeline(sink='postgres: {url: "postgres://x@127.0.0.1:1/x", table: t}'))
        process = self.serve("p.yaml")
        status, text = self.get("/readyz")
        self.assertEqual(status, 503)
        self.assertFalse(json.loads(text)["ready"])
        self.assertTrue(json.loads(text)["pipelines"][0]["reasons"][0]["reason"])
        self.assertEqual(self.get("/healthz")[0], 200)
        process.send_signal(signal.SIGTERM)
        self.ended(process, 0)

    def test_a_part_that_is_stopped_by_name_is_told_by_readiness_until_it_is_resumed(self):
        self.put("in/1.json", lines(0, 200) + '{"id": "x", "n": "no"}\n' * 200)
        self.put("p.yaml", pipeline(source=FOLLOW, sink="file: {path: ./out/, format: json, roll: {every: 100ms}}"))
        self.serve("p.yaml")
        self.wait_for(lambda: "dead-letter-limit" in self.get("/readyz")[1])
        status, text = self.get("/readyz")
        self.assertEqual(status, 503)
        reason = json.loads(text)["pipelines"][0]["reasons"][0]
        self.assertEqual(reason["part"].split("@")[0], "in/1.json")
        command = re.search(r"leat ledger resume p\.yaml '([^']+)'", reason["reason"])
        self.wait_for(lambda: '"stopped"' in self.leat("ledger", "show", "p.yaml", command[1], "--json"))
        self.leat("ledger", "skip", "p.yaml", command[1], "--position", self.size_of("in/1.json"), "--yes")
        self.wait_for(lambda: self.get("/readyz")[0] == 200)

    def size_of(self, name):
        return str(os.path.getsize(self.path(name)))

    def test_several_pipelines_share_one_server(self):
        self.put("in/1.json", lines(0, 10))
        for name in ["one", "two"]:
            text = pipeline(source=FOLLOW, sink=f"file: {{path: ./{name}/, format: json, roll: {{every: 100ms}}}}")
            self.put(f"{name}.yaml", text.replace("pipeline: test", f"pipeline: {name}"))
        self.serve("one.yaml", "two.yaml")
        for name in ["one", "two"]:
            self.wait_for(lambda: self.figure("leat_records_total", pipeline=name, outcome="delivered") == 10)

    def test_two_files_may_not_have_one_name(self):
        self.put("a.yaml", pipeline())
        self.put("b.yaml", pipeline(sink="file: {path: ./other/, format: json}"))
        self.leat("run", "a.yaml", "b.yaml", code=2)
        self.assertIn("named test", self.errors)


class Reload(Served):
    def setUp(self):
        super().setUp()
        self.write("n % 2 = 0")
        self.put("in/1.json", lines(0, 100))

    def write(self, where, more="", path="./in/*.json"):
        self.put("p.yaml", pipeline(source=f'file: {{path: "{path}", follow: true}}', more=more,
                                    sink="file: {path: ./out/, format: json, roll: {every: 100ms}}",
                                    sql=f"select id, n from input where {where}"))

    def more(self, first, last):
        with open(self.path("in/1.json"), "a", encoding="utf-8") as out:
            out.write(lines(first, last))

    def reloads(self, result):
        return self.figure("leat_reloads_total", result=result)

    def test_the_pipeline_goes_on_as_the_file_says_now(self):
        process = self.serve("p.yaml")
        self.wait_for(lambda: self.records("in") == 100)
        self.write("n % 2 = 1")
        process.send_signal(signal.SIGHUP)
        self.wait_for(lambda: self.reloads("taken") == 1 and self.get("/readyz")[0] == 200)
        self.more(100, 200)
        self.wait_for(lambda: self.records("in") == 200 and self.records("delivered") == 100)
        process.send_signal(signal.SIGTERM)
        self.ended(process, 0)
        self.assertEqual(self.rows(), [*range(0, 100, 2), *range(101, 200, 2)])

    def rows(self):
        return sorted(record["n"] for record in Case.records(self, "out"))

    def test_a_file_that_is_not_valid_changes_nothing(self):
        process = self.serve("p.yaml")
        self.wait_for(lambda: self.records("in") == 100)
        self.write("nothing = 1")
        process.send_signal(signal.SIGHUP)
        self.wait_for(lambda: self.reloads("refused") == 1)
        self.assertRegex(self.logged(), r"p\.yaml:\d+:\d+: .*nothing")
        self.more(100, 200)
        self.wait_for(lambda: self.records("delivered") == 100)

    def test_another_source_is_refused_with_the_reason(self):
        process = self.serve("p.yaml")
        self.wait_for(lambda: self.records("in") == 100)
        self.write("n % 2 = 0", path="./other/*.json")
        process.send_signal(signal.SIGHUP)
        self.wait_for(lambda: self.reloads("refused") == 1)
        self.assertRegex(self.logged(), r"reload-refused.*other")

    def test_where_nothing_keeps_the_position_a_reload_is_refused(self):
        self.put("p.yaml", pipeline(source=FOLLOW, sink="drop: {}"))
        process = self.serve("p.yaml")
        process.send_signal(signal.SIGHUP)
        self.wait_for(lambda: self.reloads("refused") == 1)
        self.assertIn("reload-not-replayable", self.logged())

    def test_reloads_under_load_lose_and_double_nothing_and_no_counter_goes_back(self):
        for part in range(4):
            self.put(f"in/{part}.json", lines(0, 60000, part=f"p{part}-"))
        self.put("p.yaml", pipeline(more="limits: {workers: 1}\n"))
        process = self.serve("p.yaml")
        before, sent = 0.0, 0
        while process.poll() is None:
            try:
                text = self.get("/metrics")[1]
            except OSError:
                break  # it is ending
            settled = sum(self.records(outcome, text) for outcome in ["delivered", "filtered", "dead_letter"])
            self.assertEqual(self.records("in", text), settled + self.figure("leat_records_in_flight", text))
            self.assertGreaterEqual(self.records("in", text), before)
            before = self.records("in", text)
            if sent < 10:
                process.send_signal(signal.SIGHUP)
                sent += 1
        self.ended(process, 0)
        ids = [record["id"] for record in Case.records(self, "out")]
        self.assertEqual(len(ids), 240000)
        self.assertEqual(len(set(ids)), 240000)
        self.assertGreater(sent, 1)


class Ledger(Case):
    def setUp(self):
        super().setUp()
        self.put("in/a.json", lines(0, 100, "a"))
        self.put("in/b.json", lines(0, 50, "b"))
        self.put("p.yaml", pipeline())

    def rows(self, *arguments):
        return {row["part"]: row for row in json.loads(self.leat("ledger", "show", "p.yaml", "--json", *arguments))}

    def test_show_tells_how_far_each_part_is(self):
        self.leat("run", "p.yaml")
        rows = self.rows()
        self.assertEqual({row["state"] for row in rows.values()}, {"ended"})
        self.assertEqual(sorted(row["in"] for row in rows.values()), [50, 100])
        text = self.leat("ledger", "show", "p.yaml")
        self.assertRegex(text.splitlines()[0], r"^sink +part +state +next")
        self.assertEqual(len(text.splitlines()), 1 + len(rows))

    def test_what_is_set_back_is_delivered_again_and_what_is_skipped_is_not(self):
        self.leat("run", "p.yaml")
        part = next(name for name in self.rows() if name.startswith("in/b.json"))
        self.leat("ledger", "reset", "p.yaml", part, "--yes")
        self.assertEqual(self.rows()[part]["state"], "open")
        self.leat("run", "p.yaml")
        self.assertEqual(len(self.records()), 200)
        self.leat("ledger", "set", "p.yaml", part, "--position", "start", "--yes")
        self.leat("ledger", "skip", "p.yaml", part, "--yes")
        self.assertEqual(self.rows()[part]["next"], "end")
        self.leat("run", "p.yaml")
        self.assertEqual(len(self.records()), 200)

    def test_nothing_is_changed_without_consent(self):
        self.leat("run", "p.yaml")
        before = self.rows()
        self.leat("ledger", "reset", "p.yaml", code=2)
        self.assertIn("--yes", self.errors)
        self.assertEqual(self.rows(), before)

    def test_what_is_wrong_is_usage(self):
        self.leat("run", "p.yaml")
        part = next(iter(self.rows()))
        for wrong in [["ledger"], ["ledger", "shwo", "p.yaml"], ["ledger", "show"],
                      ["ledger", "set", "p.yaml", part, "--yes"],
                      ["ledger", "set", "p.yaml", "--position", "1", "--yes"],
                      ["ledger", "set", "p.yaml", part, "--position", "nowhere", "--yes"],
                      ["ledger", "resume", "p.yaml", "--position", "1", "--yes"],
                      ["ledger", "show", "p.yaml", "--sink", "nobody"]]:
            self.leat(*wrong, code=2)
        self.leat("ledger", "skip", "p.yaml", "in/nowhere.json", "--yes", code=1)
        self.assertIn("in/nowhere.json", self.errors)

    def test_a_pipeline_that_keeps_nothing_has_nothing_to_show(self):
        self.put("p.yaml", pipeline(sink="drop: {}"))
        self.leat("ledger", "show", "p.yaml", code=2)
        self.assertIn("ledger:", self.errors)

    def test_a_part_that_was_stopped_goes_on_by_the_command_that_its_message_names(self):
        self.put("in/a.json", lines(0, 200, "a") + '{"id": "x", "n": "no"}\n' * 30 + lines(200, 5000, "a"))
        self.leat("run", "p.yaml", code=1)
        named = re.search(r"leat (ledger resume p\.yaml) '([^']+)'", self.errors)
        stopped = [row for row in self.rows().values() if row["state"] == "stopped"]
        self.assertEqual([row["part"] for row in stopped], [named[2]])
        self.assertIn("leat ledger resume", stopped[0]["reason"])
        self.leat("run", "p.yaml", code=1)  # still
        self.leat(*named[1].split(), named[2], "--yes")
        self.leat("run", "p.yaml", code=4)
        self.assertEqual(len([record for record in self.records() if record["id"].startswith("a")]), 5000)
        self.assertEqual(len(self.dead_letters()), 30)


class Owned(Served):
    def test_a_part_of_a_living_process_is_left_alone_unless_forced(self):
        self.put("in/a.json", lines(0, 100))
        self.put("p.yaml", pipeline(source=FOLLOW, sink="file: {path: ./out/, format: json, roll: {every: 100ms}}",
                                    more="lease: 1s\n"))
        process = self.serve("p.yaml")
        self.wait_for(lambda: self.figure("leat_records_total", outcome="delivered") == 100)
        row = json.loads(self.leat("ledger", "show", "p.yaml", "--json"))[0]
        self.assertEqual(row["owner_state"], "alive")
        self.leat("ledger", "set", "p.yaml", row["part"], "--position", "start", "--yes", code=1)
        self.assertIn("--force", self.errors)
        self.leat("ledger", "set", "p.yaml", row["part"], "--position", "start", "--yes", "--force")
        with open(self.path("in/a.json"), "a", encoding="utf-8") as out:
            out.write(lines(100, 101))
        self.wait_for(lambda: len(Case.records(self)) == 201)
        process.send_signal(signal.SIGTERM)
        self.ended(process, 0)


class Ends(Served):
    def test_a_signal_commits_what_was_read_and_ends_with_0(self):
        for number in [signal.SIGTERM, signal.SIGINT]:
            with self.subTest(number):
                self.put("in/1.json", lines(0, 100))
                self.put("p.yaml", pipeline(source=FOLLOW, sink=f"file: {{path: ./out-{number}/, format: json}}"))
                process = self.serve("p.yaml")
                self.wait_for(lambda: self.figure("leat_records_in_flight") == 100)
                process.send_signal(number)
                self.ended(process, 0)
                self.assertEqual(len(Case.records(self, f"out-{number}")), 100)

    def hung(self, more=""):
        """A process whose sink does not answer: it holds what it has read and cannot commit."""
        listener = socket.create_server(("127.0.0.1", 0))  # takes connections, never says a word
        self.addCleanup(listener.close)
        self.put("in/1.json", lines(0, 100))
        url = f"postgres://x@127.0.0.1:{listener.getsockname()[1]}/x"
        self.put("p.yaml", pipeline(sink=f'postgres: {{url: "{url}", table: t}}', more=more))
        return self.serve("p.yaml")

    def test_a_second_signal_leaves_at_once(self):
        for number in [signal.SIGTERM, signal.SIGINT]:
            with self.subTest(number):
                process = self.hung()
                process.send_signal(number)
                self.wait_for(lambda: "asked to stop" in self.logged())
                process.send_signal(number)
                self.wait_for(lambda: process.poll() is not None, seconds=3)
                self.assertEqual(process.returncode, 128 + number)

    def test_a_drain_that_takes_too_long_ends_with_1(self):
        process = self.hung(more="shutdown_timeout: 1s\n")
        process.send_signal(signal.SIGTERM)
        self.wait_for(lambda: process.poll() is not None, seconds=15)
        self.assertEqual(process.returncode, 1, self.logged())

    def test_what_cannot_be_reached_is_3_and_dead_letters_are_4(self):
        self.put("in/1.json", lines(0, 200) + '{"id": "x", "n": "no"}\n')
        self.put("p.yaml", pipeline())
        self.leat("run", "p.yaml", code=4)
        self.assertRegex(self.errors, r"test -> file: 201 records in, 200 delivered, 0 filtered, 1 dead letter, ")
        self.put("p.yaml", pipeline(sink='postgres: {url: "postgres://x@127.0.0.1:1/x", table: t}'))
        self.leat("run", "p.yaml", code=3)

    def test_the_summary_is_json_when_the_log_is(self):
        self.put("in/1.json", lines(0, 10))
        self.put("p.yaml", pipeline())
        self.leat("run", "p.yaml", "--log-format", "json")
        last = [json.loads(line) for line in self.errors.splitlines()][-1]
        self.assertEqual((last["id"], last["sink"], last["delivered"]), ("summary", "file", "10"))
        self.leat("run", "p.yaml", "--log-level", "error")
        self.assertEqual(self.errors, "")


class Explain(Case):
    def explained(self, text):
        self.put("p.yaml", text)
        return json.loads(self.leat("explain", "p.yaml", "--json"))

    def test_the_guarantee_of_each_pair_and_why(self):
        self.assertEqual(self.explained(pipeline())["sinks"][0]["guarantee"], "exactly-once")
        self.assertEqual(self.explained(pipeline(sink="drop: {}"))["sinks"][0]["guarantee"], "none")
        named = pipeline(sink="stdout: {}", more="ledger: {file: {path: ./ledger/}}\n")
        self.assertEqual(self.explained(named)["sinks"][0]["guarantee"], "at-least-once")
        self.assertEqual(self.explained(pipeline(source="stdin: {}"))["sinks"][0]["guarantee"], "at-most-once")

    def test_what_depends_on_the_batch_or_on_chance_is_marked(self):
        self.assertNotIn("volatile", self.explained(pipeline())["sinks"][0])
        text = pipeline(sql="select id, n, random() as r from input")
        self.assertIn("random()", self.explained(text)["sinks"][0]["volatile"])

    def test_limits_commit_and_restart_are_told_in_words(self):
        self.put("p.yaml", pipeline(more="limits: {memory: 64MiB}\n"))
        text = self.leat("explain", "p.yaml")
        for words in ["64 MiB", "96 MiB resident", "commit", "restart", "select id, n from input", "test: file -> "]:
            self.assertIn(words, text)
        self.leat("explain", "nowhere.yaml", code=2)


if __name__ == "__main__":
    main()
