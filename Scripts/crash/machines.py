"""What is crashed: the demo with its receiving partner, and the Postgres beneath it."""

import glob
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path


class Trouble(Exception):
    """The run cannot go on."""


class Postgres:
    """A throw-away cluster that `postgres.sh fresh` made."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.dsn = self._script("dsn").strip()
        installed = sorted(glob.glob("/usr/lib/postgresql/*/bin/psql"), reverse=True)
        found = shutil.which("psql") or next(iter(installed), None)
        if not found:
            raise Trouble("psql is not installed; install postgresql-client")
        self.psql = found

    def _script(self, command, *more):
        done = subprocess.run(
            ["Scripts/postgres.sh", command, self.cluster, *more], capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise Trouble(f"postgres.sh {command}: {done.stderr.strip()}")
        return done.stdout

    def stop_at_once(self):
        self._script("stop", "immediate")

    def start(self):
        self._script("start")

    def rows(self, query):
        """The rows of a query as lists of texts, read as the superuser."""
        done = subprocess.run(
            [self.psql, "-X", "-At", "-F", "\t", "-v", "ON_ERROR_STOP=1", self.dsn, "-c", query],
            capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise Trouble(f"psql: {done.stderr.strip()}")
        return [line.split("\t") for line in done.stdout.split("\n") if line]


# Every PASSERELLE_ variable would be a key of the configuration; those here are the script's own.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PASSERELLE_")}


class Demo:
    """`passerelle demo` in a folder: started, killed, started again. Its ports change with every start."""

    START_SECONDS = 90

    def __init__(self, program, folder, dsn):
        self.program = program
        self.folder = Path(folder)
        self.dsn = dsn
        self.log = self.folder.parent / "demo.log"
        self.process = None
        self._lock = threading.Lock()
        self._address = None

    @property
    def configuration(self):
        return str(self.folder / "passerelle.conf")

    @property
    def address(self):
        """Where plain MLLP is served now; None while it is not."""
        with self._lock:
            return self._address

    def start(self):
        (self.folder / "demo.json").unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.program, "demo", "--data", str(self.folder), "--database", self.dsn, "--ephemeral-ports"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=ENVIRONMENT)

    def wait_ready(self):
        end = time.monotonic() + self.START_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise Trouble(f"the demo ended by itself with {self.process.returncode}:\n{self.tail()}")
            try:
                facts = json.loads((self.folder / "demo.json").read_text(encoding="utf-8"))
            except (OSError, ValueError):
                time.sleep(0.02)
                continue
            host, port = facts["mllp_plain"].rsplit(":", 1)
            with self._lock:
                self._address = (host, int(port))
            return
        raise Trouble(f"the demo was not ready within {self.START_SECONDS} s:\n{self.tail()}")

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def end(self, how=signal.SIGKILL):
        """Ends it and waits for its end."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(30)
        with self._lock:
            self._address = None

    def run(self, *arguments):
        """Runs another command of the program upon the demo's configuration."""
        return subprocess.run(
            [self.program, *arguments, "--config", self.configuration], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=60, env=ENVIRONMENT)

    def tail(self):
        try:
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
        except OSError:
            return "(no log)"
