import HL7Parser
import XCTest

final class HL7MessageTests: XCTestCase {
  func testReadsByPath() throws {
    let message = try HL7Message(parsing: Fixtures.admit)
    let expected: [(String, String?)] = [
      ("MSH-1", "|"), ("MSH-2", #"^~\&"#), ("MSH-3", "HIS"), ("MSH-9.2", "A01"), ("MSH-10", "M-1"),
      ("PID-3", "P42"), ("PID-3[1].4.1", "RABAT"), ("PID-3[1].4.3", "ISO"), ("PID-3[2].1", "BE12"),
      ("PID-3[2].4.1", "CNI"), ("PID-3[3].1", nil), ("PID-5.1.2", "van"), ("PID-5[2]", "Zahra"),
      ("PID-13[2].4", "salma@example.org"), ("PID-14", nil), ("PID-99", nil), ("NK1[2]-2.2", "Lina"),
      ("NK1[3]-2", nil), ("ZPI-2[2]", "more"), ("ZPI.3.2", "y"), ("OBX-1", nil), ("PID-11.1", "12 rue d&Or"),
      ("PID-5.1.9", nil), ("PID-8.1.1", "F"), ("PID-8.2", nil), ("not a path", nil),
    ]
    for (path, value) in expected { XCTAssertEqual(message[path].string, value, path) }
    XCTAssertEqual(message[try HL7Path("PID-3[2].4")].string, "CNI")
    XCTAssertEqual(message.bytes, Fixtures.admit[...])
    XCTAssertEqual(message.notices, [])
    XCTAssertEqual(message.charset, .utf8)
  }

  func testNullIsNotAbsent() throws {
    let message = try HL7Message(parsing: Fixtures.admit)
    XCTAssertTrue(message["PID-14"].isNull)
    XCTAssertFalse(message["PID-14"].isAbsent)
    XCTAssertTrue(message["PID-15"].isAbsent)
    XCTAssertFalse(message["PID-15"].isNull)
    XCTAssertTrue(message["PID-16"].hasValue)
    let nested = try HL7Message(parsing: Fixtures.with(#"PID|1||42^""^""&x"#))
    XCTAssertTrue(nested["PID-3.2"].isNull)
    XCTAssertTrue(nested["PID-3.3.1"].isNull)
    XCTAssertFalse(nested["PID-3.3"].isNull)
  }

  func testTypedFacesReadTheSameBytes() throws {
    let message = try HL7Message(parsing: Fixtures.admit)
    let patient = try XCTUnwrap(message.PID)
    XCTAssertEqual(patient.patientName[0].familyName, "Bénani")
    XCTAssertEqual(patient.patientName[0].familyNameParts.ownSurnamePrefix, "van")
    XCTAssertEqual(patient.patientName[0].givenName, "Salma")
    XCTAssertEqual(patient.patientName[1].familyName, "Zahra")
    XCTAssertNil(patient.patientName[7].familyName)
    XCTAssertEqual(patient.patientName.map(\.nameTypeCode), ["L", "A"])
    XCTAssertEqual(patient.patientIdentifierList.count, 2)
    XCTAssertEqual(patient.patientIdentifierList[0].assigningAuthority.universalID, "1.2.504")
    XCTAssertEqual(patient.dateTimeOfBirth.value?.isoDate, "1984-02-29")
    XCTAssertEqual(patient.patientAddress[0].streetAddress, "12 rue d&Or")
    XCTAssertEqual(patient.phoneNumberHome.map(\.emailAddress), [nil, "salma@example.org"])
    XCTAssertTrue(patient.phoneNumberBusiness[0].isNull)
    XCTAssertTrue(patient.patientAlias.isEmpty)
    XCTAssertNil(patient.patientAlias.first)
    XCTAssertEqual(message.MSH?.messageType.messageStructure, "ADT_A01")
    XCTAssertEqual(message.PV1?.assignedPatientLocation.bed, "2")
    XCTAssertEqual(message.all(HL7.NK1.self).map { $0.name[0].givenName }, ["Omar", "Lina"])
    XCTAssertNil(message.MRG)
    XCTAssertNil(message.PV2?.admitReason.text)
  }

  func testGroupsKeepWhatBelongsTogether() throws {
    let insurances = try HL7Message(parsing: Fixtures.admit).segments.groups(from: "IN1", closing: ["ZPI"])
    XCTAssertEqual(insurances.map { $0.map(\.name) }, [["IN1", "IN2"], ["IN1"]])
    XCTAssertEqual(insurances[0].IN2?.insuredsEmployeeID[0].idNumber, "EMP-7")
    XCTAssertNil(insurances[1].IN2)
    let resources = try HL7Message(parsing: Fixtures.booking).segments.groups(from: "RGS")
    XCTAssertEqual(resources.map { $0.map(\.name) }, [["RGS", "AIS", "AIL"], ["RGS", "AIP"]])
    XCTAssertEqual(resources[1].AIP?.personnelResourceID[0].familyName, "Idrissi")
    XCTAssertNil(resources[0].AIP)
  }

  func testDelimitersAreTheSendersOwn() throws {
    let bytes = Fixtures.message([
      "MSH#!*?%#A#B#C#D#20260101##ADT!A08#1#P#2.5", "PID#1##42!!!X%1.2%ISO*43##O?F?K!B",
    ])
    let message = try HL7Message(parsing: bytes)
    XCTAssertEqual(message["PID-3[1].4.2"].string, "1.2")
    XCTAssertEqual(message["PID-3[2]"].string, "43")
    XCTAssertEqual(message["PID-5.1"].string, "O#K")
    XCTAssertEqual(message.delimiters.encodingCharacters, Array("!*?%".utf8))
  }

  func testTheTruncationCharacterOfVersion2_7() throws {
    let message = try HL7Message(parsing: Fixtures.with(#"PID|1||42||A\P\B"#, delimiters: #"|^~\&#"#))
    XCTAssertEqual(message.delimiters.truncation, UInt8(ascii: "#"))
    XCTAssertEqual(message["PID-5"].string, "A#B")
  }

  func testFewerDelimitersSplitNothing() throws {
    let message = try HL7Message(parsing: Fixtures.with(#"PID|1||4&2~3^X\F\"#, delimiters: "|^"))
    XCTAssertEqual(message["PID-3.1"].string, "4&2~3")
    XCTAssertEqual(message["PID-3.2"].string, #"X\F\"#)
    XCTAssertEqual(message.notices.map(\.kind), [.fewDelimiters])
  }

  func testTerminators() throws {
    let segments = ["MSH|^~\\&|A|B|||2026||ADT^A08|1|P|2.5", "PID|1||42", "PV1|1|O"]
    for (terminator, kinds) in [("\r", []), ("\r\n", [.lineFeedTerminator]), ("\n", [.lineFeedTerminator])]
      as [(String, [HL7Notice.Kind])]
    {
      let bytes = Fixtures.message(segments, terminator: terminator)
      let message = try HL7Message(parsing: bytes)
      XCTAssertEqual(message.segments.map(\.name), ["MSH", "PID", "PV1"])
      XCTAssertEqual(message["PID-3"].string, "42")
      XCTAssertEqual(message.notices.map(\.kind), kinds)
      XCTAssertEqual(Array(message.bytes), bytes)
    }
    var strict = HL7Options()
    strict.terminators = .carriageReturn
    XCTAssertNoThrow(try HL7Message(parsing: Fixtures.message(segments), options: strict))
    XCTAssertThrowsError(
      try HL7Message(parsing: Fixtures.message(segments, terminator: "\r\n"), options: strict)
    ) { XCTAssertEqual(($0 as? HL7Error)?.code, .invalidSegment) }
  }

  func testALineFeedInTextIsData() throws {
    let message = try HL7Message(parsing: Fixtures.with("NTE|1||first\nsecond"))
    XCTAssertEqual(message["NTE-3"].string, "first\nsecond")
    XCTAssertEqual(message.notices.map(\.kind), [.controlCharacter])
    XCTAssertEqual(message.segments.count, 2)
  }

  func testToleratesAndReportsWhatSurroundsAMessage() throws {
    let plain = Fixtures.message(["MSH|^~\\&|A|B|||2026||ADT^A08|1|P|2.5", "", "PID|1"])
    let bytes = [0xEF, 0xBB, 0xBF] + Array("\r\n ".utf8) + plain.dropLast()
    let message = try HL7Message(parsing: bytes)
    XCTAssertEqual(message.segments.map(\.name), ["MSH", "PID"])
    XCTAssertEqual(
      message.notices.map(\.kind), [.byteOrderMark, .leadingWhitespace, .emptySegment, .missingFinalTerminator])
    XCTAssertEqual(Array(message.bytes), bytes)
  }

  func testAMessageCanBeASlice() throws {
    let whole = Array("junk".utf8) + Fixtures.admit + Array("junk".utf8)
    let slice = whole[4..<(4 + Fixtures.admit.count)]
    let message = try HL7Message(parsing: slice)
    XCTAssertEqual(message["ZPI-3.2"].string, "y")
    XCTAssertEqual(message["PID-5"].bytes, whole[message["PID-5"].bytes.indices])
    XCTAssertEqual(message.segments.last?.name, "ZPI")
  }

  func testPathsAreCheckedOnce() throws {
    let path = try HL7Path("OBX[3]-5[2].1.4")
    XCTAssertEqual(path.description, "OBX[3]-5[2].1.4")
    XCTAssertEqual(
      path.location, HL7Location("OBX", occurrence: 3, field: 5, repetition: 2, component: 1, subcomponent: 4))
    for bad in [
      "", "PI", "pid-3", "PID", "PID-", "PID-0", "PID-3[", "PID-3[0]", "PID-3.", "PID-3.1.1.1", "PID-3 ",
      "PID-99999999",
    ] {
      XCTAssertThrowsError(try HL7Path(bad), bad) { XCTAssertEqual(($0 as? HL7Error)?.code, .invalidPath) }
    }
  }
}
