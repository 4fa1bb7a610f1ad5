import HL7Parser
import XCTest

/// Judging by the definitions of each version.
final class HL7ConformanceTests: XCTestCase {
  private func findings(_ segments: [String], _ checks: HL7Conformance.Checks = .standard) throws -> [String] {
    var conformance = HL7Conformance()
    conformance.checks = checks
    let message = try HL7Message(parsing: Fixtures.message(segments))
    return conformance.findings(in: message).map {
      "\($0.severity.rawValue) \($0.condition.code) \($0.location?.description ?? "")"
    }
  }

  private let header = #"MSH|^~\&|A|B|C|D|20260101||ADT^A01^ADT_A01|1|P|2.5"#

  func testEveryVersionHasItsSchema() {
    for version in HL7Version.supported {
      let schema = HL7Schema.of(version)
      XCTAssertEqual(schema.version, version)
      XCTAssertEqual(schema.segment("PID")?.field(5)?.name, "Patient Name")
      XCTAssertEqual(schema.segment("PID")?.field(5)?.optionality, .required, "\(version)")
      for name in schema.structureNames { XCTAssertNotNil(schema.structure(named: name), name) }
    }
    XCTAssertEqual(HL7Schema.of(HL7Version("2.9") ?? .v2_5).version.description, "2.8.2")
    XCTAssertEqual(HL7Schema.of(.v2_5).segment("PID")?.field(3)?.type, "CX")
    XCTAssertEqual(HL7Schema.of(HL7Version("2.1") ?? .v2_5).segment("PID")?.field(3)?.type, "CK")
  }

  /// An ORC behind an OBR may begin the results that came before, or the next order: what follows tells.
  func testWhatFollowsDecidesBetweenTwoPlaces() throws {
    func groups(_ segments: [String]) throws -> (steps: [HL7Arrangement.Step], findings: [HL7Finding]) {
      let lines = [#"MSH|^~\&|A|B|C|D|20260101||OML^O33^OML_O33|1|P|2.5.1"#, "PID|1||1", "SPM|1", "ORC|NW", "OBR|1"]
      let message = try HL7Message(parsing: Fixtures.message(lines + segments))
      let structure = try XCTUnwrap(HL7Schema.of(.v2_5_1).structure(of: message))
      let arrangement = HL7Arrangement(message, by: structure)
      return (arrangement.steps, arrangement.findings)
    }
    let orders = try groups(["ORC|NW", "OBR|2", "ORC|NW", "OBR|3"])
    XCTAssertEqual(orders.findings, [])
    XCTAssertEqual(orders.steps.count { $0 == .open("ORDER") }, 3)
    let results = try groups(["ORC|NW", "OBR|2", "OBX|1"])
    XCTAssertEqual(results.findings, [])
    XCTAssertEqual(results.steps.count { $0 == .open("ORDER_PRIOR") }, 1)
    let many = try groups((2...4_000).flatMap { ["ORC|NW", "OBR|\($0)"] })
    XCTAssertEqual(many.steps.count { $0 == .open("ORDER") }, 4_000)
  }

  func testARightMessageHasNoFinding() throws {
    let message = [header, "EVN||20260101", "PID|||1^^^A||B^C", "PV1||I", "ZPI|x", "IN1|1|P|C", "IN2|7", "IN1|2|P|C"]
    XCTAssertEqual(try findings(message), [])
  }

  func testStructure() throws {
    XCTAssertEqual(
      try findings([header, "EVN||20260101", "PID|||1||B"], .structure), ["E 100 PV1"])
    XCTAssertEqual(
      try findings([header, "EVN||20260101", "PV1||I", "PID|||1||B"], .structure), ["E 100 PID", "E 100 PID"])
    XCTAssertEqual(
      try findings([header, "EVN||20260101", "PID|||1||B", "PV1||I", "AIS|1"], .structure), ["W 100 AIS"])
  }

  func testFields() throws {
    let findings = try findings(
      [
        header, "EVN||2026013", "PID|x||1^^^A||B~C|||F|||||||||2~3|||||||||||Q",
        "PV1||I||||||||||||||||||||||||||||||||||||||||||20261301",
      ], [.required, .cardinality, .dataType, .table])
    XCTAssertEqual(
      findings,
      ["E 102 EVN-2[1].1", "E 102 PID-1[1]", "E 102 PID-17", "E 102 PV1-44[1].1"])
  }

  func testLengthsAreWarnings() throws {
    let long = String(repeating: "9", count: 60)
    XCTAssertEqual(try findings([header, "EVN||2026", "PID|\(long)||1||B", "PV1||I"], .length), ["W 104 PID-1[1]"])
  }

  func testAReportsRequiredFields() throws {
    let report = [
      #"MSH|^~\&|A|B|C|D|20260101||ORU^R01^ORU_R01|1|P|2.5"#, "PID|||1||B", "OBR|||1|X", "OBX||NM|X||12|||||||",
      "OBX||XX|X||1x||||||F",
    ]
    XCTAssertEqual(
      try findings(report, [.required, .dataType, .table]), ["E 101 OBX-11"])
  }
}
