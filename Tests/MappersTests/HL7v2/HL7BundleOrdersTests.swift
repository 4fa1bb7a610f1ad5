import JSON
import XCTest

@testable import Mappers

/// Segments that HL7's guide has no tables of: medication, money, accidents, referrals, stores, studies.
final class HL7BundleOrdersTests: HL7BundleTestCase {
  func testAnEncodedMedicationOrderWithItsTimingAndComponents() throws {
    let bundle = try bundle(
      Self.patient, segment("ORC", [1: "NW", 2: "O1", 9: "20261101080000"]),
      segment("RXO", [1: "R1^Requested^L", 2: "1", 4: "TAB^Tablet", 7: "^With water"]),
      segment("TQ1", [1: "1", 3: "&&^^^^8^h^^AC^30^min", 7: "20261101", 10: "for pain", 13: "15^min", 14: "3"]),
      segment(
        "RXE",
        [
          2: "E1^Encoded^L", 3: "1", 4: "2", 5: "TAB^Tablet", 6: "T^Tablet form", 7: "Slowly please", 10: "20",
          11: "BX^Box", 12: "2", 15: "RX-7", 19: "6^TAB", 23: "5", 24: "mL/h", 25: "500", 26: "mg^mg^UCUM",
          40: "PH1^Pharmacie du Parc", 41: "2 rue B^^Fès", 45: "^WPN^PH^^^^^^^^^0535000000",
        ]),
      segment("RXR", [1: "PO^Oral", 4: "CH^Chew"]), segment("RXC", [1: "A", 2: "C1^Caffeine^L", 3: "50", 4: "mg"]),
      type: "RDE^O11^RDE_O11")
    let request = try one("MedicationRequest", bundle)
    XCTAssertEqual(request["intent"], "order")
    XCTAssertEqual((request["identifier"]?.array ?? []).compactMap { $0["value"]?.string }, ["O1", "RX-7"])
    XCTAssertNil(request["medicationCodeableConcept"])
    let product = try one("Medication", bundle)
    XCTAssertEqual(request["medicationReference"]?["reference"]?.string, "urn:uuid:\(product["id"]?.string ?? "")")
    XCTAssertEqual(product["code"]?["coding"]?[0]?["code"], "E1")
    XCTAssertEqual(product["form"]?["coding"]?[0]?["code"], "T")
    XCTAssertEqual(product["ingredient"]?[0]?["strength"]?["numerator"]?["code"], "mg")
    XCTAssertEqual(product["ingredient"]?[1]?["itemCodeableConcept"]?["coding"]?[0]?["code"], "C1")
    XCTAssertEqual(product["ingredient"]?[1]?["isActive"], true)
    let dosage = try XCTUnwrap(request["dosageInstruction"]?[0])
    XCTAssertEqual(dosage["doseAndRate"]?[0]?["doseRange"]?["high"]?["value"], 2)
    XCTAssertEqual(dosage["doseAndRate"]?[0]?["rateQuantity"]?["value"], 5)
    XCTAssertEqual(dosage["maxDosePerPeriod"]?["numerator"]?["value"], 6)
    XCTAssertEqual(dosage["additionalInstruction"]?[0]?["text"], "Slowly please")
    XCTAssertEqual(dosage["route"]?["coding"]?[0]?["code"], "PO")
    XCTAssertEqual(dosage["method"]?["coding"]?[1]?["code"], "CH", "as it was sent, behind what it is in FHIR")
    XCTAssertEqual(dosage["asNeededCodeableConcept"]?["text"], "for pain")
    let timing = try XCTUnwrap(dosage["timing"]?["repeat"])
    XCTAssertEqual([timing["period"], timing["periodUnit"], timing["count"]], [8, "h", 3])
    XCTAssertEqual([timing["when"]?[0], timing["offset"]], ["AC", 30])
    let dispense = try XCTUnwrap(request["dispenseRequest"])
    XCTAssertEqual([dispense["numberOfRepeatsAllowed"], dispense["quantity"]?["value"]], [2, 20])
    let pharmacy = try XCTUnwrap(all("Organization", bundle).first { $0["name"] == "Pharmacie du Parc" })
    XCTAssertEqual(dispense["performer"]?["reference"]?.string, "urn:uuid:\(pharmacy["id"]?.string ?? "")")
    XCTAssertEqual(pharmacy["telecom"]?[0]?["value"], "0535000000")
  }

  func testEachGivingIsAnOrderOfItsOwn() throws {
    let bundle = try bundle(
      Self.patient, "ORC|NW|O1", segment("RXG", [1: "1", 4: "G1^Drug^L", 5: "10", 7: "mg^mg", 15: "2", 16: "mL/h"]),
      type: "RGV^O15^RGV_O15")
    let request = try one("MedicationRequest", bundle)
    XCTAssertEqual(request["intent"], "instance-order")
    XCTAssertEqual(request["medicationCodeableConcept"]?["coding"]?[0]?["code"], "G1")
    XCTAssertEqual(request["dosageInstruction"]?[0]?["doseAndRate"]?[0]?["doseQuantity"]?["value"], 10)
  }

  func testHoursOfTheDayExcludeEventsOfTheDay() throws {
    let bundle = try bundle(
      Self.patient, "ORC|NW|O1", "OBR|1|O1||24323-8^Panel^LN",
      segment("TQ1", [3: "^^^^^^^AC^30^min", 4: "0800", 6: "3^d", 10: "if needed"]), type: "OML^O21^OML_O21")
    let request = try one("ServiceRequest", bundle)
    let timing = try XCTUnwrap(request["occurrenceTiming"]?["repeat"])
    XCTAssertNil(timing["when"])
    XCTAssertEqual(timing["timeOfDay"], ["08:00:00"])
    XCTAssertEqual(timing["boundsDuration"]?["code"], "d")
    XCTAssertEqual(request["asNeededCodeableConcept"]?["text"], "if needed")
  }

  func testACodeStandsBesideTheOneThatItIsInFHIR() throws {
    let bundle = try bundle(Self.patient, segment("NK1", [1: "1", 2: "Berrada^Omar", 3: "FTH^Father^HL70063"]))
    XCTAssertEqual(
      (try one("RelatedPerson", bundle)["relationship"]?[0]?["coding"]?.array ?? []).map { $0["code"] },
      ["FTH", "FTH"])
    XCTAssertEqual(
      try one("RelatedPerson", bundle)["relationship"]?[0]?["coding"]?[1],
      ["system": "http://terminology.hl7.org/CodeSystem/v2-0063", "code": "FTH", "display": "Father"])
  }

  func testThePatientMayAnswerForTheAccount() throws {
    let line = [
      2: "G7", 5: "9 rue C^^Rabat", 13: "20260101", 14: "20261231", 16: "Works Inc", 18: "^WPN^PH^^^^^^^^^0522",
      22: "Y", 36: "fre", 45: "Alami^Ali", 46: "^PRN^PH^^^^^^^^^0666",
    ]
    let own = try bundle(Self.patient, segment("GT1", line.merging([11: "SEL"]) { $1 }))
    XCTAssertEqual(all("RelatedPerson", own).count, 0)
    let patient = try one("Patient", own)
    XCTAssertEqual(patient["address"]?[0]?["city"], "Rabat")
    XCTAssertEqual((patient["contact"]?.array ?? []).compactMap { $0["name"]?["family"] }, ["Works Inc", "Alami"])
    XCTAssertEqual(patient["contact"]?[0]?["relationship"]?[0]?["coding"]?[0]?["code"], "E")
    XCTAssertEqual(patient["contact"]?[1]?["telecom"]?[0]?["value"], "0666")
    let guarantor = try XCTUnwrap(one("Account", own)["guarantor"]?[0])
    XCTAssertEqual([guarantor["onHold"], guarantor["period"]?["end"]], [true, "2026-12-31"])
    let other = try bundle(Self.patient, segment("GT1", line.merging([3: "Tazi^Amal", 11: "SPO"]) { $1 }))
    XCTAssertEqual(all("RelatedPerson", other).count, 1)
    XCTAssertNil(try one("Patient", other)["contact"])
  }

  func testTheEmployerHoldsThePolicy() throws {
    let bundle = try bundle(
      Self.patient,
      segment("IN1", [1: "1", 3: "C1", 4: "CNSS", 17: "SPO", 37: "150&MAD", 44: "5 rue D^^Tanger"]),
      segment("IN2", [49: "Roth^Rony", 50: "^WPN^PH^^^^^^^^^0539", 70: "Works Inc"]))
    let coverage = try one("Coverage", bundle)
    XCTAssertEqual(coverage["costToBeneficiary"]?[0]?["valueMoney"], ["value": 150, "currency": "MAD"])
    XCTAssertEqual(
      (coverage["relationship"]?["coding"]?.array ?? []).map { $0["code"] }, ["spouse", "SPS", "SPO"])
    let employer = try XCTUnwrap(all("Organization", bundle).first { $0["name"] == "Works Inc" })
    XCTAssertEqual(coverage["policyHolder"]?["reference"]?.string, "urn:uuid:\(employer["id"]?.string ?? "")")
    XCTAssertEqual(employer["address"]?[0]?["city"], "Tanger")
    XCTAssertEqual(employer["contact"]?[0]?["name"]?["family"], "Roth")
  }

  func testAccidentsDeathsAndDisabilities() throws {
    let bundle = try bundle(
      Self.patient, segment("DB1", [1: "1", 2: "PT", 3: "DB9^^^CHU", 4: "Y", 5: "20260101"]),
      segment("ACC", [1: "20261101", 3: "Route 50", 5: "Y", 6: "N", 7: "D1^Alami", 8: "a collision", 13: "A-1"]),
      segment(
        "PDA",
        [1: "I21^Infarction^I10", 2: "ICU", 3: "Y", 4: "20261102", 5: "D2^Fassi", 6: "Y", 7: "20261103^20261104"]))
    let observations = all("Observation", bundle)
    XCTAssertEqual(observations.count, 3)
    let accident = try XCTUnwrap(observations.first { $0["valueString"] != nil })
    XCTAssertEqual(accident["valueString"], "a collision")
    XCTAssertEqual(
      (accident["component"]?.array ?? []).map { $0["valueCodeableConcept"]?["coding"]?[0]?["code"] }, ["Y", "N"])
    XCTAssertEqual(accident["focus"]?.array?.count, 1)
    XCTAssertTrue(all("Location", bundle).contains { $0["name"] == "Route 50" })
    XCTAssertEqual(try one("Patient", bundle)["identifier"]?[1]?["value"], "DB9")
    XCTAssertEqual(try one("Condition", bundle)["code"]?["coding"]?[0]?["code"], "I21")
    let procedures = all("Procedure", bundle)
    XCTAssertEqual(
      procedures.map { $0["performedDateTime"] ?? $0["performedPeriod"]?["end"] }, ["2026-11-02", "2026-11-04"])
  }

  func testProvidersAndAuthorizationsBelongToTheReferral() throws {
    let bundle = try bundle(
      Self.patient, segment("RF1", [1: "A", 6: "R-1"]),
      segment("AUT", [2: "HC", 3: "CNSS", 4: "20261101", 5: "20261231", 6: "PA-1", 7: "175&MAD", 8: "4", 9: "3"]),
      segment("PRD", [1: "RP^^HL70286", 2: "Tazi^Amal", 5: "^WPN^PH^^^^^^^^^0522", 7: "N1^SL", 10: "CHU Rabat"]),
      segment("PRD", [1: "RT^^HL70286", 2: "Fassi^Ali"]), type: "REF^I12^REF_I12")
    let request = try one("ServiceRequest", bundle)
    XCTAssertNotNil(request["requester"])
    XCTAssertEqual(request["performer"]?.array?.count, 1)
    let answer = try one("ClaimResponse", bundle)
    XCTAssertEqual(
      [answer["use"], answer["preAuthRef"], answer["created"]], ["preauthorization", "PA-1", "2026-11-01"])
    XCTAssertEqual(answer["total"]?[0]?["amount"]?["value"], 175)
    XCTAssertEqual((answer["item"]?[0]?["adjudication"]?.array ?? []).map { $0["value"] }, [4, 3])
    XCTAssertEqual(answer["request"]?["reference"]?.string, "urn:uuid:\(request["id"]?.string ?? "")")
    XCTAssertTrue(all("Practitioner", bundle).contains { $0["telecom"]?[0]?["value"] == "0522" })
  }

  func testDietsSuppliesAndReagents() throws {
    let diet = try one(
      "NutritionOrder", bundle(Self.patient, "ORC|NW|O1", "ODS|D||D1^Low salt^L|no salt", type: "OMD^O03^OMD_O03"))
    XCTAssertEqual(diet["oralDiet"]?["instruction"], "no salt")
    XCTAssertEqual(diet["identifier"]?[0]?["value"], "O1")
    let wish = try one("NutritionOrder", bundle(Self.patient, "ODS|P||P1^Rice^L|warm", type: "OMD^O03^OMD_O03"))
    XCTAssertEqual(wish["foodPreferenceModifier"]?.array?.count, 2)
    let supplies = try bundle(
      Self.patient, "ORC|OC|O1", segment("RQD", [1: "1", 2: "I1^Implant", 5: "2", 6: "EA", 10: "20261101"]),
      segment("RQ1", [4: "V1^Vendor"]), type: "ORM^O01^ORM_O01")
    let supply = try one("SupplyRequest", supplies)
    XCTAssertEqual([supply["status"], supply["quantity"]?["value"]], ["cancelled", 2])
    XCTAssertEqual(supply["supplier"]?.array?.count, 1)
    let reagent = try one(
      "Substance",
      bundle(segment("INV", [1: "S1^Reagent", 2: "OK", 3: "RC", 4: "C7", 9: "25", 11: "mL", 12: "20270131", 16: "L1"])))
    XCTAssertEqual([reagent["status"], reagent["instance"]?[0]?["expiry"]], ["active", "2027-01-31"])
  }

  func testStudiesAndSuspectedProducts() throws {
    let study = try bundle(
      Self.patient, segment("CSR", [1: "ST-1^NCI", 4: "SUB-7^^^NCI", 6: "20260101", 8: "D1^Alami", 15: "20261001"]),
      type: "CSU^C09^CSU_C09")
    XCTAssertEqual(try one("ResearchStudy", study)["identifier"]?[0]?["value"], "ST-1")
    let person = try one("ResearchSubject", study)
    XCTAssertEqual([person["status"], person["period"]?["end"]], ["off-study", "2026-10-01"])
    let event = try bundle(
      Self.patient, segment("PEO", [1: "E1^Rash^L", 3: "20261101"]),
      segment("PCR", [1: "P1^Drug^L", 12: "LOT-3", 20: "H"]),
      type: "PEX^P07^PEX_P07")
    let adverse = try one("AdverseEvent", event)
    XCTAssertEqual([adverse["actuality"], adverse["date"]], ["actual", "2026-11-01"])
    XCTAssertEqual(adverse["suspectEntity"]?.array?.count, 1)
    XCTAssertEqual(try one("Medication", event)["batch"]?["lotNumber"], "LOT-3")
  }
}
