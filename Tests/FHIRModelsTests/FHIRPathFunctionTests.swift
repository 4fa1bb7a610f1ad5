import FHIRModels
import XCTest

/// Functions beyond the ones that `FHIRPathTests` walks through: what each line evaluates to.
final class FHIRPathFunctionTests: FHIRPathTestCase {
  override var document: String {
    #"""
    {"resourceType":"Observation","id":"o1","status":"final",
     "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>a &amp; b</p></div>"},
     "modifierExtension":[{"url":"http://x.test/negated","valueBoolean":true}],
     "code":{"coding":[{"code":"b"},{"code":"a"},{"display":"none"}]},
     "valueQuantity":{"value":1.50,"unit":"g","system":"http://unitsofmeasure.org","code":"g"}}
    """#
  }

  func testRegularExpressions() {
    assert([
      (#"'N8000123123'.matches('^N[0-9]{8}$')"#, ["false"]), (#"'N8000123123'.matches('N[0-9]{8}')"#, ["true"]),
      (#"'abc'.matchesFull('b')"#, ["false"]), (#"'abc'.matchesFull('a.c|x')"#, ["true"]), ("{}.matches('a')", []),
      (
        #"'11/30/1972'.replaceMatches('\\b(?<month>\\d{1,2})/(?<day>\\d{1,2})/(?<year>\\d{2,4})\\b', '${day}-${month}-${year}')"#,
        ["30-11-1972"]
      ),
      (#"'a1b22'.replaceMatches('[0-9]+', '<$0>')"#, ["a<1>b<22>"]),
      (#"'abc'.replaceMatches('(a)|(b)', '[$2]')"#, ["[][b]c"]),
      (#"'a.b'.replaceMatches('\\.', '$$')"#, ["a$b"]), (#"'abc'.replaceMatches('x*', '-')"#, ["-a-b-c-"]),
      (#"id.matches('[A-Za-z0-9\\-\\.]{1,64}')"#, ["true"]), ("'a' & 'b'.replaceMatches('b', 'B')", ["aB"]),
    ])
    assertRefused([
      ("'a'.matches('(?=a)')", .semantic), ("'a'.matches('(' + id)", .type), ("'a'.replaceMatches('a', '$3')", .type),
    ])
    XCTAssertThrowsError(try FHIRPath("id.exists() and id.matches('a(b')")) { error in
      XCTAssertEqual((error as? FHIRPathError)?.offset, 27)
    }
  }

  func testCharactersAreCodePoints() {
    assert([
      (#"'a\r\nb'.length()"#, ["4"]), (#"'a\r\nb'.contains('\n')"#, ["true"]), (#"'a\r\nb'.indexOf('\n')"#, ["2"]),
      (#"'a\r\nb'.replace('\n', '')"#, ["a\rb"]), (#"'a\r\nb'.endsWith('\nb')"#, ["true"]),
      (#"'a\r\nb'.startsWith('a\r')"#, ["true"]), (#"'a\r\nb'.split('\n').count()"#, ["2"]),
      (#"'a\r\nb'.toChars().count()"#, ["4"]), (#"'a\r\nb'.substring(2)"#, ["\nb"]),
      (#"'e\u0301x'.length()"#, ["3"]), (#"'e\u0301x'.substring(0, 1)"#, ["e"]), (#"'e\u0301' = '\u00e9'"#, ["false"]),
      (#"'e\u0301' != '\u00e9'"#, ["true"]), (#"('e\u0301' | '\u00e9').count()"#, ["2"]),
      (#"'e\u0301' in ('\u00e9')"#, ["false"]), (#"'\u00e9' <= 'e\u0301'"#, ["false"]),
      ("'\u{1F600}a'.indexOf('a')", ["1"]), ("'\u{1F600}a'.length()", ["2"]), (#"' \r\n a '.trim()"#, ["a"]),
      (#"'aXbX'.lastIndexOf('X')"#, ["3"]), ("'ab'.replace('', '-')", ["-a-b-"]),
    ])
  }

  func testTheClockStandsStillInOneEvaluation() throws {
    let expression = "(1).repeat(iif($this < 30000, $this + 1, {})).select(now()).distinct().count()"
    XCTAssertEqual(try evaluate(expression), ["1"])
  }

  /// Items that are equal meet in a table; those that no table can hold pay for each comparison.
  func testSetsOfManyItemsStayWithinTheirSteps() throws {
    var context = FHIRPathContext()
    let moments = (0..<20_000).map { FHIRDateTime(epochMicroseconds: Int64($0) * 1_000_000, offsetMinutes: 60) }
    context.variables["moments"] = moments.compactMap { FHIRPathValue($0) }
    for (expression, count) in [
      ("%moments.distinct().count()", "20000"), ("%moments.exclude(%moments).count()", "0"),
      ("(%moments | %moments).count()", "20000"), ("%moments.intersect(%moments.skip(1)).count()", "19999"),
      ("%moments.subsetOf(%moments)", "true"),
    ] {
      XCTAssertEqual(try evaluate(expression, context), [count], expression)
    }
    let amounts = "%moments.select(1.0 + $index).select($this.toQuantity())"
    for expression in [
      "\(amounts).distinct().count()", "\(amounts).take(5).exclude(\(amounts)).count()", "\(amounts) ~ \(amounts)",
    ] {
      XCTAssertThrowsError(try evaluate(expression, context), expression) { error in
        XCTAssertEqual((error as? FHIRPathError)?.code, .limit, expression)
      }
    }
  }

  func testEncodings() {
    assert([
      ("'test'.encode('hex')", ["74657374"]), ("'fo'.encode('base64')", ["Zm8="]), ("'f'.encode('base64')", ["Zg=="]),
      ("'é?'.encode('urlbase64').decode('urlbase64')", ["é?"]), ("'Zm8'.decode('base64')", ["fo"]),
      ("'Z'.decode('base64')", []), ("'Zm8*'.decode('base64')", []), ("'ff'.decode('hex')", []),
      ("'a'.encode('x')", []),
      ("'7g'.decode('hex')", []), (#"'<a b="c">&'.escape('html')"#, ["&lt;a b=&quot;c&quot;&gt;&amp;"]),
      ("'&lt;&#65;&#x42;&amp;lt;&nope;&'.unescape('html')", ["<AB&lt;&nope;&"]),
      (#"'a"\\b\n'.escape('json')"#, [#"a\"\\b\n"#]), (#"'a\\u0041\\n'.unescape('json')"#, ["aA\n"]),
      (#"'\\q'.unescape('json')"#, []),
    ])
  }

  func testSorting() {
    assert([
      ("(3 | 1 | 2).sort()", ["1", "2", "3"]), ("(3 | 1 | 2).sort(-$this)", ["3", "2", "1"]),
      ("code.coding.sort(code).select(iif(code.exists(), code, display))", ["none", "a", "b"]),
      ("code.coding.sort(code desc).code", ["b", "a"]), ("('b' | 'a').sort($this asc)", ["a", "b"]),
      ("('bb' | 'a' | 'cc').sort(-length(), $this)", ["bb", "cc", "a"]), ("{}.sort()", []),
    ])
    assertRefused([("(1 | 'a').sort()", .type)])
  }

  func testBoundaries() {
    assert([
      ("1.587.lowBoundary()", ["1.58650000"]), ("1.587.highBoundary(2)", ["1.59"]), ("1.lowBoundary(0)", ["0"]),
      ("0.lowBoundary(1)", ["-0.5"]), ("0.highBoundary(1)", ["0.5"]), ("1.lowBoundary(29)", []),
      ("1.lowBoundary({})", []),
      ("value.lowBoundary(3)", ["1.495 'g'"]), ("@2014.lowBoundary()", ["2014-01-01"]),
      ("@2014-02.highBoundary()", ["2014-02-28"]),
      ("@2014T.highBoundary()", ["2014-12-31T23:59:59.999-12:00"]), ("@T10:30.highBoundary()", ["10:30:59.999"]),
      ("@T10:30:05.5.highBoundary()", ["10:30:05.599"]), ("@2014-01-01T08:05+08:00.lowBoundary(8)", ["2014-01-01"]),
      ("@2014.lowBoundary(5)", []), ("{}.lowBoundary()", []),
    ])
    assertRefused([("'a'.lowBoundary()", .type)])
  }

  func testAmountsInAUnit() {
    assert([
      ("value.toQuantity('mg')", ["1500 'mg'"]), ("'1 week'.toQuantity('days')", ["7 days"]),
      ("value.convertsToQuantity('m')", ["false"]),
      ("'18 months'.toQuantity('years')", ["1.5 years"]), ("1.toQuantity('cm')", []),
    ])
  }

  func testWhatFHIRAdds() {
    assert([
      ("text.div.htmlChecks()", ["true"]),
      ("'<div xmlns=\"http://www.w3.org/1999/xhtml\"> </div>'.htmlChecks()", ["false"]),
      (
        "'<div xmlns=\"http://www.w3.org/1999/xhtml\"><!-- a --><img src=\"#x\" alt=\"\"/></div>'.htmlChecks()",
        ["true"]
      ),
      ("'<div xmlns=\"http://www.w3.org/1999/xhtml\"><script/>a</div>'.htmlChecks()", ["false"]),
      ("checkModifiers('http://x.test/negated').id", ["o1"]), ("code.checkModifiers().coding.count()", ["3"]),
    ])
    assertRefused([
      ("checkModifiers('http://x.test/other')", .type), ("code.elementDefinition()", .unsupported),
      ("code.slice('http://x.test/profile', 'a')", .unsupported),
    ])
    var context = FHIRPathContext()
    context.elementDefinition = { item in FHIRItem(ElementDefinition { $0.path = item.path }) }
    context.slice = { item, structure, name in structure == "p" && item.children(named: "code").first?.text == name }
    XCTAssertEqual(try evaluate("code.elementDefinition().path", context), ["Observation.code"])
    XCTAssertEqual(try evaluate("code.coding.slice('p', 'a').code", context), ["a"])
  }

  /// Looked up once an evaluation: many references to much that is contained cost what both cost once.
  func testReferencesToMuchThatIsContained() throws {
    let count = 20_000
    let group = try Group(
      json: Array(
        ("{\"resourceType\":\"Group\",\"type\":\"person\",\"actual\":true,\"contained\":["
          + (0..<count).map { "{\"resourceType\":\"Patient\",\"id\":\"p\($0)\"}" }.joined(separator: ",")
          + "],\"member\":["
          + (0..<count).map { "{\"entity\":{\"reference\":\"#p\($0)\"}}" }.joined(separator: ",") + "]}").utf8))
    let began = ContinuousClock.now
    let found = try FHIRPath("member.entity.resolve().id").evaluate(on: group)
    XCTAssertEqual(found.count, count)
    XCTAssertEqual(found.last?.text, "p\(count - 1)")
    XCTAssertLessThan(began.duration(to: .now), .seconds(20))
    XCTAssertEqual(
      try FHIRPath("member[7].entity.resolve()").evaluate(on: group).first?.item?.path, "Group.contained[7]")
  }

  func testReferencesWithinABundle() throws {
    let bundle = Bundle {
      $0.type = .collection
      $0.entry = [
        Bundle.Entry(
          fullUrl: "http://x.test/Patient/p1", resource: AnyResource(Patient { $0.id = "p1" })),
        Bundle.Entry(fullUrl: "urn:uuid:7", resource: AnyResource(Practitioner { $0.id = "d1" })),
        Bundle.Entry(
          resource: AnyResource(
            Observation {
              $0.subject = Reference(reference: "Patient/p1")
              $0.performer = ["urn:uuid:7", "Patient/p2", "http://x.test/Patient/p1"].map { Reference(reference: $0) }
            })),
      ]
    }
    let found = try FHIRPath("entry.resource.ofType(Observation).select(subject | performer).resolve().id")
      .evaluate(on: FHIRItem(bundle))
    XCTAssertEqual(found.map(\.description), ["p1", "d1", "p1"])
  }

  func testStepsAreCheckedAgainstTheTypes() {
    let good = [
      "name.given", "Patient.name.where(use = 'official').given.first()", "Resource.id", "contact.name.family",
      "name.given.extension.value", "contained.name.nothing", "managingOrganization.resolve().anything",
      "deceased.ofType(dateTime)", "descendants().anything", "name.select(given | family)", "%resource.name",
      "iif(active, name, contact.name).family", "name.repeat(period).start", "birthDate.extension('x').value",
      "extension('u').extension.url", "contact.organization.as(Reference).identifier",
    ]
    for expression in good { XCTAssertNoThrow(try FHIRPath(expression, for: "Patient"), expression) }
    let bad: [(String, String, Int)] = [
      ("name.given1", "HumanName has no element \"given1\"", 5), ("nome", "Patient has no element \"nome\"", 0),
      ("Encounter.name", "The path begins with Encounter where Patient stands", 0),
      ("deceasedBoolean", "Patient has no element \"deceasedBoolean\"", 0),
      ("name.where(usage = 'x')", "HumanName has no element \"usage\"", 11),
      ("birthDate.year", "date has no element \"year\"", 10),
      ("(name | contact).gven", "HumanName, Patient.contact has", 17),
      ("deceased.as(Period).code", "Period has no element \"code\"", 20),
      ("active and nme.exists()", "Patient has no", 11),
    ]
    for (expression, message, offset) in bad {
      XCTAssertThrowsError(try FHIRPath(expression, for: "Patient"), expression) { error in
        let found = error as? FHIRPathError
        XCTAssertEqual(found?.code, .semantic, expression)
        XCTAssertTrue(found?.message.hasPrefix(message) == true, "\(expression): \(error)")
        XCTAssertEqual(found?.offset, offset, expression)
      }
    }
    XCTAssertThrowsError(try FHIRPath("a", for: "Nothing"))
  }

  func testWhatHasNoOrderIsRefusedOnRequest() {
    let bad = [
      "children().skip(1)", "descendants().ofType(string).first()", "(name | contact.name)[0].family",
      "name.given.union(name.family).last()", "name.where(children().where(true).take(1).exists())",
    ]
    for expression in bad {
      XCTAssertNoThrow(try FHIRPath(expression, for: "Patient"), expression)
      XCTAssertThrowsError(try FHIRPath(expression, for: "Patient", checksOrder: true), expression) { error in
        XCTAssertEqual((error as? FHIRPathError)?.code, .semantic, expression)
      }
    }
    for expression in ["name.first().given[0]", "children().sort($this.id).first()", "name.children().count()"] {
      XCTAssertNoThrow(try FHIRPath(expression, for: "Patient", checksOrder: true), expression)
    }
  }
}
