"""Validates claim Bundles: FHIR R4 by fhir.resources 6.2.2, and what a schema cannot say (sums, focal, references).

As with the invoices, broken copies come first and must be refused.
"""
import copy
import json
import pathlib
import sys
from decimal import Decimal

from fhir.resources.bundle import Bundle
from pydantic import ValidationError

from report import Report


def structure_faults(bundle):
    try:
        Bundle.parse_obj(bundle)
        return []
    except ValidationError as error:
        return [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("reference"), str):
            yield node["reference"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def meaning_faults(bundle):
    faults = []
    urls = [entry["fullUrl"] for entry in bundle["entry"]]
    if len(set(urls)) != len(urls):
        faults.append("two entries have one fullUrl")
    claims = [entry for entry in bundle["entry"] if entry["resource"]["resourceType"] == "Claim"]
    if len(claims) != 1:
        return faults + [f"{len(claims)} claims"]
    claim = claims[0]["resource"]
    base = claims[0]["fullUrl"].removesuffix(f"/Claim/{claim['id']}")
    for entry in bundle["entry"]:
        resource = entry["resource"]
        if entry["fullUrl"] != f"{base}/{resource['resourceType']}/{resource['id']}":
            faults.append(f"fullUrl {entry['fullUrl']} does not end in the resource's type and id")
        faults += [f"{entry['fullUrl']} refers to {found}, which is not in the Bundle"
                   for found in references(resource) if f"{base}/{found}" not in urls]
    net = sum((item["net"]["value"] for item in claim["item"]), Decimal(0))
    if net != claim["total"]["value"]:
        faults.append(f"the lines make {net}, the total is {claim['total']['value']}")
    currencies = {item["net"]["currency"] for item in claim["item"]} | {claim["total"]["currency"]}
    if len(currencies) != 1:
        faults.append(f"currencies {sorted(currencies)}")
    if sum(1 for insurance in claim["insurance"] if insurance["focal"]) != 1:
        faults.append("not exactly one focal insurance")
    if [item["sequence"] for item in claim["item"]] != list(range(1, len(claim["item"]) + 1)):
        faults.append("item sequences are not 1, 2, 3 …")
    if claim["use"] != "claim" or not claim.get("provider") or not claim.get("insurer") or not claim.get("priority"):
        faults.append("use, provider, insurer or priority is missing")
    return faults


# Name, what to break, which check must notice it.
BREAKS = [
    ("total", meaning_faults, lambda c, b: c["total"].update(value=c["total"]["value"] + Decimal("0.01"))),
    ("line's net", meaning_faults, lambda c, b: c["item"][0]["net"].update(value=Decimal("0.5"))),
    ("reference", meaning_faults, lambda c, b: c["patient"].update(reference="Patient/nobody")),
    ("second focal insurance", meaning_faults, lambda c, b: c["insurance"].append(dict(c["insurance"][0], sequence=2))),
    ("missing coverage", meaning_faults, lambda c, b: b["entry"].pop(1)),
    ("missing status", structure_faults, lambda c, b: c.pop("status")),
    ("unknown element", structure_faults, lambda c, b: c.update(colour="red")),
    ("missing productOrService", structure_faults, lambda c, b: c["item"][0].pop("productOrService")),
    ("wrong type", structure_faults, lambda c, b: c["item"][0].update(sequence="first")),
]


def main(folder):
    report = Report("Claim")
    files = sorted(pathlib.Path(folder).glob("claim-*.json"))
    good = json.loads((pathlib.Path(folder) / "claim-fr-mixed.json").read_text(), parse_float=Decimal)
    for name, check, change in BREAKS:
        broken = copy.deepcopy(good)
        change(broken["entry"][0]["resource"], broken)
        report.check(f"refuses a broken {name}", [] if check(broken) else ["accepted"])
    for file in files:
        bundle = json.loads(file.read_text(), parse_float=Decimal, parse_int=int)
        report.check(f"{file.name} structure", structure_faults(bundle))
        report.check(f"{file.name} sums and references", meaning_faults(bundle))
    report.finish()


if __name__ == "__main__":
    main(sys.argv[1])
