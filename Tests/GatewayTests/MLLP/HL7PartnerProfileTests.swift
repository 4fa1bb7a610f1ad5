import ClinicModel
import HL7Parser
import Mappers
import XCTest

@testable import Gateway

/// What a partner's profile takes, translates and ignores, and what is wrong with one.
final class HL7PartnerProfileTests: XCTestCase {
  private func message(event: String = "A08", unit: String = "O", version: String = "2.5.1") throws -> HL7Message {
    try HL7Message(
      parsing: Array(
        "MSH|^~\\&|HIS|H|P|C|20261102101500||ADT^\(event)^ADT_A01|1|P|\(version)\rPID|1||P1\rPV1|1|\(unit)|W^1\r".utf8),
      options: HL7Options())
  }

  func testVersionsAndEventsThatAreNotTaken() throws {
    let profile = try HL7PartnerProfile(#"{"versions": ["2.3.1", "2.5"], "events": ["ADT^A01", "ADT^A08"]}"#)
    let findings = profile.validator.headerFindings(try message(event: "A11"))
    XCTAssertEqual(findings.map(\.condition.code), [203, 201])
    XCTAssertEqual(profile.validator.headerFindings(try message(version: "2.5")), [])
  }

  func testTheFirstRuleThatMeansAMessageSaysWhyItIsIgnored() throws {
    let profile = try HL7PartnerProfile(
      #"""
      {"ignore": [
        {"events": ["ADT^A04"], "reason": "registered elsewhere"},
        {"where": "PV1-2", "values": ["I", "E"], "reason": "inpatients"},
        {"events": ["ADT^A08"], "where": "PV1-3.4", "values": [""], "reason": "no site"}
      ]}
      """#)
    func reason(_ event: String, _ unit: String) throws -> String? {
      profile.reasonToIgnore(try message(event: event, unit: unit))?.text
    }
    XCTAssertEqual(try reason("A04", "I"), "registered elsewhere")
    XCTAssertEqual(try reason("A01", "I"), "inpatients")
    XCTAssertNil(try reason("A01", "O"))
    XCTAssertEqual(try reason("A08", "O"), "no site")
  }

  func testHowAPartnerIsSentMessages() throws {
    let profile = try HL7PartnerProfile(
      #"""
      {"feed": {"version": "2.4", "charset": "8859/1", "sending_application": "PSL^1.2.3^ISO",
        "sending_facilities": {"casa": "ANFA"}, "receiving_facility": "NORTH", "processing_id": "T",
        "acknowledgements": "accept", "authority": "OWN", "empty_fields": "absent", "events": ["ADT^A31"]}}
      """#)
    let casa = profile.feed(clinic: "casa", mapping: profile.mapping(zone: .utc))
    XCTAssertEqual(casa.version.description, "2.4")
    XCTAssertEqual(casa.charset, .latin1)
    XCTAssertEqual([casa.sendingApplication, casa.sendingFacility], ["PSL^1.2.3^ISO", "ANFA"])
    XCTAssertEqual([casa.receivingApplication, casa.receivingFacility], ["", "NORTH"])
    XCTAssertEqual([casa.processingID, casa.authority], ["T", "OWN"])
    XCTAssertEqual(casa.acknowledgement, .accept)
    XCTAssertFalse(casa.sendsNulls)
    XCTAssertEqual(profile.feed(clinic: "rabat", mapping: profile.mapping(zone: .utc)).sendingFacility, "rabat")
    let plain = try HL7PartnerProfile("{}")
    let usual = plain.feed(clinic: "casa", mapping: plain.mapping(zone: .utc))
    XCTAssertEqual([usual.sendingApplication, usual.sendingFacility, usual.authority], ["PASSERELLE", "casa", "casa"])
    XCTAssertTrue(usual.sendsNulls)
    for (text, words) in [
      (#"{"feed": {"verson": "2.5"}}"#, "did you mean version"), (#"{"feed": {"version": "2.2"}}"#, "feed.version"),
      (#"{"feed": {"charset": "UTF-16"}}"#, "feed.charset"), (#"{"feed": {"events": ["ADT^A99"]}}"#, "feed.events"),
      (#"{"feed": []}"#, "feed must be an object"), (#"{"feed": {"authority": "a^b^c^d"}}"#, "feed.authority"),
    ] {
      XCTAssertThrowsError(try HL7PartnerProfile(text)) { error in
        XCTAssertTrue("\(error)".contains(words), "\(error), not \(words)")
      }
    }
  }

  func testCodeMapsTranslateForTheMapping() throws {
    let profile = try HL7PartnerProfile(
      #"""
      {"code_maps": {"gender": {"W": "female"},
        "service": {"7": {"code": "KINE", "system": "urn:x", "display": "Physiotherapy"}}}}
      """#)
    let mapping = profile.mapping(zone: .utc)
    XCTAssertEqual(mapping.codeMaps[.gender]?["W"]?.code, "female")
    XCTAssertEqual(mapping.codeMaps[.service]?["7"], Code(system: "urn:x", code: "KINE", display: "Physiotherapy"))
  }

  /// What docs/mappings names by "code map" can be given in a profile.
  func testEveryPurposeIsTaken() throws {
    for purpose in HL7MappingProfile.Purpose.allCases {
      let text = "{\"code_maps\": {\"\(purpose.rawValue)\": {\"1\": \"x\"}}}"
      let mapping = try HL7PartnerProfile(text).mapping(zone: .utc)
      XCTAssertEqual(mapping.codeMaps[purpose]?["1"]?.code, "x", purpose.rawValue)
    }
  }

  func testEveryFaultIsNamedWithItsPlace() {
    let text = #"""
      {"versions": ["9.9"], "events": ["A08"], "code_maps": {"sex": {"1": "male"}, "gender": {"1": 2}}, "ignored": [],
       "ignore": [{"where": "PV1-2", "reason": "r"}, {"events": ["ADT^A01"], "because": "x"}, {"reason": "all"},
         {"where": "somewhere", "values": ["1"], "reason": "r"}]}
      """#
    XCTAssertThrowsError(try HL7PartnerProfile(text)) { error in
      let faults = String(describing: error)
      for part in [
        "versions must be", "events must be an array of events", "code_maps.sex is nothing",
        "code_maps.gender.1 must be",
        "ignore[1]. values and where", "ignore[2]. reason must", "unknown key \"because\"",
        "ignore[3]. events or where",
        "ignore[4]. where is no path", "unknown key \"ignored\"; did you mean ignore?",
      ] {
        XCTAssertTrue(faults.contains(part), "\(part) in \(faults)")
      }
    }
  }
}
