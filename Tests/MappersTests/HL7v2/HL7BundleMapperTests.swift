import FHIRModels
import Foundation
import HL7Parser
import JSON
import TestSupport
import XCTest

@testable import Mappers

final class HL7BundleMapperTests: XCTestCase {
  private func bundle(_ segments: String..., type: String = "ADT^A01^ADT_A01", zone: Int? = nil) throws -> JSONValue {
    let header = "MSH|^~\\&|HIS|CHU^1.2.3^ISO|P|K|20261101080500+0100||\(type)|77|P|2.5.1"
    let message = try HL7Message(parsing: Array(([header] + segments).joined(separator: "\r").utf8))
    let bundle = HL7BundleMapper.bundle(of: message, zoneMinutes: zone)
    XCTAssertEqual(problems(bundle), [])
    return bundle
  }

  /// What the strict reader of FHIR says against a Bundle.
  private func problems(_ bundle: JSONValue) -> [String] {
    do throws(FHIRDecodingError) {
      _ = try AnyResource.decode(bundle.serialized(), as: .json)
      return []
    } catch {
      return error.issues.map { "\($0)" }
    }
  }

  private func resources(_ type: String, _ bundle: JSONValue) -> [JSONValue] {
    (bundle["entry"]?.array ?? []).compactMap { $0["resource"] }.filter { $0["resourceType"]?.string == type }
  }

  private func reference(_ resource: JSONValue) -> String { "urn:uuid:\(resource["id"]?.string ?? "")" }

  func testAdmission() throws {
    let bundle = try bundle(
      "EVN|A01|20261101080000+0100|||U1^Idrissi^Nadia",
      "PID|1||42^^^CHU&1.2.3&ISO^MR~43^^^CNSS^SS||Berrada^Salma^Zineb^^Mme^^L||19700605|F|||1 rue X^^Anfa^^20000^MAR^H"
        + "||^PRN^PH^^212^522^123456~^NET^Internet^s@x.ma||ar|M",
      "NK1|1|Berrada^Omar|FTH^Father^HL70063|||^^PH^^^^0522",
      "PV1|1|I|W1^R2^B3^CHU||||D1^Alami^Hicham^^^Dr|||CAR|||||||||V9^^^CHU^VN" + String(repeating: "|", count: 25)
        + "20261101080000+0100",
      "AL1|1|DA|P^Penicillin^L|SV|Rash", "DG1|1||I21^Infarction^I10|||A|||||||||1", "IN1|1|PLAN^Plan|C1|CNSS^^12||||G5")
    XCTAssertEqual(bundle["type"], "message")
    XCTAssertEqual(bundle["timestamp"], "2026-11-01T08:05:00+01:00")
    XCTAssertEqual(bundle["entry"]?[0]?["resource"]?["resourceType"], "MessageHeader")
    XCTAssertEqual(bundle["entry"]?[0]?["resource"]?["eventCoding"]?["code"], "A01")
    let patient = try XCTUnwrap(resources("Patient", bundle).first)
    XCTAssertEqual(patient["identifier"]?[0]?["system"], "urn:oid:1.2.3")
    XCTAssertEqual(patient["identifier"]?[1]?["system"], "urn:id:CNSS")
    XCTAssertEqual(patient["identifier"]?[1]?["type"]?["coding"]?[0]?["code"], "SS")
    XCTAssertEqual(patient["name"]?[0]?["family"], "Berrada")
    XCTAssertEqual(patient["name"]?[0]?["given"], ["Salma", "Zineb"])
    XCTAssertEqual(patient["name"]?[0]?["use"], "official")
    XCTAssertEqual(patient["gender"], "female")
    XCTAssertEqual(patient["birthDate"], "1970-06-05")
    XCTAssertEqual(patient["telecom"]?[0]?["value"], "+212 522 123456")
    XCTAssertEqual(patient["telecom"]?[1]?["system"], "email")
    XCTAssertEqual(patient["maritalStatus"]?["coding"]?[0]?["display"], "Married")
    XCTAssertEqual(patient["contact"]?[0]?["relationship"]?[0]?["coding"]?[0]?["code"], "FTH")
    let encounter = try XCTUnwrap(resources("Encounter", bundle).first)
    XCTAssertEqual(encounter["status"], "in-progress")
    XCTAssertEqual(encounter["class"]?["code"], "IMP")
    XCTAssertEqual(encounter["subject"]?["reference"]?.string, reference(patient))
    XCTAssertEqual(encounter["period"]?["start"], "2026-11-01T08:00:00+01:00")
    XCTAssertEqual(encounter["participant"]?[0]?["type"]?[0]?["coding"]?[0]?["code"], "ATND")
    XCTAssertEqual(encounter["diagnosis"]?[0]?["rank"]?.int, 1)
    XCTAssertEqual(resources("Location", bundle).count, 4, "bed, room, ward, site")
    let allergy = try XCTUnwrap(resources("AllergyIntolerance", bundle).first)
    XCTAssertEqual(allergy["category"], ["medication"])
    XCTAssertEqual(allergy["criticality"], "high")
    XCTAssertEqual(allergy["reaction"]?[0]?["severity"], "severe")
    XCTAssertEqual(
      resources("Condition", bundle).first?["code"]?["coding"]?[0]?["system"], "http://hl7.org/fhir/sid/icd-10")
    let coverage = try XCTUnwrap(resources("Coverage", bundle).first)
    XCTAssertEqual(coverage["class"]?[1]?["value"], "G5")
    XCTAssertEqual(resources("Organization", bundle).filter { $0["name"] == "CNSS" }.count, 1)
  }

  func testResultsWithEveryKindOfValue() throws {
    let bundle = try bundle(
      "PID|1||42^^^C", "ORC|RE|P1|F1",
      "OBR|1|P1|F1|24331-1^Lipids^LN|||20261101070000+0100|||||||||D1^Alami||||||20261101||LAB|F",
      "NTE|1||fasting", "OBX|1|NM|2093-3^Chol^LN||5.20|mmol/L^mmol/L^UCUM|0-5|H|||F", "NTE|1||high",
      "OBX|2|SN|x^X||>^007|mg", "OBX|3|SN|x^X||^1^:^128", "OBX|4|SN|x^X||^2^-^3.",
      "OBX|5|CWE|x^X||260373001^Detected^SCT",
      "OBX|6|TX|x^X||one~two\\.br\\three", "OBX|7|DT|x^X||202611", "OBX|8|TM|x^X||0805",
      "OBX|9|ED|x^X||^application^pdf^Base64^JVBERi0=", "OBX|10|NM|x^X||~||||||X", "OBX|11|NM|x^X||1~2||||||F",
      "OBX|12|NM|x^X||many||||||F", "SPM|1|S1||BLD^Blood^HL70487|||||||||||||20261101070000+0100",
      type: "ORU^R01^ORU_R01")
    let found = resources("Observation", bundle)
    XCTAssertEqual(found[0]["valueQuantity"]?["value"], .number("5.20"))
    XCTAssertEqual(found[0]["valueQuantity"]?["code"], "mmol/L")
    XCTAssertEqual(found[0]["note"]?[0]?["text"], "high")
    XCTAssertEqual(found[0]["effectiveDateTime"], "2026-11-01T07:00:00+01:00")
    XCTAssertEqual(found[1]["valueQuantity"]?["comparator"], ">")
    XCTAssertEqual(found[1]["valueQuantity"]?["value"], .number("7"))
    XCTAssertNil(found[1]["valueQuantity"]?["code"], "no code of a unit without its system")
    XCTAssertEqual(found[2]["valueRatio"]?["denominator"]?["value"], .number("128"))
    XCTAssertEqual(found[3]["valueRange"]?["high"]?["value"], .number("3"))
    XCTAssertEqual(found[4]["valueCodeableConcept"]?["coding"]?[0]?["system"], "http://snomed.info/sct")
    XCTAssertEqual(found[5]["valueString"], "one\ntwo\nthree")
    XCTAssertEqual(found[6]["valueDateTime"], "2026-11")
    XCTAssertEqual(found[7]["valueTime"], "08:05:00")
    XCTAssertEqual(found[9]["dataAbsentReason"]?["coding"]?[0]?["code"], "error")
    XCTAssertEqual(found[10]["component"]?.array?.count, 2)
    XCTAssertEqual(found[11]["valueString"], "many")
    let report = try XCTUnwrap(resources("DiagnosticReport", bundle).first)
    XCTAssertEqual(report["status"], "final")
    XCTAssertEqual(report["result"]?.array?.count, 12)
    XCTAssertEqual(report["presentedForm"]?[0]?["contentType"], "application/pdf")
    XCTAssertEqual(report["specimen"]?.array?.count, 1)
    let request = try XCTUnwrap(resources("ServiceRequest", bundle).first)
    XCTAssertEqual(request["note"]?[0]?["text"], "fasting")
    XCTAssertEqual(report["basedOn"]?[0]?["reference"]?.string, reference(request))
  }

  func testAppointmentsDocumentsVaccinationsAndCharges() throws {
    let booking = try bundle(
      "SCH|P1|F1||||CHECK|ROUTINE|VISIT|30|min|^^30^20261102090000+0100|||||||||||||Booked", "PID|1||42^^^C", "RGS|1",
      "AIS|1||KINE^Session|20261102090000+0100", "AIP|1||D1^Alami", "AIL|1||ROOM^1", type: "SIU^S12^SIU_S12")
    let appointment = try XCTUnwrap(resources("Appointment", booking).first)
    XCTAssertEqual(appointment["status"], "booked")
    XCTAssertEqual(appointment["start"], "2026-11-02T09:00:00+01:00")
    XCTAssertEqual(appointment["end"], "2026-11-02T09:30:00+01:00")
    XCTAssertEqual(appointment["participant"]?.array?.count, 3)
    let document = try bundle(
      "PID|1||42^^^C", "TXA|1|CN^Note|TX|||20261101080000+0100|||D1^Alami|||DOC1||||note.txt|AU||AV",
      "OBX|1|TX|||first line", "OBX|2|TX|||second line", type: "MDM^T02^MDM_T02")
    let note = try XCTUnwrap(resources("DocumentReference", document).first)
    XCTAssertEqual(note["docStatus"], "final")
    XCTAssertEqual(
      note["content"]?[0]?["attachment"]?["data"]?.string, Data("first line\nsecond line".utf8).base64EncodedString())
    let shot = try bundle(
      "PID|1||42^^^C", "ORC|RE||F1", "RXA|0|1|20261101||08^HepB^CVX|0.5|mL^^UCUM||||||||L1|20270101|MSD^Merck^MVX|||CP",
      "RXR|IM^Intramuscular^HL70162|LA^Left arm^HL70163", "OBX|1|CE|64994-7^Funding^LN||V01^x", type: "VXU^V04^VXU_V04")
    let vaccine = try XCTUnwrap(resources("Immunization", shot).first)
    XCTAssertEqual(vaccine["vaccineCode"]?["coding"]?[0]?["system"], "http://hl7.org/fhir/sid/cvx")
    XCTAssertEqual(vaccine["doseQuantity"]?["value"], .number("0.5"))
    XCTAssertEqual(vaccine["lotNumber"], "L1")
    let charge = try bundle(
      "PID|1||42^^^C|||||||||||||||A7^^^C", "FT1|1|T1||20261101080000+0100|20261101|CG|SESS^Session|||2|200&MAD",
      type: "DFT^P03^DFT_P03")
    let item = try XCTUnwrap(resources("ChargeItem", charge).first)
    XCTAssertEqual(item["status"], "billable")
    XCTAssertEqual(item["priceOverride"]?["currency"], "MAD")
    XCTAssertEqual(item["account"]?[0]?["reference"]?.string, reference(resources("Account", charge)[0]))
  }

  func testTheSameMessageGivesTheSameBundle() throws {
    let segments = ["PID|1||42^^^C||A^B", "PV1|1|I", "OBX|1|NM|a^b||1"]
    let first = try bundle(segments[0], segments[1], segments[2])
    XCTAssertEqual(first, try bundle(segments[0], segments[1], segments[2]))
    let ids = (first["entry"]?.array ?? []).compactMap { $0["fullUrl"]?.string }
    XCTAssertEqual(Set(ids).count, ids.count)
    // A patient has the id of the identifier, in every message.
    let other = try bundle("PID|1||42^^^C||A^C", type: "ADT^A08^ADT_A01")
    XCTAssertEqual(resources("Patient", first)[0]["id"], resources("Patient", other)[0]["id"])
  }

  func testTimesWithoutZoneTakeTheOneAskedFor() throws {
    let line = "PV1|1|I||||||||||||||||||||||||||||||||||||||||||20261101080000"
    XCTAssertEqual(
      resources("Encounter", try bundle(line))[0]["period"]?["start"], "2026-11-01T08:00:00+01:00", "MSH-7's")
    XCTAssertEqual(
      resources("Encounter", try bundle(line, zone: -300))[0]["period"]?["start"], "2026-11-01T08:00:00-05:00")
  }

  func testHostileMessagesGiveValidBundles() throws {
    for segment in [
      "PID|", "PID|1||~~^^^&&", "PV1|", "OBX|1|ZZ|", "OBX|1|NM||\"\"|\"\"", "OBR|", "ORC|", "SCH|", "TXA|", "RXA|",
      "IN1|",
      "FT1|", "SPM|", "GT1|", "NK1|1|\"\"", "PID|1||a\\X00\\b^^^ \\X0A\\ ", "PID|1||42|||||||||||||||||||||||||0000",
      "PV1|1|  a  b  ", "AIG|1", "AIP|1||~", "RXO|", "DG1|", "PR1|", "MRG|", "OBX|1|ED|||^^^Base64^***",
    ] {
      _ = try bundle(segment)
      _ = try bundle("PID|1||42^^^C", segment, type: "ORU^R01")
      _ = try bundle(segment, segment, type: "\"\"^~")
    }
  }

  func testEveryMessageOfTheCollectionsGivesAValidBundle() throws {
    let collection = try SharedCollection("hl7v2/corpora.tar.xz")
    defer { collection.remove() }
    var (valid, faults) = (0, [String: Int]())
    for file in collection.files(endings: ["hl7", "HL7", "hl7v2", "er7", "txt"]) {
      let data = Array(try Data(contentsOf: file))
      guard HL7Contents.isHL7(data), let contents = try? HL7Contents(of: data) else { continue }
      for bytes in contents.messages {
        guard let message = try? HL7Message(parsing: bytes) else { continue }
        let found = problems(HL7BundleMapper.bundle(of: message))
        if found.isEmpty { valid += 1 }
        for problem in found { faults["\(file.lastPathComponent): \(problem)", default: 0] += 1 }
      }
    }
    print("HL7BundleMapperTests: \(valid) messages give a Bundle that the strict reader takes, \(faults.count) faults")
    for fault in faults.keys.sorted().prefix(40) { print("  \(fault)") }
    XCTAssertTrue(faults.isEmpty)
    XCTAssertGreaterThan(valid, 2000)
  }
}
