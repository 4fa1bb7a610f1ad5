import Foundation
import HL7Parser
import XCTest

/// Setting by face and by path: what is set reads back, also after parsing again; nothing else moves by a byte.
final class HL7EditingTests: XCTestCase {
  private func text(_ message: HL7Message) -> String { String(decoding: message.bytes, as: UTF8.self) }

  private func again(_ message: HL7Message) throws -> HL7Message {
    let copy = try HL7Message(parsing: Array(message.bytes))
    XCTAssertEqual(copy.segments.map { Array($0.bytes) }, message.segments.map { Array($0.bytes) })
    return copy
  }

  func testAFaceChangesItsPartAlone() throws {
    var message = try HL7Message(parsing: Fixtures.admit)
    message.PID?.patientName[0].givenName = "Sal|ma\r"
    let expected = String(decoding: Fixtures.admit, as: UTF8.self)
      .replacing("^Salma^L^^Dr", with: #"^Sal\F\ma\X0D\^L^^Dr"#)
    XCTAssertEqual(text(message), expected)
    let copy = try again(message)
    XCTAssertEqual(copy.PID?.patientName[0].givenName, "Sal|ma\r")
    XCTAssertEqual(copy.PID?.patientName[0].familyNameParts.ownSurname, "Bénani")
  }

  func testPartsThatAreNotThereAreMade() throws {
    var message = try HL7Message(parsing: Array("MSH|^~\\&|A\rPID|1\r\n".utf8))
    message.PID?.patientIdentifierList[1].assigningAuthority.universalID = "1.2"
    message.PID?.dateTimeOfBirth.value = try HL7DateTime("19840229")
    XCTAssertEqual(text(message), "MSH|^~\\&|A\rPID|1||~^^^&1.2||||19840229\r\n")
    message.PID?.patientIdentifierList[1].assigningAuthority.universalID = nil
    XCTAssertNil(try again(message).PID?.patientIdentifierList[1].assigningAuthority.universalID)
  }

  func testPathsSetFieldsRepetitionsComponentsAndSubcomponents() throws {
    var message = try HL7Message(parsing: Fixtures.admit)
    try message.set("X&Y", at: "PID-3[2].4.1")
    try message.set(.null, at: "PID-5[2]")
    try message.set(.components(["a", nil, .subcomponents(["b", "c"])]), at: "PID-11")
    try message.set(.absent, at: "PID-13")
    try message.set("note", at: "NTE-3")
    let copy = try again(message)
    XCTAssertEqual(copy["PID-3[2].4.1"].string, "X&Y")
    XCTAssertEqual(copy["PID-3[2].1"].string, "BE12")
    XCTAssertTrue(copy["PID-5[2]"].isNull)
    XCTAssertEqual(copy["PID-11"].bytes.map { $0 }, Array("a^^b&c".utf8))
    XCTAssertTrue(copy["PID-13"].isAbsent)
    XCTAssertEqual(copy["NTE-3"].string, "note")
    XCTAssertEqual(copy["ZPI-2[2]"].string, "more")
  }

  func testWhatCannotBeSetIsRefusedAndChangesNothing() throws {
    var message = try HL7Message(parsing: Fixtures.with("PID|1", charset: "8859/1"))
    let before = message.bytes
    for (content, path) in [("漢", "PID-5.1"), ("x", "MSH-2"), ("x", "PID[3]-1"), ("x", "PID-2000")] {
      XCTAssertThrowsError(try message.set(.text(content), at: path), path)
    }
    XCTAssertEqual(message.bytes, before)
    message.PID?.administrativeSex = "漢"
    XCTAssertEqual(message.notices.first { $0.kind == .notExpressible }?.count, 1)
  }

  func testEverySegmentOfATypeChangesOrNoneDoes() throws {
    var message = try HL7Message(parsing: Array("MSH|^~\\&|A\rNTE|1|L|a\rPID|1\rNTE|2||b|\r\n".utf8))
    message.updateAll(HL7.NTE.self) { $0.sourceOfComment = "P" }
    XCTAssertEqual(text(message), "MSH|^~\\&|A\rNTE|1|P|a\rPID|1\rNTE|2|P|b|\r\n")
    let before = message.bytes
    XCTAssertThrowsError(
      try message.updateAll(HL7.NTE.self) { note in
        if note.setID == "2" { throw CocoaError(.featureUnsupported) }
        note.sourceOfComment = nil
      })
    XCTAssertEqual(message.bytes, before)
  }

  func testSegmentsAreBuiltInsertedAndRemoved() throws {
    var header = HL7.MSH()
    header.messageType.messageCode = "ADT"
    header.messageType.triggerEvent = "A08"
    header.messageControlID = "7"
    header.versionID.versionID = "2.5"
    var message = HL7Message(header)
    var patient = HL7.PID()
    var identifier = HL7.CX()
    identifier.idNumber = "42"
    identifier.assigningAuthority.namespaceID = "CLINIC"
    identifier.assigningAuthority.universalIDType = "ISO"
    patient.patientIdentifierList.append(identifier)
    patient.set(.null, field: 30)
    message.append(patient)
    message.EVN = HL7.EVN()
    message.EVN?.eventTypeCode = "A08"
    XCTAssertEqual(
      text(message),
      "MSH|^~\\&|||||||ADT^A08|7||2.5\rPID|||42^^^CLINIC&&ISO" + String(repeating: "|", count: 27)
        + "\"\"\rEVN|A08\r")
    message.EVN = nil
    message.insert(HL7.EVN().segment, at: 1)
    XCTAssertEqual(try again(message).segments.map(\.name), ["MSH", "EVN", "PID"])
  }

  func testAPartTakesTheFormOfItsPlace() throws {
    var message = try HL7Message(parsing: Fixtures.admit)
    let authority = try XCTUnwrap(message.PID?.patientIdentifierList[0].assigningAuthority)
    message.MSH?.sendingApplication = authority
    XCTAssertEqual(message.MSH?.sendingApplication.element.bytes.map { $0 }, Array("RABAT^1.2.504^ISO".utf8))
  }

  func testANewCharsetIsFollowed() throws {
    var message = try HL7Message(parsing: Fixtures.admit)
    try message.set("8859/1", at: "MSH-18")
    let copy = try again(message)
    XCTAssertEqual(copy.charset, .latin1)
    XCTAssertEqual(copy.PID?.patientName[0].familyName, "Bénani")
  }
}
