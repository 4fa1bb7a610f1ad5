"""What must hold in the end: the sender's ledger, the store and the partner's ledger agree."""

import hashlib
import json
from collections import Counter, defaultdict
from pathlib import Path


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def none(self, what, offenders):
        """Passes when nothing offends."""
        offenders = list(offenders)
        self.passed, self.failed = self.passed + (not offenders), self.failed + bool(offenders)
        print(f"{'failed' if offenders else 'passed'}: {what}" + (f": {len(offenders)} do not" if offenders else ""))
        for offender in offenders[:5]:
            print(f"    {offender}")


def check_messages(checks, postgres, run, ledger):
    stored = defaultdict(list)
    for control, digest, kept, state, code in postgres.rows(
        "select control_id, encode(sha256(raw), 'hex'), encode(sha256, 'hex'), state, coalesce(ack_code, '')"
        f" from gateway.hl7_message where control_id like '{run}%'"
    ):
        stored[control].append((digest, kept, state, code))
    recognised = defaultdict(list)
    for control, digest, code in postgres.rows(
        "select control_id, encode(sha256, 'hex'), ack_code from gateway.message_ledger"
        f" where control_id like '{run}%'"
    ):
        recognised[control].append((digest, code))
    entries = ledger.entries
    accepted = [e for e in entries if e.is_accepted]
    checks.none("every message was accepted in the end", (f"{e}" for e in entries if not e.is_accepted))
    checks.none("every answer names the message that it answers", ledger.strays)
    checks.none(
        "every accepted message is stored once, with identical bytes",
        (f"{e} stored as {stored.get(e.control)}" for e in accepted
         if [row[:2] for row in stored.get(e.control, [])] != [(e.sha256, e.sha256)]))
    checks.none(
        "every accepted message is in the gateway's ledger once, with the answer that was seen",
        (f"{e} recorded as {recognised.get(e.control)}" for e in accepted
         if recognised.get(e.control) != [(e.sha256, [c for c in e.codes if c in ("AA", "CA")][0])]))
    checks.none(
        "every repeat was answered like the first time",
        (f"{e}" for e in accepted if len({c for c in e.codes if c in ("AA", "CA")}) > 1))
    checks.none(
        "no accepted message failed or waits",
        (f"{e} {stored[e.control]}" for e in accepted
         if any(row[2] in ("failed", "received") for row in stored.get(e.control, []))))
    checks.none(
        "nothing is stored that was not sent",
        set(stored) - {e.control for e in entries})
    check_effects(checks, postgres, run, accepted)
    return Counter(row[2] for rows in stored.values() for row in rows)


def check_effects(checks, postgres, run, accepted):
    """Applied once: whichever message comes first makes the patient, and each S12 makes its appointment."""
    made = Counter(
        (control, relation.removeprefix("clinic.")) for control, relation in postgres.rows(
            "select m.control_id, e.relation from gateway.hl7_message m join gateway.message_effect e"
            " on e.clinic_id = m.clinic_id and e.message_id = m.id and e.message_received_at = m.received_at"
            f" where m.control_id like '{run}%' and e.operation = 'create'"))
    patients = Counter()
    for entry in accepted:
        patients[entry.patient] += made[entry.control, "patient"]
    checks.none(
        "every patient was made once",
        (f"{patient} was made {count} times" for patient, count in patients.items() if count != 1))
    checks.none(
        "every S12 made one appointment, no other message did",
        (f"{e} made {made[e.control, 'appointment']}" for e in accepted
         if made[e.control, "appointment"] != (e.event == "S12")))


def check_deliveries(checks, postgres, folder, issued):
    rows = postgres.rows(
        "select d.idempotency_key, d.state, coalesce(d.reason, ''), coalesce(encode(sha256(d.body), 'hex'), ''),"
        " coalesce(encode(d.body_sha256, 'hex'), ''), p.slug from gateway.delivery d"
        " join gateway.partner p on p.id = d.partner_id")
    lines, torn = read_ledger(folder / "ledger.jsonl")
    hashes, accepted = defaultdict(set), {}
    for line in lines:
        hashes[line["key"]].add(line["sha256"])
        if line["status"] == 200:
            accepted.setdefault(line["key"], line["sha256"])
    checks.none("deliveries arose", [] if rows else ["gateway.delivery is empty"])
    checks.none(
        "every delivery owed is delivered, or dead with a reason",
        (row for row in rows if row[1] != "delivered" and not (row[1] == "dead" and row[2])))
    delivered = [row for row in rows if row[1] == "delivered"]
    checks.none("every body is kept with its hash", (row for row in delivered if row[3] != row[4] or not row[3]))
    # The EMR follows the clinics by HL7 v2: its messages lie in a folder of their own, each under its MSH-10.
    told = [row for row in delivered if row[5] == "emr"]
    delivered = [row for row in delivered if row[5] != "emr"]
    kept = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (folder / "emr").glob("*.hl7")}
    checks.none("the EMR was told of changes", [] if told else ["no message of a feed was delivered"])
    checks.none("every delivered message lies with the EMR, whole", (row for row in told if row[3] not in kept))
    checks.none("the EMR got nothing that is not owed", kept - {row[3] for row in rows})
    checks.none(
        "every delivered body is in the partner's ledger under its key",
        (row for row in delivered if accepted.get(row[0]) != row[3]))
    checks.none(
        "every delivered body lies with the partner, whole",
        (row for row in delivered if not lies_whole(folder, row[0], row[3])))
    checks.none("every repeat carries the same bytes", (key for key, found in hashes.items() if len(found) > 1))
    checks.none("the partner refused nothing", (line for line in lines if line["status"] != 200))
    checks.none("the partner got nothing that is not owed", set(hashes) - {row[0] for row in rows})
    checks.none("the partner's ledger has whole lines", torn)
    owed = Counter()
    for clinic, number in postgres.rows(
        "select c.slug, i.number from gateway.delivery d join clinic.clinic c using (clinic_id)"
        " join clinic.invoice i on i.clinic_id = d.clinic_id and (d.document_type = 'invoice' and i.id = d.document_id"
        " or d.document_type = 'claim' and i.id = (select l.invoice_id from clinic.claim l"
        " where l.clinic_id = d.clinic_id and l.id = d.document_id))"
    ):
        owed[clinic, number] += 1
    checks.none(
        "every invoice that was issued owes its deliveries",
        (f"{clinic} {number}: {owed[clinic, number]} instead of {count}"
         for clinic, number, count in issued if count == 0 or owed[clinic, number] != count))
    repeats = sum(count - 1 for count in Counter(line["key"] for line in lines).values())
    return Counter(row[1] for row in rows), len(lines), repeats


def read_ledger(path):
    lines, torn = [], []
    for line in path.read_bytes().splitlines() if path.exists() else []:
        try:
            lines.append(json.loads(line))
        except ValueError:
            torn.append(line[:80])
    return lines, torn


def lies_whole(folder: Path, key, digest):
    return any(
        hashlib.sha256(path.read_bytes()).hexdigest() == digest
        for path in folder.glob(f"{key}.*") if path.suffix != ".new")
