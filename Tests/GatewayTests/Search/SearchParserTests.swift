import TestSupport
import XCTest

@testable import Gateway

final class SearchParserTests: XCTestCase {
  private var settings: SearchParser.Settings {
    var settings = SearchParser.Settings(dates: .init(now: 0) { _ in 0 })
    settings.bases = ["https://gate.example/fhir/casa"]
    return settings
  }

  private func parse(_ text: String, _ type: String = "Patient", lenient: Bool = false) throws -> SearchRequest {
    var settings = settings
    settings.isLenient = lenient
    return try SearchParser.parse(
      try QueryString(parsing: text.utf8, maximumPairs: 500), type: type, settings: settings)
  }

  private func issues(_ text: String, _ type: String = "Patient", lenient: Bool = false) -> [SearchIssue] {
    do {
      _ = try parse(text, type, lenient: lenient)
      return []
    } catch let error as SearchError {
      return error.issues
    } catch {
      return [SearchIssue("query", "", "\(error)")]
    }
  }

  private func tests(_ text: String, _ type: String = "Patient") throws -> [SearchCriterion.Test] {
    try parse(text, type).criteria.map(\.test)
  }

  // MARK: Query strings

  func testPairsAreDecodedStrictly() throws {
    let query = try QueryString(parsing: "a=1&&b=%C3%A9+x&c&d==&%61=%2B".utf8, maximumPairs: 10)
    XCTAssertEqual(query.pairs.map(\.name), ["a", "b", "c", "d", "a"])
    XCTAssertEqual(query.pairs.map(\.value), ["1", "é x", "", "=", "+"])
    for wrong in [
      "a=%", "a=%2", "a=%zz", "%=a", "a=%C3", "a=%C3%28", "a=%ED%A0%80", "a=%00", "a=%0A", "a=%7F", "a=%2&b=5", "a=\n",
    ] {
      XCTAssertThrowsError(try QueryString(parsing: wrong.utf8, maximumPairs: 10), wrong)
    }
    XCTAssertThrowsError(try QueryString(parsing: [0x61, 0x3D, 0xFF], maximumPairs: 10))
    XCTAssertThrowsError(try QueryString(parsing: "a=1&b=2&c=3".utf8, maximumPairs: 2)) {
      XCTAssertEqual(($0 as? QueryString.Failure)?.offset, 8)
    }
  }

  func testAnyTextComesBackFromItsEncoding() throws {
    var random = SeededGenerator(seed: 11)
    let alphabet = Array("abzZ09-._~:,/?#[]@!$&'()*+;=%|\\ \"éß漢🙂")
    for _ in 0..<2_000 {
      let text = String(
        (0..<Int.random(in: 1..<20, using: &random)).compactMap { _ in alphabet.randomElement(using: &random) })
      let query = QueryString([.init(text, text), .init("x", "")])
      XCTAssertEqual(try QueryString(parsing: query.encoded().utf8, maximumPairs: 5), query)
    }
  }

  // MARK: Values

  func testStringsAndTheirModifiers() throws {
    XCTAssertEqual(try tests("family=Al,Be"), [.strings(["Al", "Be"], .startsWith)])
    XCTAssertEqual(try tests("family:exact=O%5C,Hara"), [.strings(["O,Hara"], .exact)])
    XCTAssertEqual(
      try tests("name:contains=a%5C%5Cb&given=x"), [.strings(["a\\b"], .contains), .strings(["x"], .startsWith)])
    XCTAssertEqual(try tests("family:missing=true"), [.isMissing(true)])
    XCTAssertEqual(try tests("family=a&family=b").count, 2, "repeated parameters all hold")
  }

  func testTokens() throws {
    func token(_ system: SearchToken.System, _ code: String?) -> SearchToken { SearchToken(system: system, code: code) }
    XCTAssertEqual(
      try tests("identifier=urn:x|A1,|B,C,urn:y|"),
      [
        .tokens(
          [token(.uri("urn:x"), "A1"), token(.absent, "B"), token(.any, "C"), token(.uri("urn:y"), nil)],
          isNegated: false)
      ])
    XCTAssertEqual(try tests("gender:not=male"), [.tokens([token(.any, "male")], isNegated: true)])
    XCTAssertEqual(try tests("identifier=a%5C|b"), [.tokens([token(.any, "a|b")], isNegated: false)])
    XCTAssertEqual(try tests("identifier=a%5C%5C|b"), [.tokens([token(.uri("a\\"), "b")], isNegated: false)])
  }

  func testReferences() throws {
    func one(_ text: String, _ type: String = "Appointment") throws -> SearchReference? {
      guard case .references(let references)? = try tests(text, type).first else { return nil }
      return references.first
    }
    XCTAssertEqual(try one("patient=Patient/1"), .local(types: ["Patient"], id: "1"))
    XCTAssertEqual(try one("patient=1"), .local(types: ["Patient"], id: "1"))
    XCTAssertEqual(try one("actor=1"), .local(types: ["Patient", "Practitioner", "Location"], id: "1"))
    XCTAssertEqual(try one("actor:Location=1"), .local(types: ["Location"], id: "1"))
    XCTAssertEqual(try one("actor:Location=Location/1"), .local(types: ["Location"], id: "1"))
    XCTAssertEqual(try one("patient=https://gate.example/fhir/casa/Patient/a-1"), .local(types: ["Patient"], id: "a-1"))
    let others = ["https://gate.example/fhir/paris/Patient/1", "http://gate.example/fhir/casa/Patient/1", "urn:uuid:1"]
    for other in others { XCTAssertEqual(try one("patient=\(other)"), .foreign(other)) }
    for wrong in [
      "patient=Practitioner/1", "actor:Location=Patient/1", "patient:Location=1", "patient=Patient/",
      "patient=Patient/1/2",
      "patient=Patient/1/_history/2", "patient=/1", "patient=a_b", "patient=https://gate.example/fhir/casa/1",
      "patient=\(String(repeating: "a", count: 65))", "patient:identifier=x", "patient=../1",
    ] { XCTAssertEqual(issues(wrong, "Appointment").count, 1, wrong) }
  }

  func testDatesAndDays() throws {
    guard case .dates(let dates)? = try tests("birthdate=ge1980,lt1970-05-01").first else { return XCTFail("no dates") }
    XCTAssertEqual(dates.map(\.prefix), [.ge, .lt])
    XCTAssertEqual(
      issues("birthdate=1980-02-30"),
      [SearchIssue("value", "birthdate", "\"1980-02-30\": there is no day 30 in month 2 of 1980")])
    XCTAssertEqual(issues("birthdate=1980-02-01T10:00").first?.expression, "http.birthdate")
    XCTAssertEqual(try tests("_lastUpdated=gt2024-01-01T00:00:00Z").count, 1)
  }

  // MARK: Results

  func testResultParameters() throws {
    let request = try parse("_count=5000&_sort=-birthdate,_id&_total=accurate&family=a&_format=json&_pretty=true")
    XCTAssertEqual(request.count, 1_000)
    XCTAssertEqual(request.sort.map(\.parameter.name), ["birthdate", "_id"])
    XCTAssertEqual(request.sort.map(\.isDescending), [true, false])
    XCTAssertEqual(request.total, .accurate)
    XCTAssertEqual(request.presentation, SearchPresentation(format: "json", isPretty: true))
    XCTAssertEqual(request.query.encoded(), "_count=5000&_sort=-birthdate,_id&_total=accurate&family=a")
    XCTAssertEqual(try parse("").count, 20)
    XCTAssertTrue(try parse("_summary=count").isCountOnly)
    XCTAssertTrue(try parse("_count=0").isCountOnly)
    XCTAssertFalse(try parse("_summary=false").isCountOnly)
    for wrong in [
      "_count=-1", "_count=a", "_count=1&_count=2", "_count=99999999999999999999", "_count=", "_count=%2B5",
      "_sort=phone",
      "_sort=family,family", "_sort=family,-family", "_sort=", "_sort=,", "_sort=-", "_sort=--family",
      "_sort=_id,family,given,name,birthdate", "_total=yes", "_summary=true", "_pretty=1", "_elements=id", "_include=*",
      "_count:missing=true", "_page=x",
    ] { XCTAssertFalse(issues(wrong).isEmpty, wrong) }
  }

  func testUnknownParametersAreRefusedOrWarnedOf() throws {
    XCTAssertEqual(
      issues("famly=a&birthdate=x&foo.bar=1").map(\.diagnostics),
      [
        "Patient has no such parameter; did you mean family?",
        "\"x\": unknown prefix; known are eq ne gt lt ge le sa eb ap",
        "chained parameters are not served",
      ])
    let request = try parse("famly=a&given=b", lenient: true)
    XCTAssertEqual(request.warnings.map(\.parameter), ["famly"])
    XCTAssertEqual(request.criteria.count, 1)
    XCTAssertEqual(request.query.encoded(), "given=b", "a link does not repeat what was dropped")
    for wrong in [
      "birthdate=x", "family:text=a", "gender:exact=a", "_id:missing=true", "family=", "family=a,,b", "family:=a",
    ] {
      XCTAssertEqual(issues(wrong, lenient: true).count, 1, wrong)
    }
  }

  func testEscapesThatAreNone() {
    for wrong in [
      "family=a%5C", "family=%5Cn", "identifier=a|b|c", "identifier=|", "family:missing=maybe",
      "family:missing=true,false",
    ] {
      XCTAssertEqual(issues(wrong).map(\.code), ["value"], wrong)
    }
  }

  func testLimits() {
    XCTAssertEqual(issues(Array(repeating: "family=a", count: 65).joined(separator: "&")).map(\.code), ["too-costly"])
    XCTAssertEqual(
      issues("family=" + Array(repeating: "a", count: 257).joined(separator: ",")).map(\.code), ["too-costly"])
    XCTAssertEqual(issues("family=" + String(repeating: "a", count: 1_025)).map(\.code), ["too-costly"])
    XCTAssertEqual(issues("family=" + String(repeating: "a", count: 1_024)), [])
    let long = issues(String(repeating: "n", count: 10_000) + "=a")
    XCTAssertEqual(long.first?.parameter.count, 80)
  }

  func testArbitraryQueriesEndInAnAnswer() throws {
    var random = SeededGenerator(seed: 5)
    let words = [
      "family", "_sort", "birthdate", "patient", "identifier", "=", "=", "&", "|", "\\", ",", "%5C", "%", ":",
      "missing", "not",
      "ge2020", "-", "Patient/1", "é", "%C3%A9", "_count", "1",
    ]
    var accepted = 0
    for _ in 0..<5_000 {
      let text = (0..<Int.random(in: 1..<9, using: &random)).compactMap { _ in words.randomElement(using: &random) }
        .joined()
      for type in SearchParameterRegistry.types {
        guard let request = try? parse(text, type) else { continue }
        accepted += 1
        let again = try parse(request.query.encoded(), type)
        XCTAssertEqual(again.criteria, request.criteria, text)
        XCTAssertEqual(again.sort, request.sort, text)
      }
    }
    XCTAssertGreaterThan(accepted, 50)
  }

  /// Every parameter of every type with every modifier: served ones parse, others are refused.
  func testEveryParameterTimesEveryModifier() {
    for type in SearchParameterRegistry.types {
      for parameter in SearchParameterRegistry.parameters(of: type) {
        let value = parameter.typeName == "date" ? "2020" : "a"
        XCTAssertEqual(issues("\(parameter.name)=\(value)", type), [], "\(type) \(parameter.name)")
        for modifier in SearchModifier.allCases {
          let text = "\(parameter.name):\(modifier.rawValue)=\(modifier == .missing ? "true" : value)"
          XCTAssertEqual(issues(text, type).isEmpty, parameter.modifiers.contains(modifier), "\(type) \(text)")
        }
        XCTAssertEqual(
          issues("_sort=\(parameter.name)", type).isEmpty, parameter.isSortable, "\(type) \(parameter.name)")
      }
    }
  }

  // MARK: Page links

  func testAPageTokenOpensForItsOwnerAlone() throws {
    let key = [UInt8](repeating: 3, count: 32)
    let owner = PageToken.Owner(partnerID: "p1", clinicID: "c1", type: "Patient")
    let token = PageToken(query: "family=Benali", after: ["benali", nil, "p-9"], expiresAt: 100)
    let text = try token.sealed(for: owner, key: key)
    XCTAssertFalse(text.contains("Benali"))
    XCTAssertTrue(text.utf8.allSatisfy { Base62.isDigit($0) || $0 == 0x2D || $0 == 0x5F })
    XCTAssertEqual(try PageToken(opening: text, for: owner, key: key, now: 99), token)
    XCTAssertNotEqual(try token.sealed(for: owner, key: key), text)
    func failure(_ text: String, _ owner: PageToken.Owner, _ key: [UInt8], _ now: Int64 = 0) -> PageToken.Failure? {
      do throws(PageToken.Failure) {
        _ = try PageToken(opening: text, for: owner, key: key, now: now)
        return nil
      } catch {
        return error
      }
    }
    XCTAssertEqual(failure(text, owner, key, 100), .expired)
    for other in [
      PageToken.Owner(partnerID: "p2", clinicID: "c1", type: "Patient"),
      .init(partnerID: "p1", clinicID: "c2", type: "Patient"),
      .init(partnerID: "p1", clinicID: "c1", type: "Invoice"), .init(partnerID: "p1c1", clinicID: "", type: "Patient"),
    ] { XCTAssertEqual(failure(text, other, key), .notValid) }
    XCTAssertEqual(failure(text, owner, [UInt8](repeating: 4, count: 32)), .notValid)
    for index in stride(from: 0, to: text.utf8.count, by: 3) {
      var bytes = Array(text.utf8)
      bytes[index] = bytes[index] == 65 ? 66 : 65
      XCTAssertEqual(failure(String(decoding: bytes, as: UTF8.self), owner, key), .notValid, "byte \(index)")
    }
    for wrong in ["", "A", "====", String(text.dropLast()), text + "A", String(repeating: "A", count: 40_000), "é"] {
      XCTAssertEqual(failure(wrong, owner, key), .notValid)
    }
  }

  func testAPageLinkIsFollowedAsItIs() throws {
    func page(_ text: String) throws -> (token: String, presentation: SearchPresentation)? {
      try SearchParser.page(of: try QueryString(parsing: text.utf8, maximumPairs: 10))
    }
    XCTAssertEqual(try page("_page=abc&_format=json&_pretty=false")?.token, "abc")
    XCTAssertEqual(try page("_page=abc&_pretty=false")?.presentation.isPretty, false)
    XCTAssertNil(try page("family=a"))
    for wrong in ["_page=a&family=b", "_page=a&_page=b", "_page=a&_count=5", "_page=a&_pretty=x", "family=b&_page=a"] {
      XCTAssertThrowsError(try page(wrong), wrong)
    }
  }
}
