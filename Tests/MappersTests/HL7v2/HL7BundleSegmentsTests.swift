import HL7Parser
import JSON
import XCTest

@testable import Mappers

/// Segments and concept maps of `to-fhir` that the tests of whole messages do not reach.
final class HL7BundleSegmentsTests: HL7BundleTestCase {
  func testConceptMapsGiveCodeSystemAndDisplay() throws {
    let bundle = try bundle(
      "EVN|A01|20261101080000|||U1^Idrissi", Self.patient,
      "PV1|1|I||E|||D1^Alami|D2^Fassi|||||R||||||V9^^^CHU^AM", "PV2" + String(repeating: "|", count: 25) + "2",
      "OBX|1|NM|8867-4^Heart rate^LN||60|/min^^UCUM||A~>|||F")
    let patient = try one("Patient", bundle)
    XCTAssertEqual(
      patient["identifier"]?[0]?["type"]?["coding"]?[0],
      [
        "system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR", "display": "Medical record number",
      ])
    XCTAssertEqual(patient["name"]?[1], ["use": "nickname", "given": ["Sally"]])
    let encounter = try one("Encounter", bundle)
    XCTAssertEqual(encounter["type"]?[0]?["coding"]?[0]?["display"], "Emergency")
    XCTAssertEqual(encounter["identifier"]?[0]?["type"]?["coding"]?[0]?["code"], "VN")
    XCTAssertEqual(encounter["identifier"]?[0]?["type"]?["coding"]?[1]?["code"], "AM")
    XCTAssertEqual(encounter["identifier"]?[0]?["type"]?["text"], "visit number")
    XCTAssertEqual(
      encounter["priority"]?["coding"]?[0],
      ["system": "http://terminology.hl7.org/CodeSystem/v3-ActPriority", "code": "UR", "display": "urgent"])
    XCTAssertEqual(encounter["participant"]?[1]?["type"]?[0]?["text"], "referrer")
    XCTAssertEqual(encounter["hospitalization"]?["reAdmission"]?["coding"]?[0]?["display"], "Re-admission")
    let observation = try one("Observation", bundle)
    XCTAssertEqual(
      observation["interpretation"]?[0]?["coding"]?[0],
      [
        "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "code": "A",
        "display": "Abnormal",
      ])
    XCTAssertEqual(observation["interpretation"]?[1]?["coding"]?[0]?["display"], "Off scale high")
    XCTAssertEqual(try one("MessageHeader", bundle)["destination"]?[0]?["target"] != nil, true)
  }

  func testWhatWasSentIsShownBeforeTheTablesOwnWords() throws {
    let bundle = try bundle(Self.patient, "PV1|1|I||E^Urgence^HL70007")
    XCTAssertEqual(try one("Encounter", bundle)["type"]?[0]?["coding"]?[0]?["display"], "Urgence")
    // A code of another system is not of the field's table, whatever it is called.
    let other = try self.bundle(Self.patient, "PV1|1|I||E^Urgence^99LOCAL")
    XCTAssertEqual(try one("Encounter", other)["type"]?[0]?["coding"]?[0], ["code": "E", "display": "Urgence"])
  }

  func testLanguagesAreTagsOfBCP47() throws {
    let tags = ["fra": "fr", "fre": "fr", "ar": "ar", "en-us": "en-US", "ger": "de"]
    for (code, tag) in tags {
      let bundle = try bundle(Self.patient + String(repeating: "|", count: 10) + code)
      let coding = try one("Patient", bundle)["communication"]?[0]?["language"]?["coding"]?[0]
      XCTAssertEqual(coding?["system"], "urn:ietf:bcp:47", code)
      XCTAssertEqual(coding?["code"]?.string, tag)
    }
    let local = try bundle(Self.patient + String(repeating: "|", count: 10) + "darija^Darija^L")
    XCTAssertEqual(
      try one("Patient", local)["communication"]?[0]?["language"]?["coding"]?[0],
      ["code": "darija", "display": "Darija"])
  }

  func testSocialSecurityNumbersAndTheMother() throws {
    let line = "PID|1||42^^^CHU^MR||Berrada^Salma" + String(repeating: "|", count: 14) + "123456789||M7^^^CHU^AND"
    let here = try bundle(line)
    let number = try XCTUnwrap(one("Patient", here)["identifier"]?[1])
    XCTAssertEqual(number["type"]?["coding"]?[0]?["code"], "SS")
    XCTAssertNil(number["system"])
    let there = try bundle(line, country: "USA")
    XCTAssertEqual(try one("Patient", there)["identifier"]?[1]?["system"], "http://hl7.org/fhir/sid/us-ssn")
    let mother = try one("RelatedPerson", here)
    XCTAssertEqual(mother["identifier"]?[0]?["value"], "M7")
    XCTAssertEqual(mother["relationship"]?[0]?["coding"]?[0]?["code"], "MTH")
  }

  func testIN2AndIN3() throws {
    func insurance(_ relationship: String) throws -> JSONValue {
      let first =
        "IN1|1|PLAN^Plan A|C1|CNSS||||G5|Works||||||HMO|Berrada^Omar|\(relationship)"
        + String(repeating: "|", count: 19)
        + "POL-1"
      var second = Array(repeating: "", count: 62)
      (second[0], second[1], second[6], second[61]) = ("IN2", "E7^^^ACME", "MCR-1", "MB-1^^^CNSS^MB")
      var third = Array(repeating: "", count: 22)
      (third[0], third[21]) = ("IN3", "Nadia Idrissi")
      return try bundle(Self.patient, first, second.joined(separator: "|"), third.joined(separator: "|"))
    }
    let other = try insurance("FTH^Father^HL70063")
    let coverage = try one("Coverage", other)
    XCTAssertEqual(
      (coverage["identifier"]?.array ?? []).compactMap { $0["value"]?.string }, ["PLAN", "POL-1", "MCR-1", "MB-1"])
    XCTAssertEqual(coverage["class"]?[0]?["value"], "PLAN")
    XCTAssertEqual(coverage["class"]?[0]?["name"], "Plan A")
    let father = try one("RelatedPerson", other)
    XCTAssertEqual((father["identifier"]?.array ?? []).compactMap { $0["value"]?.string }, ["MCR-1", "E7"])
    XCTAssertEqual(father["identifier"]?[0]?["system"], "http://hl7.org/fhir/sid/us-medicare")
    let team = try one("CareTeam", other)
    XCTAssertEqual(team["participant"]?[0]?["role"]?[0]?["text"], "case manager")
    // Who is insured through nobody else has the numbers on the patient.
    let own = try insurance("SEL^Self^HL70063")
    XCTAssertEqual(all("RelatedPerson", own).count, 0)
    XCTAssertEqual(
      (try one("Patient", own)["identifier"]?.array ?? []).compactMap { $0["value"]?.string },
      ["42", "MCR-1", "MB-1", "E7"])
  }

  func testParticipantsBelongToWhatStandsBeforeThem() throws {
    func participant(_ role: String, _ person: String = "D7^Tazi^Amal", _ organization: String = "") -> String {
      "PRT|1|AD||\(role)^^HL70912|\(person)|||\(organization)||||||^^^^^^^|^WPN^PH^^212^522^1"
    }
    let bundle = try bundle(
      Self.patient, participant("PP", "D1^Alami"), "PV1|1|I", participant("AT", "D2^Fassi"),
      "ORC|NW|O1", "OBR|1|O1|F1|24323-8^Panel^LN", participant("OP"), participant("RCT", "D9^Chraibi"),
      participant("PH", "", "LAB^^77"), "OBX|1|NM|2160-0^Creatinine^LN||9|mg/dL^^UCUM|||||F",
      participant("RO", "D8^Bennis"), type: "ORU^R01^ORU_R01")
    XCTAssertEqual(try one("Patient", bundle)["generalPractitioner"]?.array?.count, 1)
    XCTAssertEqual(try one("Encounter", bundle)["participant"]?.array?.count, 1)
    let request = try one("ServiceRequest", bundle)
    XCTAssertNotNil(request["requester"])
    XCTAssertEqual(request["performer"]?.array?.count, 1)
    XCTAssertEqual(try one("DiagnosticReport", bundle)["resultsInterpreter"]?.array?.count, 1)
    XCTAssertEqual(try one("Observation", bundle)["performer"]?.array?.count, 1)
    let roles = all("PractitionerRole", bundle)
    XCTAssertEqual(roles.count, 5)
    XCTAssertEqual(roles.last?["telecom"]?[0]?["value"], "+212 522 1")
    XCTAssertEqual(try one("Provenance", bundle)["activity"] != nil, true)
    // D takes a participation of another message back.
    let gone = try self.bundle(Self.patient, "PRT|1|D||PP^^HL70912|D1^Alami")
    XCTAssertNil(try one("Patient", gone)["generalPractitioner"])
  }

  func testReferralsDispensesAndConsents() throws {
    let bundle = try bundle(
      Self.patient,
      "RF1|A|S^STAT|MED^Medical^HL70281||A^Ambulatory^HL70284|R-1^HIS|20261101|20261201||S^Second opinion",
      "NTE|1||Soon", type: "REF^I12^REF_I12")
    let request = try one("ServiceRequest", bundle)
    XCTAssertEqual(request["status"], "active")
    XCTAssertEqual(request["priority"], "stat")
    XCTAssertEqual(request["identifier"]?[0]?["value"], "R-1")
    XCTAssertEqual(request["occurrencePeriod"]?["end"], "2026-12-01")
    XCTAssertEqual(request["note"]?[0]?["text"], "Soon")
    let dispensed = try self.bundle(
      Self.patient, "ORC|RE|O1|F1", "RXD|1|00182^Aspirin^NDC|20261101|20|TAB^Tablet||RX-7||After food|D1^Tazi",
      type: "RDS^O13^RDS_O13")
    let dispense = try one("MedicationDispense", dispensed)
    XCTAssertEqual(dispense["status"], "completed")
    XCTAssertEqual(dispense["quantity"]?["unit"], "Tablet")
    XCTAssertEqual(dispense["authorizingPrescription"]?[0]?["identifier"]?["value"], "RX-7")
    XCTAssertEqual(dispense["note"]?[0]?["text"], "After food")
    let agreed = try self.bundle(
      Self.patient, "CON|1|001^Privacy^HL70496|||I agree||||||A||20261101080000|20261101|20271101")
    let consent = try one("Consent", agreed)
    XCTAssertEqual(consent["status"], "active")
    XCTAssertEqual(consent["policyRule"]?["text"], "I agree")
    XCTAssertEqual(consent["provision"]?["period"]?["end"], "2027-11-01")
  }

  func testADeviceThatTakesPart() throws {
    let bundle = try bundle(
      Self.patient, "OBX|1|NM|2160-0^Creatinine^LN||9|mg/dL^^UCUM|||||F",
      "PRT|1|AD||EQUIP^^HL70912||||||DEV-1^ACME||||||(01)07610|20260101||LOT-1|SN-1", type: "ORU^R01^ORU_R01")
    let device = try XCTUnwrap(all("Device", bundle).first { $0["serialNumber"] != nil })
    XCTAssertEqual(device["serialNumber"], "SN-1")
    XCTAssertEqual(device["udiCarrier"]?[0]?["deviceIdentifier"], "(01)07610")
    XCTAssertEqual(
      try one("Observation", bundle)["device"]?["reference"]?.string, "urn:uuid:\(device["id"]?.string ?? "")")
  }

  func testTimingOfAnOrder() throws {
    let bundle = try bundle(
      Self.patient, "ORC|NW|O1", "OBR|1|O1||24323-8^Panel^LN",
      "TQ1|1|1|BID|0800~2000|||20261101|20261108|A||||15^min|6",
      type: "OML^O21^OML_O21")
    let request = try one("ServiceRequest", bundle)
    XCTAssertEqual(request["priority"], "asap")
    let timing = try XCTUnwrap(request["occurrenceTiming"])
    XCTAssertEqual(timing["repeat"]?["count"], 6)
    XCTAssertEqual(timing["repeat"]?["durationUnit"], "min")
    XCTAssertEqual(timing["repeat"]?["timeOfDay"]?.array?.count, 2)
    XCTAssertEqual(timing["repeat"]?["boundsPeriod"]?["start"], "2026-11-01")
    XCTAssertEqual(timing["code"]?["coding"]?[0]?["code"], "BID")
    XCTAssertEqual(
      try XCTUnwrap(all("Provenance", bundle).last)["activity"]?["coding"]?[0]?["code"], "CREATE")
  }
}
