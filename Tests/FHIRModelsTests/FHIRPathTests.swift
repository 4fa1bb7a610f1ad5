import FHIRModels
import XCTest

/// FHIRPath over our own documents: what each line evaluates to, and what is refused.
final class FHIRPathTests: FHIRPathTestCase {
  override var document: String {
    #"""
    {"resourceType":"Patient","id":"p1","active":true,
     "contained":[{"resourceType":"Organization","id":"o","name":"Atlas"}],
     "extension":[{"url":"http://x.test/weight","valueQuantity":{"value":70.50,"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"}}],
     "name":[{"use":"official","family":"Alaoui","given":["Zahra","Lina"]},{"use":"usual","given":["Zaza"]}],
     "_birthDate":{"extension":[{"url":"http://x.test/time","valueString":"dawn"}]},"birthDate":"1980-04","gender":"female",
     "multipleBirthInteger":2,"managingOrganization":{"reference":"#o"},"generalPractitioner":[{"reference":"Practitioner/7"}]}
    """#
  }

  func testStepsAndSubsets() {
    assert([
      ("Patient.name.given", ["Zahra", "Lina", "Zaza"]), ("name[1].given", ["Zaza"]), ("Practitioner.name", []),
      ("Resource.id", ["p1"]), ("DomainResource.id", ["p1"]), ("name.`given`.first()", ["Zahra"]),
      ("multipleBirth", ["2"]), ("multipleBirth is integer", ["true"]), ("name.given.skip(1).take(1)", ["Lina"]),
      ("name.where(use = 'usual').given", ["Zaza"]), ("name.given.tail().last()", ["Zaza"]), ("name.suffix", []),
      ("name.select(given.count())", ["2", "1"]), ("name.given.where($index = 1)", ["Lina"]),
      ("birthDate.extension('http://x.test/time').value", ["dawn"]), ("birthDate.hasValue()", ["true"]),
      ("managingOrganization.resolve().name", ["Atlas"]), ("contained.name", ["Atlas"]),
      ("name.given.exists($this = 'Lina')", ["true"]), ("name.all(given.exists())", ["true"]),
      ("descendants().where($this is Quantity).unit", ["kg"]), ("name.children().count()", ["6"]),
      ("iif(active, 'yes', 1 / 0)", ["yes"]), ("(1|2|3).aggregate($this + $total, 0)", ["6"]),
      ("name.given.repeat('x')", ["x"]), ("Patient.name.first().subsetOf($this.name)", ["true"]),
    ])
  }

  func testNumbersAreExact() {
    assert([
      ("0.1 + 0.2 = 0.3", ["true"]), ("1.1 * 1.1", ["1.21"]), ("1 / 3 * 3 = 1", ["false"]), ("2.2 mod 1.8", ["0.4"]),
      ("5 div 2", ["2"]), ("1 / 0", []), ("(1.2 / 1.8).round(2)", ["0.67"]), ("1.10 = 1.1", ["true"]),
      ("123456789012345678901.25 + 0.75", ["123456789012345678902.00"]), ("2147483647 + 1", []),
      ("(-1.5).round()", ["-2"]), ("(-1.1).ceiling()", ["-1"]), ("(-1.1).floor()", ["-2"]), ("2.power(10)", ["1024"]),
      ("81.sqrt() = 9.0", ["true"]), ("(-1).sqrt()", []), ("1+2*3+4", ["11"]), ("1.2 / 1.8 ~ 0.67", ["true"]),
      ("16.log(2) = 4.0", ["true"]), ("-2 + 5", ["3"]), ("1.0.toString()", ["1.0"]), ("'1.0'.toInteger()", []),
    ])
  }

  func testLogicHasThreeValues() {
    assert([
      ("true and {}", []), ("false and {}", ["false"]), ("{} or true", ["true"]), ("{} or false", []),
      ("{} implies true", ["true"]), ("true implies {}", []), ("true xor {}", []), ("{}.not()", []),
      ("{} = {}", []), ("{} ~ {}", ["true"]), ("name.given != {}", []), ("false and (1 | 2)", ["false"]),
    ])
    assertRefused([("(1 | 2) and true", .type), ("(1|2).not()", .type), ("name.single()", .type)])
  }

  func testDatesKeepTheirPrecision() {
    assert([
      ("birthDate = @1980-04", ["true"]), ("birthDate < @1980-04-02", []), ("birthDate < @1980-05-02", ["true"]),
      ("@2012-04-15T15:00:00+02:00 = @2012-04-15T16:00:00+03:00", ["true"]),
      ("@2012-04-15T15:00:00Z = @2012-04-15T10:00:00", []), ("@2012-04-15T15:00:00Z > @2012-04-13T10:00:00", ["true"]),
      ("@2024-01-31 + 1 month", ["2024-02-29"]), ("@2024-02-29 - 1 year", ["2023-02-28"]),
      ("@1973-12-25 + 7.7 days", ["1974-01-01"]), ("@2016 + 24 months", ["2018"]), ("@T23:30 + 45 minutes", ["00:15"]),
      ("@1973-12-25T00:00:00.000+10:00 + 10 'ms'", ["1973-12-25T00:00:00.010+10:00"]), ("@T10:30 < @T10:30:00", []),
      ("@2014-01-05T10:30:00.000.precision()", ["17"]), ("@2018-03-01T10:30:00 = @2018-03-01T10:30:00.0", ["true"]),
    ])
    assertRefused([("@1973-12-25 + 1 'a'", .type), ("@2015-02-30", .syntax), ("birthDate < 'x'", .type)])
    var context = FHIRPathContext()
    context.now = FHIRInstant("2026-01-02T03:04:05Z")
    XCTAssertEqual(try evaluate("now() | today() | timeOfDay()", context).count, 3)
    XCTAssertEqual(try evaluate("today()", context), ["2026-01-02"])
  }

  func testUnitsAreConverted() {
    assert([
      ("4.0000 'g' = 4000.0 'mg'", ["true"]), ("4 'g' ~ 4040 'mg'", ["true"]), ("4 'g' = 4040 'mg'", ["false"]),
      ("7 days = 1 'wk'", ["true"]), ("1 year = 1 'a'", []), ("1 year ~ 1 'a'", ["true"]),
      ("1 year = 12 months", ["true"]),
      ("2.0 'cm' * 2.0 'm' = 0.040 'm2'", ["true"]), ("4.0 'g' / 2.0 'm' = 2 'g/m'", ["true"]),
      ("extension.value > 70 'kg'", ["true"]), ("extension.value > 155 '[lb_av]'", ["true"]),
      ("37 'Cel' = 310.15 'K'", ["true"]), ("98.6 '[degF]' = 37 'Cel'", ["true"]), ("1 'cm' < 1 's'", []),
      ("120 'mm[Hg]' > 15 'kPa'", ["true"]), ("1 'cm'.comparable(1 '[in_i]')", ["true"]),
      ("1 'mg/dL' = 10 'mg/L'", ["true"]), ("1 '/min' = 1 '{beats}/min'", ["true"]), ("1 '[iU]' = 1 '1'", []),
      ("1 'm' + 1 'cm'", ["101 'cm'"]), ("'1 \\'wk\\''.toQuantity() = 1 week", ["true"]),
    ])
  }

  func testTexts() {
    assert([
      ("'abc'.substring(1, 1)", ["b"]), ("'LogicalModel-Person'.indexOf('-')", ["12"]),
      ("'abc'.replace('b', 'X')", ["aXc"]),
      ("'abc'.replace('', 'x')", ["xaxbxcx"]), ("'a,,c'.split(',').count()", ["3"]),
      ("name.given.join('+')", ["Zahra+Lina+Zaza"]),
      ("'P\\u0065ter\\n'.length()", ["6"]), ("' x '.trim()", ["x"]), ("'a' & {} & 'b'", ["ab"]),
      ("'A' ~ 'a'", ["true"]),
      ("gender.upper()", ["FEMALE"]), ("'abc'.toChars().count()", ["3"]), ("'a' + {}", []),
      ("'b' in ('a' | 'b')", ["true"]),
    ])
  }

  func testTypesAndVariables() {
    assert([
      ("1.type().name", ["Integer"]), ("active.type().namespace", ["FHIR"]), ("gender is string", ["true"]),
      ("gender.ofType(string)", []), ("gender.ofType(code)", ["female"]), ("active is Boolean", ["false"]),
      ("active is System.Boolean", ["false"]), ("active.is(FHIR.boolean)", ["true"]),
      ("Patient is DomainResource", ["true"]),
      ("name.ofType(HumanName).use", ["official", "usual"]), ("%sct", ["http://snomed.info/sct"]),
      ("%`vs-administrative-gender`", ["http://hl7.org/fhir/ValueSet/administrative-gender"]),
      ("%resource.id", ["p1"]), ("conformsTo('http://hl7.org/fhir/StructureDefinition/Patient')", ["true"]),
    ])
    assertRefused([
      ("name.as(HumanName)", .type), ("gender is strange", .semantic), ("%unknown", .semantic),
      ("nothing()", .semantic),
      ("gender.memberOf('x')", .unsupported),
    ])
    var context = FHIRPathContext()
    context.asTakesCollections = true
    context.variables["limit"] = [FHIRPathValue(2)]
    context.resolve = { reference in
      reference == "Practitioner/7" ? FHIRItem(Practitioner { $0.id = "7" }) : nil
    }
    XCTAssertEqual(try evaluate("name.as(HumanName).use", context), ["official", "usual"])
    XCTAssertEqual(try evaluate("name.given.take(%limit)", context), ["Zahra", "Lina"])
    XCTAssertEqual(try evaluate("generalPractitioner.resolve().id", context), ["7"])
  }

  /// `#id` is what the resource around the reference contains: in a Bundle the entry's, in Parameters the parameter's.
  func testFragmentsMeanTheResourceAroundThem() throws {
    func patient(_ name: String) -> String {
      #"""
      {"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","name":"\#(name)",
       "partOf":{"reference":"#"}}],"managingOrganization":{"reference":"#o"}}
      """#
    }
    let bundle =
      #"{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:0b4bd5ab-0a1f-4e5c-8a36-1f2d1c1a0001","#
      + #""resource":\#(patient("A"))},{"fullUrl":"urn:uuid:0b4bd5ab-0a1f-4e5c-8a36-1f2d1c1a0002","resource":\#(patient("B"))}]}"#
    let parameters =
      #"{"resourceType":"Parameters","parameter":[{"name":"a","part":[{"name":"b","resource":\#(patient("C"))}]}]}"#
    for (document, expression, expected) in [
      (bundle, "entry.resource.managingOrganization.resolve().name", ["A", "B"]),
      (bundle, "entry[1].resource.managingOrganization.reference.resolve().name", ["B"]),
      (bundle, "entry[1].resource.contained.partOf.resolve().managingOrganization.resolve().name", ["B"]),
      (parameters, "parameter.part.resource.managingOrganization.resolve().name", ["C"]),
      (patient("D"), "contained.partOf.resolve().managingOrganization.resolve().name", ["D"]),
    ] {
      let root = FHIRItem(try AnyResource(json: Array(document.utf8)))
      XCTAssertEqual(try FHIRPath(expression).evaluate(on: root).map(\.description), expected, expression)
    }
  }

  func testWhatIsNoExpressionIsRefusedWithItsPlace() {
    assertRefused([
      ("", .syntax), ("2 + 2 /", .syntax), ("2 /* open", .syntax), ("name.", .syntax), ("'open", .syntax),
      ("a b", .syntax),
      ("name[", .syntax), ("@T14:34:28Z", .syntax), ("and", .syntax), ("99999999999", .syntax),
      ("name.where()", .semantic),
      (String(repeating: "(", count: 5_000), .limit), (String(repeating: "-", count: 5_000) + "1", .limit),
      ("a" + String(repeating: ".a", count: 5_000), .limit), (String(repeating: "a", count: 70_000), .limit),
    ])
    XCTAssertThrowsError(try FHIRPath("name.given + §")) { error in
      XCTAssertEqual((error as? FHIRPathError)?.offset, 13)
    }
  }

  func testAnEvaluationIsBounded() {
    var context = FHIRPathContext()
    context.limits.steps = 10_000
    context.limits.items = 1_000
    let bombs = [
      "'x'.repeat($this + 'x')", "(1|2|3|4|5|6|7|8|9).select(%context.descendants()).select(%context.descendants())",
      "(1|2|3).repeat($this + 1)",
    ]
    for bomb in bombs {
      XCTAssertThrowsError(try evaluate(bomb, context), bomb) { error in
        XCTAssertEqual((error as? FHIRPathError)?.code, .limit, bomb)
      }
    }
    // A cycle ends by itself: only what is new is followed.
    XCTAssertEqual(try evaluate("name.repeat(%context.name)", context).count, 2)
  }

  func testResultsSayWhereTheyStand() throws {
    let root = FHIRItem(try AnyResource(json: Array(document.utf8)))
    let found = try FHIRPath("name.given.where($this = 'Lina')").evaluate(on: root)
    XCTAssertEqual(found.first?.item?.path, "Patient.name[0].given[1]")
    XCTAssertEqual(try FHIRPath("name.exists()").isTrue(on: root), true)
    XCTAssertNil(try FHIRPath("{}").isTrue(on: root))
  }
}
