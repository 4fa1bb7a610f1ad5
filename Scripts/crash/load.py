"""The load: senders of HL7 over MLLP that keep a ledger, and a clinic that issues invoices."""

import hashlib
import json
import random
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

POSITIVE = ("AA", "CA")
FAMILIES = ["Berrada", "Alaoui", "Tazi", "Idrissi", "Chraïbi", "Bennani", "Fassi-Fihri", "Ouazzani"]


@dataclass
class Entry:
    """A message in the sender's ledger."""

    control: str
    sha256: str
    event: str
    patient: str
    # MSA-1 of each answer, in order.
    codes: list = field(default_factory=list)
    unanswered: int = 0
    refusal: str = ""
    # The slowest answer.
    seconds: float = 0.0

    @property
    def is_accepted(self):
        return any(code in POSITIVE for code in self.codes)


class Ledger:
    def __init__(self):
        self._lock = threading.Lock()
        self.entries = []
        self.strays = []
        self.accepted_at = 0.0
        self.patients = []

    def add(self, entry):
        with self._lock:
            self.entries.append(entry)

    def note(self, entry, code):
        with self._lock:
            entry.codes.append(code)
            if code in POSITIVE:
                self.accepted_at = time.monotonic()

    def stray(self, text):
        with self._lock:
            self.strays.append(text)

    def add_patient(self, patient):
        with self._lock:
            self.patients.append(patient)

    def patient(self, choices):
        with self._lock:
            return choices.choice(self.patients) if self.patients else None


class Sender(threading.Thread):
    """Sends one message after the other; without an answer the same bytes again, as a hospital's engine does."""

    ANSWER_SECONDS = 15
    MESSAGE_SECONDS = 90
    REPEATS = 0.05

    def __init__(self, number, seed, run, demo, ledger, samples):
        super().__init__(name=f"sender {number}", daemon=True)
        self.number, self.run_id, self.demo, self.ledger = number, run, demo, ledger
        self.choices = random.Random(f"{seed}/sender/{number}")
        self.templates = {
            event: Path(samples, name).read_text(encoding="utf-8")
            for event, name in [
                ("A28", "adt_a28_new_person.hl7"), ("A08", "adt_a08_update.hl7"), ("S12", "siu_s12_book.hl7")]
        }
        self.stopping = threading.Event()
        self.connection = None
        self.address = None
        self.received = b""
        self.count = 0

    def run(self):
        while not self.stopping.is_set():
            event, patient, control, message = self.make()
            entry = Entry(control, hashlib.sha256(message).hexdigest(), event, patient)
            self.ledger.add(entry)
            self.exchange(entry, message)
            if entry.is_accepted and self.choices.random() < self.REPEATS:
                # A repeat after the answer: must be recognised, and answered alike.
                self.exchange(entry, message)
        self.hang_up()

    def make(self):
        self.count += 1
        control = f"{self.run_id}{self.number}X{self.count}"
        chance = self.choices.random()
        patient = self.ledger.patient(self.choices)
        if patient is None or chance < 0.25:
            event = "A28"
            patient = f"{self.run_id}P{self.number}N{self.count}"
        else:
            event = "A08" if chance < 0.7 else "S12"
        text = self.templates[event]
        own_control = text.split("\r")[0].split("|")[9]
        day = 1 + self.count % 28
        for old, new in [
            (own_control, control), ("IR-204417", patient), ("BE741852", "BE" + patient), ("V-88121", "V" + patient),
            ("Berrada", FAMILIES[hash_of(patient) % len(FAMILIES)]), ("PL-5521", "PL" + control),
            ("FL-5521", "FL" + control), ("20261109", f"202611{day:02}"),
            ("7 boulevard", f"{self.choices.randint(1, 200)} boulevard"),
        ]:
            text = text.replace(old, new)
        if event == "A28":
            self.ledger.add_patient(patient)
        return event, patient, control, text.encode("utf-8")

    def exchange(self, entry, message):
        end = time.monotonic() + self.MESSAGE_SECONDS
        while time.monotonic() < end:
            begin = time.monotonic()
            try:
                answer = self.send(message)
            except (OSError, EOFError):
                entry.unanswered += 1
                self.hang_up()
                time.sleep(self.choices.uniform(0.02, 0.2))
                continue
            fields = {line[:3]: line.split("|") for line in answer.split("\r") if line}.get("MSA", [])
            if len(fields) < 3 or fields[2] != entry.control:
                self.ledger.stray(f"{entry.control} was answered by {answer!r}")
                self.hang_up()
                continue
            entry.seconds = max(entry.seconds, time.monotonic() - begin)
            self.ledger.note(entry, fields[1])
            if fields[1] in POSITIVE:
                return
            entry.refusal = answer.replace("\r", " / ")
            if "send it again later" not in answer:
                return
            time.sleep(self.choices.uniform(0.05, 0.3))

    def send(self, message):
        if self.connection is None or self.address != self.demo.address:
            self.hang_up()
            self.address = self.demo.address
            if self.address is None:
                raise EOFError
            self.connection = socket.create_connection(self.address, 5)
            self.connection.settimeout(self.ANSWER_SECONDS)
        self.connection.sendall(b"\x0b" + message + b"\x1c\r")
        while b"\x1c\r" not in self.received:
            more = self.connection.recv(65_536)
            if not more:
                raise EOFError
            self.received += more
        frame, self.received = self.received.split(b"\x1c\r", 1)
        return frame.lstrip(b"\x0b").decode("utf-8", "replace")

    def hang_up(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None
        self.received = b""


class Issuer(threading.Thread):
    """The clinics' own software: issues invoices, so that deliveries are owed."""

    def __init__(self, seed, demo):
        super().__init__(name="issuer", daemon=True)
        self.demo = demo
        self.choices = random.Random(f"{seed}/issuer")
        self.stopping = threading.Event()
        # (clinic, number, deliveries owed) of what was reported as issued.
        self.issued = []
        self.failed = 0
        self.failure = ""

    def run(self):
        while not self.stopping.is_set():
            if self.demo.address is None:
                time.sleep(0.05)
                continue
            clinic = self.choices.choice(["casablanca", "paris"])
            try:
                done = self.demo.run("demo", "invoice", "--clinic", clinic, "--json")
                fact = json.loads(done.stdout) if done.returncode == 0 else None
                self.failure = done.stderr.strip() if fact is None else self.failure
            except (subprocess.TimeoutExpired, ValueError, OSError) as error:
                fact, self.failure = None, str(error)
            if fact is None:
                # Postgres was away: it may be issued or not. What is in the database is checked all the same.
                self.failed += 1
            else:
                self.issued.append((fact["clinic"], fact["number"], len(fact["owed"])))
            time.sleep(self.choices.uniform(0.02, 0.2))


def hash_of(text):
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
