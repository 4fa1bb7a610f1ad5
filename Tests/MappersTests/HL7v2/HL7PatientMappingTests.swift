import ClinicModel
import HL7Parser
import Mappers
import XCTest

/// PID, PD1, NK1 and MRG.
final class HL7PatientMappingTests: XCTestCase {
  private func patient(_ pid: String, _ more: String...) throws -> PatientChange {
    let message = try HL7Fixtures.message("ADT^A31", ([pid] + more).joined(separator: "\r"))
    return try XCTUnwrap(HL7Fixtures.changes(message).patient)
  }

  func testAbsentLeavesAndNullClears() throws {
    var record = PatientRecord(row: RowMeta(clinicID: "c", id: "p"))
    record.family = "Alaoui"
    record.given = ["Omar"]
    record.prefix = "M."
    record.gender = .male
    record.birthDate = try CalendarDate("1970-01-02")
    record.phone = "+212600000001"
    record.email = "omar@example.org"
    record.language = "ar"
    record.maritalStatus = Code(code: "M")
    record.address.city = "Rabat"
    record.addresses = [record.address]
    record.names = [NameRecord(use: .nickname, family: "Al")]
    record.telecoms = [TelecomRecord(system: .fax, value: "1")]
    let before = record
    try patient("PID|||1^^^CHU").apply(to: &record)
    XCTAssertEqual(record, before, "nothing was sent, nothing changes")

    let null = #""""#
    try patient("PID|||1^^^CHU||\(null)||\(null)|\(null)|\(null)||\(null)||\(null)|\(null)|\(null)|\(null)")
      .apply(to: &record)
    XCTAssertEqual(record, PatientRecord(row: RowMeta(clinicID: "c", id: "p")), "null takes everything away")
  }

  func testPartsOfANameAreLeftOrCleared() throws {
    let kept = try patient("PID|||1^^^CHU||Alaoui")
    XCTAssertEqual(kept.family, .set("Alaoui"))
    XCTAssertEqual(kept.given, .leave)
    XCTAssertEqual(kept.prefix, .leave)
    let cleared = try patient("PID|||1^^^CHU||Alaoui^\"\"^^^\"\"")
    XCTAssertEqual(cleared.given, .clear)
    XCTAssertEqual(cleared.prefix, .clear)
  }

  func testNamesByType() throws {
    let change = try patient(
      "PID|||1^^^CHU||Tazi^Nour^^^^^M~Bennani&&Bennani^Nour^Sara Lina^III^Dr^^L~Nounou^^^^^^N||||Nouna^N")
    XCTAssertEqual(change.family, .set("Bennani"))
    XCTAssertEqual(change.given, .set(["Nour", "Sara", "Lina"]))
    XCTAssertEqual(change.prefix, .set("Dr"))
    guard case .set(let names) = change.names else { return XCTFail("names are set") }
    XCTAssertEqual(names.map(\.use), [.official, .maiden, .nickname, .nickname])
    XCTAssertEqual(names.first?.suffix, "III", "a suffix is kept with the whole name")
    XCTAssertEqual(names.map(\.family), ["Bennani", "Tazi", "Nounou", "Nouna"])
  }

  /// IHE PAM in France: XPN.3 is the list of all given names, the first one too.
  func testAListOfAllGivenNamesDoesNotRepeatTheFirst() throws {
    for (sent, given) in [
      ("ANNE-SOPHIE^ANNE-SOPHIE MARIE", ["ANNE-SOPHIE", "MARIE"]), ("ANNE^ANNE", ["ANNE"]),
      ("Jean Luc^Jean Luc Marie", ["Jean Luc", "Marie"]), ("Anne^Annette", ["Anne", "Annette"]), ("^Marie", ["Marie"]),
    ] {
      XCTAssertEqual(try patient("PID|||1^^^CHU||Le Goff^\(sent)").given, .set(given), sent)
    }
  }

  func testA47AddsNumbersToWhoeverHoldsTheFormerOnes() throws {
    let message = try HL7Fixtures.message(
      "ADT^A47^ADT_A30", "PID|||NEW^^^CHU^MR||Alami^Sara", "MRG|OLD^^^CHU^MR")
    let change = try XCTUnwrap(HL7Fixtures.changes(message).patient)
    XCTAssertEqual(change.key.identifiers.map(\.value), ["OLD", "NEW"])
    XCTAssertEqual(change.family, .set("Alami"))
    for broken in ["PID|||NEW^^^CHU^MR", "PID|||NEW^^^CHU^MR\rMRG|"] {
      XCTAssertThrowsError(try HL7Fixtures.changes(HL7Fixtures.message("ADT^A47", broken))) {
        XCTAssertEqual(($0 as? HL7MappingError)?.findings.first?.condition, .requiredFieldMissing)
      }
    }
  }

  func testWordsForMaritalStatus() throws {
    for (word, code) in [("Single", "S"), ("MARRIED", "M"), ("M", "M"), ("Separated", "L")] {
      let change = try patient("PID|||1^^^CHU||A|||||||||||\(word)")
      XCTAssertEqual(change.maritalStatus.initial?.code, code, word)
      XCTAssertEqual(
        change.maritalStatus.initial?.system, "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", word)
    }
  }

  func testIdentifiersInOrderOfTrust() throws {
    let change = try patient(
      "PID|||77^^^MAR^XX~BE1^^^MAR^NI~9^^^&1.2.250.1.213.1.4.10&ISO^INS~P1^^^CHU^PI~A1^^^clinic net&host.example&DNS^AN"
        + "~P1^^^CHU^PI")
    XCTAssertEqual(
      change.key.identifiers,
      [
        HL7Fixtures.identifier("urn:id:CHU", "P1", "PI"), HL7Fixtures.identifier("urn:passerelle:ma:cin", "BE1", "NI"),
        HL7Fixtures.identifier("urn:oid:1.2.250.1.213.1.4.10", "9", "INS"),
        HL7Fixtures.identifier("urn:id:MAR", "77", "XX"), HL7Fixtures.identifier("urn:id:host.example", "A1", "AN"),
      ])
  }

  func testProfileNamesSystems() throws {
    var profile = HL7Fixtures.profile
    profile.identifierSystems["CHU"] = "https://chu.example/patients"
    profile.trustedSystems = ["urn:passerelle:ma:cin"]
    profile.defaultAuthority = "1.2.3.4"
    let message = try HL7Fixtures.message("ADT^A31", "PID|||5~6^^^CHU^MR~BE1^^^MAR^NI")
    let key = try XCTUnwrap(HL7Fixtures.changes(message, profile: profile).patient?.key)
    XCTAssertEqual(
      key.identifiers.map(\.system), ["urn:passerelle:ma:cin", "https://chu.example/patients", "urn:oid:1.2.3.4"])
  }

  func testExternalNumberStandsInForAnOldSender() throws {
    XCTAssertEqual(
      try patient("PID||EXT9|").key.identifiers,
      [IdentifierValue(system: HL7Fixtures.facility, value: "EXT9")])
  }

  func testPrecisionOfBirth() throws {
    XCTAssertEqual(try patient("PID|||1||||1984").birthDate, .set(try CalendarDate("1984")))
    XCTAssertEqual(try patient("PID|||1||||198403").birthDate, .set(try CalendarDate("1984-03")))
    XCTAssertEqual(try patient("PID|||1||||19840312101500").birthDate, .set(try CalendarDate("1984-03-12")))
  }

  func testTelecomsAndAddresses() throws {
    let change = try patient(
      "PID|||1||||||||1 rue A^^Paris^^75001^FRA^B~2 rue B&Rue B&2^Esc. 3^Lyon^^69001^FR^H~^^Fès^^^MAR^BDL||"
        + "^PRN^PH^^33^1^42000000~^NET^Internet^a@b.example~+33611^PRN^CP|+33155^WPN^PH~+33156^WPN^FX")
    XCTAssertEqual(change.phone, .set("+33 1 42000000"))
    XCTAssertEqual(change.email, .set("a@b.example"))
    guard case .set(let home) = change.homeTelecoms, case .set(let work) = change.workTelecoms,
      case .set(let own) = change.address, case .set(let further) = change.addresses
    else { return XCTFail("all four lists are set") }
    XCTAssertEqual(home.map(\.value), ["+33611"])
    XCTAssertEqual(home.map(\.use), [.mobile])
    XCTAssertEqual(work.map(\.system), [.phone, .fax])
    XCTAssertEqual(work.map(\.use), [.work, .work])
    XCTAssertEqual(own.line, ["2 rue B", "Esc. 3"])
    XCTAssertEqual(own.country, "FR")
    XCTAssertEqual(further.map(\.city), ["Paris"], "where somebody was born is no address")
  }

  func testWorkNumbersLeaveThoseOfHome() throws {
    let change = try patient("PID|||1|||||||||||+33155^WPN^PH")
    XCTAssertEqual(change.phone, .leave)
    var fax = TelecomRecord(system: .fax, value: "7")
    fax.use = .home
    var old = TelecomRecord(system: .phone, value: "8")
    old.use = .work
    XCTAssertEqual(change.telecoms(after: [fax, old]).map(\.value), ["7", "+33155"])
  }

  func testSexInLettersAndWords() throws {
    let expected: [String: Gender] = [
      "F": .female, "m": .male, "female": .female, "A": .other, "U": .unknown, "O^Other^HL70001": .other,
    ]
    for (word, gender) in expected {
      XCTAssertEqual(try patient("PID|||1|||||\(word)").gender, .set(gender), word)
    }
  }

  func testDeath() throws {
    let dead = try patient("PID|||1||||||||||||||||||||||||||20260102|Y")
    XCTAssertEqual(dead.isDeceased, .set(true))
    XCTAssertEqual(
      dead.deceasedAt, .set(try Instant("2026-01-02T00:00:00+01:00")), "a day begins by the clinic's clock")
    let alive = try patient("PID|||1|||||||||||||||||||||||||||N")
    XCTAssertEqual(alive.isDeceased, .set(false))
    XCTAssertEqual(alive.deceasedAt, .clear)
    assertRefused(
      try HL7Fixtures.message("ADT^A31", "PID|||1||||||||||||||||||||||||||20260102|N"), .dataTypeError, "PID-30")
  }

  func testGeneralPractitioner() throws {
    let change = try patient("PID|||1", "PD1||||RPPS1^Dubois^Jean^Luc^^Dr^^^&1.2.250.1.71.4.2.1&ISO^L^^^RPPS")
    XCTAssertEqual(
      change.generalPractitioner,
      .set(
        PractitionerReference(
          identifiers: [HL7Fixtures.identifier("urn:oid:1.2.250.1.71.4.2.1", "RPPS1", "RPPS")], family: "Dubois",
          given: ["Jean", "Luc"], prefix: "Dr")))
  }

  func testCodeMaps() throws {
    var profile = HL7Fixtures.profile
    profile.codeMaps = [
      .gender: ["1": Code(code: "male")], .country: ["Maroc": Code(code: "MA")], .language: ["ARABE": Code(code: "ar")],
      .maritalStatus: ["C1": Code(system: "s", code: "W")],
    ]
    let message = try HL7Fixtures.message("ADT^A31", "PID|||1|||||1|||^^Fès^^^Maroc||||ARABE|C1^Veuf")
    let changes = try HL7Mapping.changes(for: message, profile: profile)
    let change = try XCTUnwrap(changes.changes.patient)
    XCTAssertEqual(change.gender, .set(.male))
    XCTAssertEqual(change.address.initial?.country, "MA")
    XCTAssertEqual(change.language, .set("ar"))
    XCTAssertEqual(change.maritalStatus, .set(Code(system: "s", code: "W", display: "Veuf")))
    XCTAssertEqual(changes.warnings, [])

    let unmapped = try HL7Fixtures.message("ADT^A31", "PID|||1||||||||^^Fès^^^Maroc||||ARABE")
    let warnings = try HL7Mapping.changes(for: unmapped, profile: HL7Fixtures.profile).warnings
    XCTAssertEqual(warnings.map { $0.location?.description }, ["PID-11[1].6", "PID-15"])
    XCTAssertEqual(Set(warnings.map(\.severity)), [.warning])
  }

  func testCodeMapThatLeadsNowhere() throws {
    var profile = HL7Fixtures.profile
    profile.codeMaps[.gender] = ["1": Code(code: "homme")]
    let error = refusal(try HL7Fixtures.message("ADT^A31", "PID|||1|||||1"), profile: profile)
    XCTAssertEqual(error?.findings.map(\.condition), [.applicationInternalError])
  }

  func testContacts() throws {
    let message = try HL7Fixtures.message(
      "ADT^A28", "PID|||1", "NK1|1|\"\"", "NK1|2|Lahlou^Hind|FND|||^WPN^Internet^h@x.example|EMC^Emergency^HL70131")
    let contacts = try XCTUnwrap(HL7Fixtures.changes(message).contacts)
    XCTAssertEqual(contacts.contacts.map(\.family), ["Lahlou"])
    XCTAssertEqual(contacts.contacts.first?.relationship?.code, "FRND")
    XCTAssertEqual(contacts.contacts.first?.email, "h@x.example")
    let none = try HL7Fixtures.message("ADT^A28", "PID|||1", "NK1|1|\"\"")
    XCTAssertEqual(try HL7Fixtures.changes(none).contacts?.contacts, [])
    XCTAssertNil(try HL7Fixtures.changes(HL7Fixtures.message("ADT^A28", "PID|||1")).contacts)
  }

  func testSeveralMergesInOneMessage() throws {
    let message = try HL7Fixtures.message(
      "ADT^A40^ADT_A39", "EVN||20261101", "PID|||1^^^C^MR~N^^^MAR^NI", "MRG|2^^^C^MR~N^^^MAR^NI", "PID|||3^^^C^MR",
      "MRG|4^^^C^MR", "PV1||O")
    let merges = try HL7Fixtures.changes(message).merges
    XCTAssertEqual(merges.map { $0.survivor.identifiers.first?.value }, ["1", "3"])
    XCTAssertEqual(
      merges.map { $0.merged.identifiers.map(\.value) }, [["2"], ["4"]], "what both have is no difference")
    assertRefused(
      try HL7Fixtures.message("ADT^A40", "PID|||1^^^C", "MRG|1^^^C"), .duplicateKeyIdentifier, "MRG-1")
    assertRefused(try HL7Fixtures.message("ADT^A40", "PID|||1^^^C"), .requiredFieldMissing, "MRG")
    assertRefused(try HL7Fixtures.message("ADT^A40", "PID|||1^^^C", "MRG|"), .requiredFieldMissing, "MRG-1")
  }
}
