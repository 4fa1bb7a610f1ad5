import ClinicModel
import HL7Parser
import Mappers
import XCTest

/// OBX and OBR, field by field.
final class HL7ResultMappingTests: XCTestCase {
  private func message(_ lines: String..., profile: HL7MappingProfile = HL7Fixtures.profile) throws -> [ClinicChange] {
    let head = ["PID|||P1", "OBR|1|PL1^HIS|FL1^LAB|PANEL^Panel^L|||202611010810"]
    let text = (["MSH|^~\\&|HIS|CHU-IBN-ROCHD|||20261101080500||ORU^R01|1|P|2.5.1"] + head + lines).joined(
      separator: "\r")
    return try HL7Fixtures.changes(HL7Message(parsing: Array(text.utf8)), profile: profile)
  }

  private func result(_ type: String, _ value: String, unit: String = "") throws -> FieldChange<ObservationValue> {
    let changes = try message("OBX|1|\(type)|X^Thing^LN||\(value)|\(unit)|||||F")
    return try XCTUnwrap(changes.observations.last).value
  }

  func testValuesByType() throws {
    let unit = Code(system: "http://unitsofmeasure.org", code: "g/L", display: nil)
    XCTAssertEqual(
      try result("NM", "5.10", unit: "g/L^^UCUM"), .set(.quantity(comparator: nil, number: "5.10", unit: unit)))
    XCTAssertEqual(try result("NM", "<0.5"), .set(.quantity(comparator: "<", number: "0.5", unit: nil)))
    XCTAssertEqual(try result("SN", ">=^60"), .set(.quantity(comparator: ">=", number: "60", unit: nil)))
    XCTAssertEqual(try result("SN", "^10^-^20"), .set(.range(low: "10", high: "20", unit: nil)))
    XCTAssertEqual(try result("SN", "^1^:^128"), .set(.ratio(numerator: "1", denominator: "128", unit: nil)))
    XCTAssertEqual(try result("SN", "^2^+"), .set(.text("2 +")))
    XCTAssertEqual(try result("NR", "1^3"), .set(.range(low: "1", high: "3", unit: nil)))
    XCTAssertEqual(try result("ST", "clear"), .set(.text("clear")))
    XCTAssertEqual(try result("FT", "one\\.br\\two"), .set(.text("one\ntwo")))
    XCTAssertEqual(
      try result("CWE", "POS^Positive^99L"), .set(.code(Code(system: "urn:id:99L", code: "POS", display: "Positive"))))
    XCTAssertEqual(try result("CE", "A^Alpha~B^Beta"), .set(.text("Alpha\nBeta")))
    XCTAssertEqual(try result("DT", "20261101"), .set(.time("2026-11-01")))
    XCTAssertEqual(try result("TM", "0805"), .set(.time("08:05:00")))
    XCTAssertEqual(try result("NM", "\"\""), .clear)
    XCTAssertEqual(try result("NM", ""), .leave)
    XCTAssertEqual(try result("", ""), .leave, "no value needs no type")
  }

  /// A report is not lost over one value that the laboratory wrote in words.
  func testANumberThatIsNoneIsKeptInWords() throws {
    for (sent, kept) in [("1,5", "1,5 mmol/L"), ("négatif", "négatif mmol/L"), ("1.2E3", "1.2E3 mmol/L")] {
      let message = try HL7Fixtures.message(
        "ORU^R01", "PID|||P1^^^CHU^MR", "OBR|1||1^LAB|P", "OBX|1|NM|X^Test^L||\(sent)|mmol/L|||||F")
      let changes = try HL7Mapping.changes(for: message, profile: HL7Fixtures.profile)
      XCTAssertEqual(changes.changes.observations.last?.value, .set(.text(kept)))
      XCTAssertEqual(changes.warnings.map { "\($0.severity.rawValue) \($0.location?.description ?? "")" }, ["W OBX-5"])
    }
  }

  func testLinesOfOneTextAreOneResult() throws {
    let changes = try message(
      "OBX|1|TX|T^Text^L||first||||||F", "OBX|2|TX|T^Text^L||||||||F", "OBX|3|TX|T^Text^L||third||||||F",
      "NTE|1||a note", "OBX|4|TX|T^Text^L|2|other||||||F")
    XCTAssertEqual(changes.observations.count, 3)
    XCTAssertEqual(changes.observations[1].value, .set(.text("first\n\nthird")))
    XCTAssertEqual(changes.observations[1].comment, .set("a note"))
    XCTAssertNotEqual(changes.observations[1].key, changes.observations[2].key)
    let silenced = try message("OBX|1|TX|T^Text^L||first||||||F", "NTE|1||\"\"")
    XCTAssertEqual(silenced.observations.last?.comment, .clear)
  }

  func testTheSameNumberAndNameIsTheSameResultWhateverTheMapsSay() throws {
    let line = "OBX|1|NM|GLU^Glucose^L||1|||||F"
    var mapped = HL7Fixtures.profile
    mapped.codeMaps[.observation] = ["GLU": Code(system: "http://loinc.org", code: "2345-7")]
    let before = try XCTUnwrap(message(line).observations.last)
    let after = try XCTUnwrap(message(line, profile: mapped).observations.last)
    XCTAssertEqual(before.key, after.key)
    XCTAssertEqual(after.code, Code(system: "http://loinc.org", code: "2345-7", display: "Glucose"))
    var other = HL7Fixtures.profile
    other.partner = "other"
    XCTAssertNotEqual(try message(line, profile: other).observations.last?.key, before.key)
    let twice = try message(line, line).observations
    XCTAssertEqual(Set(twice.map(\.key)).count, 3, "two of one name are told apart by their order")
  }

  func testStatuses() throws {
    let words: [(String, ObservationStatus)] = [
      ("F", .final), ("P", .preliminary), ("C", .corrected), ("D", .enteredInError), ("W", .enteredInError),
      ("X", .cancelled), ("I", .registered), ("A", .amended),
    ]
    for (word, status) in words {
      let changes = try message("OBX|1|NM|X||1||||||\(word)")
      XCTAssertEqual(changes.observations.last?.status, status, word)
    }
    let order = try message("OBX|1|NM|X||||||||O")
    XCTAssertEqual(order.observations.count, 1, "O details the order")
    let text =
      "MSH|^~\\&|HIS|CHU|||20261101||ORU^R01|1|P|2.5.1\rPID|||P1\rOBR|1|||PANEL|||||||||||||||||||||P\rOBX|1|NM|X||1"
    let inherited = try HL7Fixtures.changes(HL7Message(parsing: Array(text.utf8))).observations
    XCTAssertEqual(inherited.map(\.status), [.preliminary, .preliminary], "OBR-25 where OBX-11 is empty")
  }

  func testRanges() throws {
    func range(_ text: String) throws -> ReferenceRange? {
      try message("OBX|1|NM|X||1||\(text)||||F").observations.last?.referenceRange.initial
    }
    XCTAssertEqual(try range("3.5 - 5.1"), ReferenceRange(text: "3.5 - 5.1", low: "3.5", high: "5.1"))
    XCTAssertEqual(try range("-2-2"), ReferenceRange(text: "-2-2", low: "-2", high: "2"))
    XCTAssertEqual(try range("<5"), ReferenceRange(text: "<5", high: "5"))
    XCTAssertEqual(try range("négatif"), ReferenceRange(text: "négatif"))
  }

  func testRefusals() throws {
    func oru(_ lines: String) throws -> HL7Message { try HL7Fixtures.message("ORU^R01", lines) }
    assertRefused(try oru("OBR|1||1|P"), .requiredFieldMissing, "PID")
    assertRefused(try oru("PID|||1"), .requiredFieldMissing, "OBR")
    assertRefused(try oru("PID|||1\rOBX|1|NM|X||1"), .segmentSequenceError, "OBX")
    assertRefused(try oru("PID|||1\rOBR|1||1"), .requiredFieldMissing, "OBR-4")
    assertRefused(try oru("PID|||1\rOBR|1||1|P\rOBX|1|NM|||1"), .requiredFieldMissing, "OBX-3")
    assertRefused(try oru("PID|||1\rOBR|1||1|P\rOBX|1|CQ|X||1,5"), .dataTypeError, "OBX-5")
    assertRefused(try oru("PID|||1\rOBR|1||1|P\rOBX|1|QQ|X||1"), .tableValueNotFound, "OBX-2")
    assertRefused(try oru("PID|||1\rOBR|1||1|P\rOBX|1||X||1"), .requiredFieldMissing, "OBX-2")
    assertRefused(try oru("PID|||1\rOBR|1||1|P\rOBX|1|NM|X||1||||||Q"), .tableValueNotFound, "OBX-11")
    assertRefused(try oru("PID|||1\rOBR|1||1|P\rOBX|1|ED|X||^A^PDF^Rot13^xx"), .tableValueNotFound, "OBX-5.4")
  }

  func testAFileAmongResultsIsADocumentOfTheReport() throws {
    let changes = try message("OBX|1|ED|R^Report^L||^Application^PDF^Base64^JVBERi0=||||||C")
    let document = try XCTUnwrap(changes.documents.first)
    XCTAssertEqual(document.contentType, "application/pdf")
    XCTAssertEqual(document.report, changes.observations.first?.key)
    XCTAssertEqual(document.stage, .set(.amended))
    guard case .base64(let digits, let place) = document.content else { return XCTFail("no content") }
    XCTAssertEqual(String(decoding: digits, as: UTF8.self), "JVBERi0=")
    XCTAssertEqual(place.description, "OBX-5.5")
    let broken = try message("OBX|1|ED|R^Report^L||^Application^PDF^Base64^JVB\\X0D0A\\ERi0=||||||F")
    guard case .base64(let joined, _) = broken.documents.first?.content else { return XCTFail("no content") }
    XCTAssertEqual(String(decoding: joined, as: UTF8.self), "JVBERi0=")
    let empty = try message("OBX|1|ED|R^Report^L||^TEXT^html^Base64^||||||F")
    XCTAssertNil(empty.documents.first?.content, "the results beside it are not lost for an empty file")
    let pointer = try message("OBX|1|RP|R||https://pacs.example/1^PACS^Application^DICOM||||||F")
    XCTAssertEqual(pointer.documents.first?.content, .pointer("https://pacs.example/1"))
    XCTAssertEqual(pointer.documents.first?.contentType, "application/dicom")
  }

  // MARK: MDM

  private func document(_ event: String, txa: String, _ lines: String...) throws -> HL7Message {
    try HL7Fixtures.message("MDM^\(event)", (["PID|||P1", txa] + lines).joined(separator: "\r"))
  }

  func testDocuments() throws {
    let txa = "TXA|1|CN|TX|||20261101083000|||1234^Roe^Ann|||D1^HIS|||||LA||AV||||||A title"
    let one = try HL7Fixtures.changes(
      document("T02", txa: txa, "OBX|1|TX|N||first line", "OBX|2|TX|N||second line")
    ).documents.filter { !$0.onlyWhereKnown }
    XCTAssertEqual(one.count, 1)
    XCTAssertEqual(one[0].content, .text("first line\nsecond line"))
    XCTAssertEqual(one[0].title, .set("A title"))
    XCTAssertEqual(one[0].stage, .set(.final))
    XCTAssertEqual(one[0].number?.value, "D1")
    let edited = try HL7Fixtures.changes(document("T08", txa: txa, "OBX|1|TX|N||new")).documents[0]
    XCTAssertEqual(edited.key, one[0].key)
    XCTAssertEqual(edited.stage, .set(.amended))
    let cancelled = try HL7Fixtures.changes(document("T11", txa: txa)).documents[0]
    XCTAssertEqual(cancelled.status, .enteredInError)
    XCTAssertTrue(cancelled.mustExist)
    let replacing = try HL7Fixtures.changes(
      document("T10", txa: "TXA|1|CN||||||||||D2^HIS|D1^HIS", "OBX|1|TX|N||new")
    ).documents
    XCTAssertEqual(replacing[0].replaces, one[0].key)
    XCTAssertTrue(replacing.contains { $0.key == one[0].key && $0.status == .superseded && $0.onlyWhereKnown })
  }

  func testDocumentRefusals() throws {
    assertRefused(try HL7Fixtures.message("MDM^T02", "PID|||1"), .requiredFieldMissing, "TXA")
    assertRefused(try document("T02", txa: "TXA|1|CN"), .requiredFieldMissing, "TXA-12")
    assertRefused(try document("T02", txa: "TXA|1|CN||||||||||D1"), .requiredFieldMissing, "OBX")
    assertRefused(try document("T06", txa: "TXA|1|CN||||||||||D1", "OBX|1|TX|N||x"), .requiredFieldMissing, "TXA-13")
    assertRefused(
      try document("T10", txa: "TXA|1|CN||||||||||D1|D1", "OBX|1|TX|N||x"), .duplicateKeyIdentifier, "TXA-13")
    let files = (1...9).map { "OBX|\($0)|RP|N||file:\($0)" }.joined(separator: "\r")
    assertRefused(try document("T02", txa: "TXA|1|CN||||||||||D1", files), .valueTooLong, "OBX[9]")
  }
}
