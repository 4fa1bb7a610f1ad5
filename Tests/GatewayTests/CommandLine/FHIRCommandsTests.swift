import FHIRModels
import Foundation
import JSON
import Synchronization
import XCTest

@testable import Gateway

/// `passerelle fhir …` as a shell sees it: what it writes, and how it ends.
final class FHIRCommandsTests: XCTestCase {
  private var folder = ""

  override func setUpWithError() throws {
    let place = FileManager.default.temporaryDirectory.appendingPathComponent("passerelle-fhir-\(UUID())")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    folder = place.path
    addTeardownBlock { try? FileManager.default.removeItem(at: place) }
  }

  @discardableResult
  private func file(_ name: String, _ content: String) throws -> String {
    let path = "\(folder)/\(name)"
    let parent = URL(fileURLWithPath: path).deletingLastPathComponent()
    try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
    try Data(content.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  private func run(_ words: String...) async -> (code: ExitCode, output: String, errors: String) {
    let written = Mutex((output: "", errors: ""))
    let dispatcher = CommandDispatcher(
      version: "9",
      [
        Command(.fhirCheck, FHIRCommands.check), Command(.fhirConvert, FHIRCommands.convert),
        Command(.fhirPath, FHIRCommands.path), Command(.fhirValidate, FHIRCommands.validate),
      ],
      output: { bytes in written.withLock { $0.output += String(decoding: bytes, as: UTF8.self) } },
      errors: { text in written.withLock { $0.errors += text } })
    let code = await dispatcher.run(["fhir"] + words, environment: [:])
    return (code, written.withLock { $0.output }, written.withLock { $0.errors })
  }

  private let patient = """
    {"resourceType":"Patient","id":"p1","text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">A</div>"},
    "name":[{"family":"Idrissi","given":["Salma","Z"],"_given":[null,{"id":"g2"}]}],"birthDate":"1980-02"}
    """
  private let observation = """
    <Observation xmlns="http://hl7.org/fhir"><!-- a comment --><status value="final"/>
      <code><text value="weight"/></code><valueQuantity><value value="72.50"/><unit value="kg"/></valueQuantity>
    </Observation>
    """

  // MARK: check

  func testEveryFileBelowAFolderIsChecked() async throws {
    try file("a/patient.json", patient)
    try file("a/b/observation.xml", observation)
    try file("a/notes.txt", "not FHIR")
    try file("a/.hidden.json", "not FHIR")
    let all = await run("check", "--roundtrip-only", folder)
    XCTAssertEqual(all.code, .success)
    XCTAssertEqual(all.output, "2 passed, 0 failed\n")
    XCTAssertEqual(all.errors, "")
  }

  func testAFailureNamesFilePlaceByteAndReason() async throws {
    let good = try file("good.json", patient)
    let bad = try file("bad.json", #"{"resourceType":"Patient","name":[{"family":5}],"birthDate":"1980-13"}"#)
    let text = try file("text.json", "hello")
    let result = await run("check", good, bad, text)
    XCTAssertEqual(result.code, .failure)
    XCTAssertEqual(result.errors, "")
    let lines = result.output.split(separator: "\n").map(String.init)
    XCTAssertEqual(lines.count, 4, result.output)
    XCTAssertEqual(lines[0], "\(bad): Patient.name[0].family: Expected a string (byte 44)")
    XCTAssertTrue(lines[1].hasPrefix("\(bad): Patient.birthDate: "), lines[1])
    XCTAssertTrue(lines[1].hasSuffix("(byte 61)"), lines[1])
    XCTAssertEqual(lines[2], "\(text): The document begins neither as JSON nor as XML (byte 0)")
    XCTAssertEqual(lines[3], "1 passed, 2 failed")
  }

  func testResultsForPrograms() async throws {
    let bad = try file("bad.xml", #"<Patient xmlns="http://hl7.org/fhir"><active value="maybe"/></Patient>"#)
    let result = await run("check", "--json", bad)
    XCTAssertEqual(result.code, .failure)
    let lines = try result.output.split(separator: "\n").map { try JSONValue.parse(String($0)) }
    XCTAssertEqual(lines.count, 2)
    XCTAssertEqual(lines[0]["file"]?.string, bad)
    XCTAssertEqual(lines[0]["issues"]?[0]?["expression"]?.string, "Patient.active")
    XCTAssertEqual(lines[0]["issues"]?[0]?["offset"]?.int, 37)
    XCTAssertEqual(lines[1]["passed"]?.int, 0)
    XCTAssertEqual(lines[1]["failed"]?.int, 1)
  }

  func testManyFilesKeepTheirOrder() async throws {
    for index in 0..<300 {
      try file(
        "f\(1_000 + index).json", index % 3 == 0 ? "{}" : #"{"resourceType":"Basic","code":{"text":"\#(index)"}}"#)
    }
    let result = await run("check", "--roundtrip-only", folder)
    let lines = result.output.split(separator: "\n").map(String.init)
    XCTAssertEqual(lines.last, "200 passed, 100 failed")
    XCTAssertEqual(lines.dropLast(), lines.dropLast().sorted()[...])
  }

  func testWhatIsNotThereIsNamed() async throws {
    let absent = await run("check", "\(folder)/nothing")
    XCTAssertEqual(absent.code, .notFound)
    XCTAssertEqual(absent.output, "\(folder)/nothing: No such file or directory\n0 passed, 1 failed\n")
    let empty = await run("check", folder)
    XCTAssertEqual(empty.code, .notFound)
    XCTAssertTrue(empty.output.contains("no .json, .xml or .ndjson file stands below this folder"), empty.output)
    let validated = await run("validate", "\(folder)/nothing")
    XCTAssertEqual(validated.code, .notFound)
    XCTAssertTrue(validated.output.hasSuffix("0 valid, 1 invalid\n"), validated.output)
    // The others are checked all the same; among failures of documents it is one of them.
    let good = try file("Good.JSON", #"{"resourceType":"Basic","code":{"text":"c"}}"#)
    let bad = try file("bad.json", " ")
    let mixed = await run("check", "\(folder)/nothing", good, bad)
    XCTAssertEqual(mixed.code, .failure)
    XCTAssertEqual(
      mixed.output,
      "\(folder)/nothing: No such file or directory\n\(bad): The document is empty (byte 0)\n1 passed, 2 failed\n")
    let below = await run("check", folder)
    XCTAssertTrue(below.output.hasSuffix("1 passed, 1 failed\n"), below.output)
    let usage = await run("check")
    XCTAssertEqual(usage.code, .usage)
  }

  /// Longer than what XML is else read of, and in the other format longer still.
  func testLargeDocumentsAreChecked() async throws {
    let data = String(repeating: "A", count: 17 << 20)
    try file(
      "a.xml",
      "<Binary xmlns=\"http://hl7.org/fhir\"><contentType value=\"image/png\"/><data value=\"\(data)\"/></Binary>")
    let result = await run("check", "--roundtrip-only", folder)
    XCTAssertEqual(result.output, "1 passed, 0 failed\n")
  }

  func testSpaceAroundANarrativeIsNoLoss() async throws {
    let spaced = try file("a.json", patient.replacingOccurrences(of: #""<div"#, with: #""\n  <div"#))
    let result = await run("check", spaced)
    XCTAssertEqual(result.output, "1 passed, 0 failed\n")
  }

  func testCheckValidatesUnlessToldNotTo() async throws {
    let path = try file("p.json", #"{"resourceType":"Patient","name":[{"text":"A","use":"mine"}]}"#)
    let result = await run("check", path)
    XCTAssertEqual(result.code, .failure)
    let lines = result.output.split(separator: "\n").map(String.init)
    XCTAssertEqual(lines.count, 2, result.output)
    XCTAssertTrue(lines[0].hasPrefix("\(path): Patient.name[0].use: The code is not in the value set"), lines[0])
    XCTAssertTrue(lines[0].hasSuffix("(byte 52)"), lines[0])
    let only = await run("check", "--roundtrip-only", path)
    XCTAssertEqual(only.output, "1 passed, 0 failed\n")
  }

  func testEveryLineOfAnExportIsADocument() async throws {
    let good = #"{"resourceType":"Basic","code":{"text":"c"}}"#
    let path = try file("a.ndjson", good + "\n\n" + #"{"resourceType":"Basic","code":{"txt":"c"}}"# + "\n" + good)
    let result = await run("check", folder)
    XCTAssertEqual(result.code, .failure)
    let lines = result.output.split(separator: "\n").map(String.init)
    // The second document begins at byte 46.
    XCTAssertEqual(lines.first, "\(path): Basic.code: line 3: \"txt\" is not an element of CodeableConcept (byte 78)")
    XCTAssertEqual(lines.last, "0 passed, 1 failed")
    try file("a.ndjson", good + "\n" + good + "\n")
    let passed = await run("check", folder)
    XCTAssertEqual(passed.output, "1 passed, 0 failed\n")
  }

  /// A file of lines is read in pieces, whatever their size beside the lines'.
  func testLinesAreReadInPieces() throws {
    let path = try file("a.ndjson", "one\n\r\n  \nand a long one\r\nlast")
    for pieceBytes in 1...30 {
      var lines = try FHIRLines(path, maximumLineBytes: 8, pieceBytes: pieceBytes)
      var found: [String] = []
      while let line = try lines.next() {
        found.append("\(line.number) \(line.offset) \(line.isTooLong) \(String(decoding: line.bytes, as: UTF8.self))")
      }
      XCTAssertEqual(found, ["1 0 false one", "4 9 true ", "5 25 false last"], "\(pieceBytes)")
    }
    do {
      _ = try FHIRLines("\(folder)/nothing", maximumLineBytes: 8)
      XCTFail("a file that is not there was opened")
    } catch {
      XCTAssertEqual(error.reason, "No such file or directory")
    }
  }

  // MARK: validate

  func testFindingsWithTheirSeverity() async throws {
    let path = try file(
      "p.xml", #"<Patient xmlns="http://hl7.org/fhir"><contact><gender value="male"/></contact></Patient>"#)
    let result = await run("validate", path)
    XCTAssertEqual(result.code, .failure)
    let lines = result.output.split(separator: "\n").map(String.init)
    XCTAssertEqual(lines.count, 3, result.output)
    XCTAssertTrue(lines[0].hasPrefix("\(path): error: Patient.contact[0]: pat-1: "), lines[0])
    XCTAssertTrue(lines[0].hasSuffix("(byte 37)"), lines[0])
    XCTAssertTrue(lines[1].hasPrefix("\(path): warning: Patient: dom-6: "), lines[1])
    XCTAssertEqual(lines[2], "0 valid, 1 invalid")
    let json = await run("validate", "--json", path)
    let outcome = try JSONValue.parse(String(json.output.split(separator: "\n")[0]))["outcome"]
    XCTAssertEqual(outcome?["resourceType"]?.string, "OperationOutcome")
    XCTAssertEqual(outcome?["issue"]?[0]?["expression"]?[0]?.string, "Patient.contact[0]")
  }

  func testProfilesFromFiles() async throws {
    let profile = try file(
      "profile.json",
      #"""
      {"resourceType":"StructureDefinition","url":"https://passerelle.test/p","name":"P","status":"active","abstract":false,
      "kind":"resource","type":"Patient","derivation":"constraint",
      "baseDefinition":"http://hl7.org/fhir/StructureDefinition/Patient",
      "differential":{"element":[{"path":"Patient.birthDate","min":1}]}}
      """#)
    let good = try file("good.json", patient)
    let bad = try file("bad.json", #"{"resourceType":"Patient","active":true}"#)
    try file("observation.xml", observation)
    let valid = await run("validate", good, "--profile", profile)
    XCTAssertEqual(valid.code, .success)
    XCTAssertEqual(valid.output, "1 valid, 0 invalid\n")
    let result = await run("validate", bad, "\(folder)/observation.xml", "--profile", profile)
    XCTAssertTrue(result.output.contains("\(bad): error: Patient.birthDate: At least 1 must be present"), result.output)
    XCTAssertTrue(result.output.hasSuffix("1 valid, 1 invalid\n"), result.output)
    let other = await run("validate", bad, "--profile", good)
    XCTAssertEqual(other.code, .failure)
    XCTAssertTrue(other.errors.contains("is a Patient without url; --profile takes definitions"), other.errors)
  }

  // MARK: convert

  func testADocumentIsCarriedThereAndBack() async throws {
    let path = try file("patient.json", patient)
    let xml = await run("convert", "--to", "xml", path)
    XCTAssertEqual(xml.code, .success)
    XCTAssertTrue(xml.output.contains("<birthDate value=\"1980-02\"/>"), xml.output)
    let back = await run("convert", "--to", "json", "--compact", try file("patient.xml", xml.output))
    XCTAssertEqual(try JSONValue.parse(back.output), try JSONValue.parse(patient))
    XCTAssertEqual(back.output.split(separator: "\n").count, 1)
    let wrapped = await run("convert", "--to", "xml", "--compact", "--json", path)
    let document = try XCTUnwrap(try JSONValue.parse(wrapped.output)["document"]?.string)
    XCTAssertTrue(document.contains("?><Patient xmlns"), document)
  }

  func testWhatCannotBeConvertedSaysWhy() async throws {
    let bad = await run("convert", "--to", "xml", try file("bad.json", #"{"resourceType":"Patient","nme":[]}"#))
    XCTAssertEqual(bad.code, .failure)
    XCTAssertEqual(bad.output, "")
    XCTAssertTrue(bad.errors.contains("bad.json: Patient: \"nme\" is not an element of Patient (byte 26)"), bad.errors)
    let absent = await run("convert", "--to", "xml", "\(folder)/nothing.json")
    XCTAssertEqual(absent.code, .notFound)
    let format = await run("convert", "--to", "yaml", "x")
    XCTAssertEqual(format.code, .usage)
    XCTAssertTrue(format.errors.contains("--to takes json, xml"), format.errors)
  }

  // MARK: path

  func testAnExpressionIsEvaluated() async throws {
    let path = try file("patient.json", patient)
    let given = await run("path", "name.given", path)
    XCTAssertEqual(given.code, .success)
    XCTAssertTrue(given.output.hasPrefix("Salma\n"), given.output)
    let name = await run("path", "name", path)
    XCTAssertEqual(try JSONValue.parse(name.output)["family"]?.string, "Idrissi")
    let none = await run("path", "photo", path)
    XCTAssertEqual(none.code, .success)
    XCTAssertEqual(none.output, "")
    let quantity = await run("path", "value.value", try file("observation.xml", observation))
    XCTAssertEqual(quantity.output, "72.50\n")
    let json = await run("path", "--json", "name.family | birthDate", path)
    let items = try JSONValue.parse(json.output)
    XCTAssertEqual(items[0]?["path"]?.string, "Patient.name[0].family")
    XCTAssertEqual(items[0]?["type"]?.string, "FHIR.string")
    XCTAssertEqual(items[1]?["value"]?.string, "1980-02")
  }

  func testAnExpressionThatIsNoneSaysWhere() async throws {
    let path = try file("patient.json", patient)
    let wrong = await run("path", "name.where(", path)
    XCTAssertEqual(wrong.code, .usage)
    XCTAssertTrue(wrong.errors.contains("byte 11 of the expression"), wrong.errors)
    let evaluated = await run("path", "(name.given | id).toString()", path)
    XCTAssertEqual(evaluated.code, .failure)
    XCTAssertTrue(evaluated.errors.hasPrefix("passerelle: the expression: "), evaluated.errors)
  }
}
