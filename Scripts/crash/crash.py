"""Crashes Passerelle and Postgres at random moments under load, then compares the ledgers.

Run by Scripts/test-crash.sh.
"""

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from checks import Checks, check_deliveries, check_messages
from load import Issuer, Ledger, Sender
from machines import Demo, Postgres, Trouble

SENDERS = 6
# From a crash until a message is accepted again.
RECOVERY_SECONDS = 60
# From the end of the load until nothing is owed.
QUIET_SECONDS = 240
# Part of the kills that come while it starts.
EARLY_KILLS = 0.15
# Part of the kills that come when the partner has just taken a delivery, before that may be marked.
DELIVERY_KILLS = 0.3


class Run:
    def __init__(self, options, folder):
        self.choices = random.Random(f"{options.seed}/events")
        self.options = options
        self.run_id = f"K{random.SystemRandom().randrange(36**4):06X}"
        self.postgres = Postgres(options.cluster)
        self.demo = Demo(options.program, folder / "demo", self.postgres.dsn)
        self.ledger = Ledger()
        self.issuer = Issuer(options.seed, self.demo)
        self.senders = [
            Sender(n, options.seed, self.run_id, self.demo, self.ledger, "Samples/hl7") for n in range(SENDERS)]
        self.done = Counter()
        self.slowest = 0.0

    def crash(self):
        self.demo.start()
        self.demo.wait_ready()
        for thread in [self.issuer, *self.senders]:
            thread.start()
        self.wait_for_progress("the first start")
        events = ["kill"] * self.options.kills + ["stop"] * self.options.stops
        self.choices.shuffle(events)
        for number, event in enumerate(events, 1):
            time.sleep(self.choices.uniform(0.02, 1.5))
            if event == "kill" and self.choices.random() < DELIVERY_KILLS:
                self.wait_for_delivery()
            before = len(self.ledger.entries)
            if event == "kill":
                self.kill()
            else:
                self.stop_postgres()
            self.wait_for_progress(f"{event} {number}")
            if number % 5 == 0:
                print(f"{number} of {len(events)}: {before} messages, {len(self.issuer.issued)} invoices", flush=True)

    def wait_for_delivery(self):
        """Waits a little for the partner's ledger to grow."""
        ledger = self.demo.folder / "received" / "ledger.jsonl"
        before = ledger.stat().st_size if ledger.exists() else 0
        end = time.monotonic() + 3
        while time.monotonic() < end:
            if ledger.exists() and ledger.stat().st_size > before:
                self.done["kills upon a delivery"] += 1
                return
            time.sleep(0.0002)

    def kill(self):
        self.demo.end()
        self.done["kills"] += 1
        self.demo.start()
        if self.choices.random() < EARLY_KILLS:
            # Once more while it starts; not counted.
            time.sleep(self.choices.uniform(0, 1))
            self.demo.end()
            self.done["kills while starting"] += 1
            self.demo.start()
        self.demo.wait_ready()

    def stop_postgres(self):
        self.postgres.stop_at_once()
        self.done["stops"] += 1
        time.sleep(self.choices.uniform(0, 1))
        self.postgres.start()

    def wait_for_progress(self, after):
        """Waits until a message is accepted: the gateway has recovered without help."""
        since = time.monotonic()
        while self.ledger.accepted_at < since:
            if not self.demo.is_alive():
                raise Trouble(f"after {after} the demo ended by itself:\n{self.demo.tail()}")
            if time.monotonic() - since > RECOVERY_SECONDS:
                raise Trouble(f"after {after} nothing was accepted within {RECOVERY_SECONDS} s:\n{self.demo.tail()}")
            time.sleep(0.01)
        self.slowest = max(self.slowest, time.monotonic() - since)

    def end_load(self):
        threads = [self.issuer, *self.senders]
        for thread in threads:
            thread.stopping.set()
        end = time.monotonic() + 2 * Sender.MESSAGE_SECONDS
        for thread in threads:
            if thread.ident is not None:
                thread.join(max(0, end - time.monotonic()))
        late = [thread.name for thread in threads if thread.is_alive()]
        if late:
            raise Trouble(f"the load did not end: {', '.join(late)}")

    def wait_for_quiet(self):
        """Waits until every delivery is settled; those that wait for their next try are sent for at once."""
        end = time.monotonic() + QUIET_SECONDS
        retried = 0.0
        while time.monotonic() < end:
            open_ones = self.postgres.rows(
                "select id, state from gateway.delivery where state not in ('delivered', 'dead') limit 500")
            if not open_ones:
                return
            failed = [row[0] for row in open_ones if row[1] == "failed"]
            if failed and time.monotonic() - retried > 5:
                retried = time.monotonic()
                self.demo.run("deliveries", "retry", *failed[:100])
            time.sleep(0.25)
        print(f"after {QUIET_SECONDS} s deliveries are still open; they fail below")

    def check(self):
        checks = Checks()
        states = check_messages(checks, self.postgres, self.run_id, self.ledger)
        deliveries, received, repeats = check_deliveries(
            checks, self.postgres, self.demo.folder / "received", self.issuer.issued)
        wanted = (self.options.kills, self.options.stops)
        checks.none(
            "every crash happened", [] if (self.done["kills"], self.done["stops"]) == wanted else [str(self.done)])
        if self.issuer.failed:
            print(f"the last invoice that failed: {self.issuer.failure}")
        entries = self.ledger.entries
        codes = Counter(code for entry in entries for code in entry.codes)
        print(
            f"crashes: {text(self.done)}; slowest recovery {self.slowest:.1f} s after the restart\n"
            f"messages: {len(entries)} sent, answers {text(codes)}, {sum(e.unanswered for e in entries)} tries without "
            f"an answer; stored: {text(states)}; slowest answer {max(e.seconds for e in entries):.1f} s\n"
            f"invoices: {len(self.issuer.issued)} issued, {self.issuer.failed} commands failed; "
            f"deliveries: {text(deliveries)}; the partner got {received} requests, {repeats} of them repeats")
        return checks

    def keep(self, folder):
        """Leaves the evidence."""
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        for path in [self.demo.log, self.demo.folder / "received" / "ledger.jsonl"]:
            if path.exists():
                shutil.copy(path, target)
        with (target / "sender.jsonl").open("w", encoding="utf-8") as file:
            for entry in self.ledger.entries:
                file.write(json.dumps(asdict(entry)) + "\n")


def text(counter):
    return ", ".join(f"{counter[key]} {key}" for key in sorted(counter)) or "none"


def main():
    parser = argparse.ArgumentParser()
    for name in ["program", "cluster", "keep", "seed"]:
        parser.add_argument(f"--{name}", required=True)
    for name in ["kills", "stops"]:
        parser.add_argument(f"--{name}", type=int, required=True)
    options = parser.parse_args()
    options.seed = options.seed or str(random.SystemRandom().randrange(10**9))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(f"test-crash: seed {options.seed}, {options.kills} kills, {options.stops} stops of Postgres", flush=True)
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="passerelle-crash-") as folder:
        run = Run(options, Path(folder))
        try:
            run.crash()
            run.end_load()
            run.wait_for_quiet()
            checks = run.check()
            passed, failed = checks.passed, checks.failed
        except Trouble as trouble:
            print(f"failed: {trouble}")
            failed = 1
        finally:
            for thread in [run.issuer, *run.senders]:
                thread.stopping.set()
            run.demo.end(signal.SIGTERM)
            if failed and options.keep:
                run.keep(options.keep)
    print(f"test-crash: seed {options.seed}: {passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
