"""fhirclient and fhirpy read and page through both clinics over TLS with key and certificate.

Usage: fhir_clients.py DEMO_JSON    (the file that `passerelle demo` writes into its data folder)
"""

import json
import sys

import requests
from fhirclient import server as fhirclient_server
from fhirclient.models import appointment, coverage, encounter, invoice, location, organization, patient, practitioner
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import AuthorizationError, ResourceNotFound

TYPES = {
    "Patient": patient.Patient,
    "Appointment": appointment.Appointment,
    "Encounter": encounter.Encounter,
    "Invoice": invoice.Invoice,
    "Practitioner": practitioner.Practitioner,
    "Organization": organization.Organization,
    "Location": location.Location,
    "Coverage": coverage.Coverage,
}

passed, failed = 0, 0


def check(name, condition, detail=""):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print(f"FAILED {name} {detail}")


def with_fhirclient(base, facts, emr, clinic):
    client = fhirclient_server.FHIRServer(None, base_uri=base)
    client.session.trust_env = False  # else REQUESTS_CA_BUNDLE wins over what is set here
    client.session.verify = facts["ca"]
    client.session.cert = (emr["certificate"], emr["private_key"])
    client.session.headers["Authorization"] = "Bearer " + emr["key"]
    client.prepare()
    check(f"{clinic} metadata", client.capabilityStatement.fhirVersion == "4.0.1")
    for name, model in TYPES.items():
        total = client.request_json(f"{name}?_summary=count")["total"]
        seen = [resource.id for resource in model.where({"_count": "7"}).perform_resources_iter(client)]
        check(f"{clinic} {name} pages through all with fhirclient", len(seen) == total, f"{len(seen)} of {total}")
        check(f"{clinic} {name} no doubles", len(set(seen)) == len(seen))
        check(f"{clinic} {name} is not empty", total > 0)
        if seen:
            check(f"{clinic} {name} reads", model.read(seen[0], client).id == seen[0])
    one = next(patient.Patient.where({"_count": "1"}).perform_resources_iter(client))
    family = one.name[0].family
    found = list(patient.Patient.where({"family:exact": family}).perform_resources_iter(client))
    check(f"{clinic} family:exact finds {one.id}", one.id in [each.id for each in found])
    check(f"{clinic} family:exact finds nothing else", all(any(n.family == family for n in each.name) for each in found))
    for each in invoice.Invoice.where({"_count": "50"}).perform_resources_iter(client):
        net = sum(round(c.amount.value * 100) for l in each.lineItem for c in l.priceComponent if c.type in ("base", "discount"))
        tax = sum(round(c.amount.value * 100) for l in each.lineItem for c in l.priceComponent if c.type == "tax")
        check(f"{clinic} Invoice/{each.id} net adds up", net == round(each.totalNet.value * 100), f"{net} {each.totalNet.value}")
        check(f"{clinic} Invoice/{each.id} gross adds up", net + tax == round(each.totalGross.value * 100))


def with_fhirpy(base, facts, emr, clinic):
    config = {"verify": facts["ca"], "cert": (emr["certificate"], emr["private_key"])}
    client = SyncFHIRClient(base, authorization="Bearer " + emr["key"], requests_config=config)
    everyone = client.resources("Patient").search(_summary="count").fetch_raw().total
    people = client.resources("Patient").sort("family").limit(11).fetch_all()
    check(f"{clinic} fhirpy pages through Patient", len({p.id for p in people}) == everyone, f"{len(people)} of {everyone}")
    first = people[0]
    booked = client.resources("Appointment").search(patient=f"Patient/{first.id}").fetch_all()
    for each in booked:
        actors = [p["actor"]["reference"] for p in each["participant"] if "actor" in p]
        check(f"{clinic} Appointment/{each.id} is the patient's", f"Patient/{first.id}" in actors)
    check(f"{clinic} reference resolves", client.reference("Patient", first.id).to_resource().id == first.id)
    try:
        client.reference("Patient", "nobody-of-this-name").to_resource()
        check(f"{clinic} absent patient", False)
    except ResourceNotFound:
        check(f"{clinic} absent patient", True)
    stranger = SyncFHIRClient(base, authorization="Bearer psl_demo_nobody", requests_config=config)
    try:
        stranger.resources("Patient").fetch()
        check(f"{clinic} wrong key", False)
    except AuthorizationError:
        check(f"{clinic} wrong key", True)


def refusals(base, facts, emr):
    try:
        requests.get(base + "/metadata", verify=facts["ca"], timeout=10, headers={"Authorization": "Bearer " + emr["key"]}).status_code
        without = requests.get(base + "/Patient", verify=facts["ca"], timeout=10, headers={"Authorization": "Bearer " + emr["key"]})
        check("key without the required certificate", without.status_code in (401, 403), str(without.status_code))
    except requests.exceptions.SSLError:
        check("key without the required certificate", True)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        facts = json.load(file)
    emr = facts["partners"]["emr"]
    for clinic in facts["clinics"]:
        base = f"{facts['fhir_base']}/{clinic}"
        with_fhirclient(base, facts, emr, clinic)
        with_fhirpy(base, facts, emr, clinic)
        refusals(base, facts, emr)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
