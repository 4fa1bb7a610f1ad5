import FHIRModels
import XCTest

/// JSON that somebody wrote to do harm, or that no care was taken of.
final class HostileJSONTests: XCTestCase {
  private func check(
    _ text: String, _ code: IssueType = .structure, at expression: String?, byte: Int? = nil, line: UInt = #line
  ) {
    check(Array(text.utf8), code, at: expression, byte: byte, line: line)
  }

  private func check(
    _ document: [UInt8], _ code: IssueType = .structure, at expression: String?, byte: Int? = nil,
    file: StaticString = #filePath, line: UInt = #line
  ) {
    Hostile.check(document, .json, code, at: expression, byte: byte, file: file, line: line)
  }

  private let head = #"{"resourceType":"Patient","#

  func testCharacters() {
    check([0xEF, 0xBB, 0xBF] + Array((head + #""id":"x"}"#).utf8), at: nil, byte: 0)
    check([0xFF, 0xFE, 0x7B, 0], at: nil, byte: 0)
    check([0x7B, 0], at: nil, byte: 1)
    let family = head + #""name":[{"family":"a"#
    let start = family.utf8.count
    for (bad, at) in [
      (#"\ud800"#, 0), (#"\udc00"#, 0), (#"\ud800\u0041"#, 0), (#"\udbff\ud800"#, 0), (#"\ud83d\ude00\ude00"#, 12),
      (#"\u0000"#, 0), (#"\u12"#, 0), (#"\x41"#, 0),
    ] {
      check(family + bad + #""}]}"#, at: "Patient.name[0].family", byte: start + at)
    }
    for bad: [UInt8] in [
      [0], [0x1F], [0x0A], [0x80], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC3, 0x28], [0xFE],
    ] {
      let document = Array(family.utf8) + bad + Array(#""}]}"#.utf8)
      check(document, at: "Patient.name[0].family", byte: start)
    }
  }

  func testKeysThatStandTwice() {
    check(head + #""active":true,"active":false}"#, at: "Patient.active", byte: 40)
    check(head + #""active":true,"\u0061ctive":false}"#, at: "Patient.active", byte: 40)
    check(head + #""_birthDate":{"id":"a"},"_birthDate":{"id":"b"}}"#, at: "Patient.birthDate")
    check(head + #""resourceType":"Group"}"#, at: "Patient")
    check(head + #""name":[{"extension":[{"url":"u","url":"v"}]}]}"#, at: "Patient.name[0].extension[0].url")
  }

  func testNumbers() {
    func invoice(_ number: String) -> String {
      #"{"resourceType":"Invoice","status":"issued","totalNet":{"value":"# + number + "}}"
    }
    let place = "Invoice.totalNet.value"
    for bad in ["01", "+1", ".5", "1.", "1.e5", "1e", "1e+", "-", "--1", "0x10", "NaN", "Infinity", "1_000", "1,0"] {
      // What begins as a number breaks off behind it.
      check(invoice(bad), at: ["0x10", "1_000", "1,0"].contains(bad) ? "Invoice.totalNet" : place)
    }
    check(invoice(String(repeating: "9", count: 257)), .tooCostly, at: place, byte: 64)
    check(invoice("1e" + String(repeating: "9", count: 10_000_000)), .tooCostly, at: place, byte: 64)
    // Huge but a number: its text is kept, and taking it as money or a fraction is answered at once.
    for text in [String(repeating: "9", count: 256), "1e999999999", "-1e-999999999", "1E+4000000000000000000000"] {
      let read = try? Invoice(json: Array(invoice(text).utf8))
      XCTAssertEqual(read?.totalNet?.value?.text, text)
      XCTAssertNil(read?.totalNet?.value?.minorUnits(scale: 2))
      XCTAssertNotNil(read?.totalNet?.value?.double)
      XCTAssertEqual(try? read?.xml().isEmpty, false)
    }
    for whole in ["2147483648", "-2147483649", "1e1", "1.0", "99999999999999999999"] {
      check(head + #""multipleBirthInteger":"# + whole + "}", .value, at: "Patient.multipleBirth")
    }
  }

  func testDepth() {
    let repeated = { (piece: String) in Array(String(repeating: piece, count: 100_000).utf8) }
    check(repeated("["), at: nil, byte: 0)
    check(repeated(#"{"a":"#), .tooCostly, at: nil)
    check(Array(head.utf8) + Array(#""x":"#.utf8) + repeated("["), .structure, at: "Patient")
    check(Array((head + #""extension":["#).utf8) + repeated(#"{"url":"u","extension":["#), .tooCostly, at: deep)
    let entry = #"{"resourceType":"Bundle","type":"collection","entry":[{"resource":"#
    Hostile.checkCost(repeated(entry), .json, "bundles in bundles")
  }

  /// Whatever the caller allows, a document cannot use up the stack.
  func testDepthHasABoundOfItsOwn() {
    var options = FHIRDecodingOptions.strict
    options.limits.depth = .max
    let open = String(repeating: #"{"url":"u","extension":["#, count: 100_000)
    let json = Array((head + #""extension":["# + open).utf8)
    XCTAssertEqual(Hostile.issues(json, .json, options: options).last?.code, .tooCostly)
    let tags = String(repeating: "<extension url=\"u\">", count: 100_000)
    let xml = Array(("<Patient xmlns=\"http://hl7.org/fhir\">" + tags).utf8)
    XCTAssertEqual(Hostile.issues(xml, .xml, options: options).last?.code, .tooCostly)
    // What is that deep is read, written and compared.
    let levels = 250
    let whole =
      head + #""extension":["# + String(repeating: #"{"extension":["#, count: levels)
      + #"{"url":"u","valueInteger":1}"# + String(repeating: #"],"url":"u"}"#, count: levels) + "]}"
    options.limits.depth = 512
    let read = try? AnyResource.decode(json: Array(whole.utf8), options: options).value
    XCTAssertEqual(read.map { String(decoding: $0.json(), as: UTF8.self) }, whole)
    let crossed = (try? read?.xml()).flatMap { try? AnyResource.decode(xml: $0, options: options).value }
    XCTAssertEqual(crossed, read)
    XCTAssertNotNil(crossed)
  }

  private var deep: String { "Patient" + String(repeating: ".extension[0]", count: 32) }

  func testDocumentsOfOtherShapes() {
    check("", at: nil, byte: 0)
    check(" \n", at: nil, byte: 2)
    check("[]", at: nil, byte: 0)
    check("null", at: nil, byte: 0)
    check("{}", at: nil, byte: 0)
    check(head + #""id":"x"}{"resourceType":"Patient"}"#, at: "Patient", byte: 35)
    check(head + #""id":"x",}"#, at: "Patient")
    check(head + #"id:"x"}"#, at: "Patient", byte: 26)
    check(head + #"'id':'x'}"#, at: "Patient", byte: 26)
    check(head + #"// c"#, at: "Patient", byte: 26)
    check(#"{"resourceType":null}"#, at: nil)
    check(#"{"resourceType":["Patient"]}"#, at: nil)
  }

  /// Each costs no more than its size lets it: see `Hostile.checkCost`.
  func testCosts() {
    let many = 200_000
    func list(_ head: String, _ item: String, _ tail: String) -> [UInt8] {
      Array((head + String(repeating: item + ",", count: many) + item + tail).utf8)
    }
    let keys = (0..<many).map { "\"k\($0)\":1" }.joined(separator: ",")
    let same = String(repeating: #""active":true,"#, count: many)
    let nested = String(repeating: #"{"contained":["#, count: 20) + String(repeating: " ", count: 1 << 21)
    Hostile.checkCost(Array((head + keys + "}").utf8), .json, "unknown keys")
    Hostile.checkCost(Array((head + same + #""id":"x"}"#).utf8), .json, "one key again and again")
    Hostile.checkCost(list(head + #""name":["#, "{}", "]}"), .json, "empty objects")
    Hostile.checkCost(list(head + #""name":[{"given":["#, "null", "]}]}"), .json, "gaps")
    Hostile.checkCost(list(head + #""name":[{"given":["#, "\"a\"", "]}]}"), .json, mayPass: true, "small texts")
    Hostile.checkCost(list(head + #""x":["#, "[]", "]}"), .json, "what is skipped")
    Hostile.checkCost(Array((#"{"contained":["# + nested).utf8), .json, "types that come last")
    let long = String(repeating: "\\u00e9", count: 500_000)
    Hostile.checkCost(Array((head + #""name":[{"family":""# + long + "\"}],1").utf8), .json, "one long text")
    let tags = String(repeating: "<b>", count: many)
    Hostile.checkCost(Array((head + #""text":{"status":"generated","div":"<div>"# + tags + "\"}}").utf8), .json, "tags")
  }

  func testLenientReadingIsBoundedToo() {
    let many = 50_000
    // Much that is unknown above, and much that closes below it.
    let keys = (0..<many).map { "\"k\($0)\":1" }.joined(separator: ",")
    let names = String(repeating: #"{"text":"a"},"#, count: many) + #"{"x":1}"#
    let document = Array((head + keys + #","name":["# + names + "]}").utf8)
    Hostile.checkCost(document, .json, options: .lenient, mayPass: true, "unknown keys above many elements")
    let more = (0..<200_000).map { "\"k\($0)\":1" }.joined(separator: ",")
    let issues = Hostile.issues(Array((head + more + "}").utf8), .json, options: .lenient)
    XCTAssertEqual(issues.last?.code, .tooCostly)
    XCTAssertEqual(issues.last?.expression, "Patient")
  }

  func testLimitsAreTheCallers() {
    var options = FHIRDecodingOptions.strict
    let document = Array((head + #""name":[{"given":["a","b"]}]}"#).utf8)
    func code(_ change: (inout DocumentLimits) -> Void) -> IssueType? {
      options.limits = DocumentLimits()
      change(&options.limits)
      return Hostile.issues(document, .json, options: options).last?.code
    }
    XCTAssertNil(code { $0.bytes = document.count })
    XCTAssertEqual(code { $0.bytes = document.count - 1 }, .tooCostly)
    XCTAssertNil(code { $0.depth = 4 })
    XCTAssertEqual(code { $0.depth = 3 }, .tooCostly)
    XCTAssertEqual(code { $0.values = 5 }, .tooCostly)
  }
}
