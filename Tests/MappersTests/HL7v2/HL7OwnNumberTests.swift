import ClinicModel
import HL7Parser
import Mappers
import XCTest

/// The clinic's own numbers that a feed has told, when they come back.
final class HL7OwnNumberTests: XCTestCase {
  private typealias Fixtures = HL7FeedFixtures

  private static let patient = "urn:passerelle:record:patient"

  /// The same profile on both sides.
  private static func profile(_ authority: String = "ANFA") -> HL7FeedProfile {
    var profile = Fixtures.profile
    profile.authority = authority
    profile.mapping.ownAuthority = authority
    return profile
  }

  private static func mapping(_ authority: String? = "ANFA") -> HL7MappingProfile {
    var mapping = HL7Fixtures.profile
    mapping.ownAuthority = authority
    return mapping
  }

  private func texts(_ identifiers: [IdentifierValue]) -> [String] {
    identifiers.map { "\($0.system) \($0.value) \($0.type?.code ?? "-")" }
  }

  private func roundTrip(
    _ event: HL7FeedEvent, _ subject: HL7FeedSource.Subject, profile: HL7FeedProfile = profile(),
    _ change: (inout HL7FeedSource) -> Void = { _ in }
  ) throws -> [ClinicChange] {
    var source = try Fixtures.source(event, subject)
    change(&source)
    return try Fixtures.read(HL7FeedMapper.message(source, profile: profile), profile).changes
  }

  private func key(_ cx: String, _ mapping: HL7MappingProfile = mapping()) throws -> [String] {
    let message = try HL7Fixtures.message("ADT^A31", "PID|1||\(cx)||Berrada^Salma", "PV1|1|N")
    return texts(try XCTUnwrap(HL7Fixtures.changes(message, profile: mapping).patient).key.identifiers)
  }

  /// Whatever is made here names the records that it was made of.
  func testWhatAFeedTellsNamesTheRecords() throws {
    for authority in ["ANFA", "ANFA^1.2.250.1.9^ISO", "^1.2.250.1.9^ISO"] {
      let profile = Self.profile(authority)
      let person = try XCTUnwrap(roundTrip(.personUpdated, .person, profile: profile).patient)
      XCTAssertEqual(person.key.identifiers.first.map { texts([$0]) }, ["\(Self.patient) p1 PI"], authority)
      XCTAssertEqual(person.key.identifiers.count, 5, "the others' numbers are as before")
      let visit = try XCTUnwrap(
        roundTrip(.admitted, .visit(Fixtures.encounter()), profile: profile).encounter)
      XCTAssertEqual(
        visit.match, .visitNumber(HL7Fixtures.identifier("urn:passerelle:record:encounter", "e1", "VN")), authority)
      let appointment = try XCTUnwrap(
        roundTrip(.booked, .appointment(Fixtures.appointment()), profile: profile).appointment)
      XCTAssertEqual(
        texts(appointment.identifiers), ["urn:id:HIS PL-7 PLAC", "urn:passerelle:record:appointment a1 FILL"], authority
      )
    }
  }

  func testAVisitIsNamedByOurNumberWhereverItStands() throws {
    var encounter = try Fixtures.encounter()
    encounter.identifiers = [Fixtures.identifier(.encounter, "e1", "urn:id:CHU", "V-7", "VN")]
    let change = try XCTUnwrap(roundTrip(.admitted, .visit(encounter)).encounter)
    XCTAssertEqual(change.match, .visitNumber(HL7Fixtures.identifier("urn:passerelle:record:encounter", "e1", "VN")))
    XCTAssertEqual(texts(change.identifiers), ["urn:id:CHU V-7 VN", "urn:passerelle:record:encounter e1 VN"])
  }

  func testTheAccountPractitionersAndPayers() throws {
    let changes = try roundTrip(.charged, .invoice(Fixtures.invoice())) {
      $0.account = AccountRecord(row: Fixtures.row("acc"), patientID: "p1", status: .active)
    }
    XCTAssertEqual(changes.account.map { texts([$0.number]) }, ["urn:passerelle:record:account acc AN"])
    // The number of an invoice is none of an account: two records may have the same id.
    let alone = try roundTrip(.charged, .invoice(Fixtures.invoice()))
    XCTAssertEqual(alone.account.map { texts([$0.number]) }, ["urn:id:ANFA i1 ANT"])
    let appointment = try roundTrip(.booked, .appointment(Fixtures.appointment())).appointment
    guard case .practitioner(let helper)? = appointment?.participants.initial?.first?.actor else {
      return XCTFail("no helper")
    }
    XCTAssertEqual(texts(helper.identifiers), ["urn:passerelle:record:practitioner assistant -"])
    let coverage = try roundTrip(.personUpdated, .person) { $0.payers["amo"]?.identifiers = [] }.coverages.first
    XCTAssertEqual(coverage.map { texts($0.payer.identifiers) }, ["urn:passerelle:record:payer amo XX"])
  }

  /// Ours is what has our authority and our type; the sender's own numbers stay the sender's.
  func testWhatIsOurs() throws {
    XCTAssertEqual(try key("p1^^^ANFA^PI"), ["\(Self.patient) p1 PI"])
    XCTAssertEqual(try key("p1^^^ANFA"), ["\(Self.patient) p1 -"], "many senders drop the type")
    XCTAssertEqual(try key("p1^^^ANFA^MR"), ["urn:id:ANFA p1 MR"])
    XCTAssertEqual(try key("p1^^^CHU^PI"), ["urn:id:CHU p1 PI"])
    XCTAssertEqual(try key("p1^^^^PI"), ["\(HL7Fixtures.facility) p1 PI"], "no authority is the sender's")
    XCTAssertEqual(try key("p1^^^ANFA^PI", Self.mapping(nil)), ["urn:id:ANFA p1 PI"], "who is told none has none")
    var same = Self.mapping("CHU-IBN-ROCHD")
    same.defaultAuthority = "CHU-IBN-ROCHD"
    XCTAssertEqual(try key("p1^^^^PI", same), ["urn:id:CHU-IBN-ROCHD p1 PI"], "only an authority that is sent is ours")
  }

  func testAnAuthorityIsKnownByItsUniversalIDFirst() throws {
    let ours = Self.mapping("ANFA^1.2.250.1.9^ISO")
    XCTAssertEqual(try key("p1^^^ANFA&1.2.250.1.9&ISO^PI", ours), ["\(Self.patient) p1 PI"])
    XCTAssertEqual(try key("p1^^^&1.2.250.1.9&ISO^PI", ours), ["\(Self.patient) p1 PI"])
    XCTAssertEqual(try key("p1^^^ANFA^PI", ours), ["\(Self.patient) p1 PI"])
    XCTAssertEqual(try key("p1^^^ANFA&1.2.250.1.8&ISO^PI", ours), ["urn:oid:1.2.250.1.8 p1 PI"])
    XCTAssertEqual(try key("p1^^^OTHER&1.2.250.1.9&ISO^PI", ours), ["\(Self.patient) p1 PI"])
  }

  /// Our id is the surest name, before every system that the profile trusts.
  func testOurNumberGoesFirst() throws {
    var mapping = Self.mapping()
    mapping.trustedSystems = ["urn:id:CHU"]
    XCTAssertEqual(
      try key("7^^^CHU^MR~BE74^^^MAR^NI~p1^^^ANFA^PI", mapping),
      ["\(Self.patient) p1 PI", "urn:id:CHU 7 MR", "urn:passerelle:ma:cin BE74 NI"])
  }

  func testAMergeByOurNumbers() throws {
    let message = try HL7Fixtures.message(
      "ADT^A40", "PID|1||p2^^^ANFA^PI~9^^^CHU^MR||Berrada^Salma", "MRG|p1^^^ANFA^PI~9^^^CHU^MR")
    let merge = try XCTUnwrap(HL7Fixtures.changes(message, profile: Self.mapping()).merges.first)
    XCTAssertEqual(texts(merge.merged.identifiers), ["\(Self.patient) p1 PI"], "what both have names neither")
    XCTAssertEqual(merge.survivor.identifiers.first?.value, "p2")
  }

  /// An account's number says nothing of which of its visits is meant, and an id of one kind none of another.
  func testOurAccountNumberNamesNoVisit() throws {
    let account = "p1^^^ANFA^PI||Berrada^Salma|||||||||||||acc^^^ANFA^AN"
    let message = try HL7Fixtures.message(
      "ADT^A08", "PID|1||\(account)", "PV1|1|O" + String(repeating: "|", count: 42) + "20261102080000+0100")
    let visit = try XCTUnwrap(HL7Fixtures.changes(message, profile: Self.mapping()).encounter)
    XCTAssertEqual(visit.match, .start(try Instant("2026-11-02T08:00:00+01:00")))
    XCTAssertEqual(visit.identifiers, [])
    // Charges for a visit of ours without an account number are for the account of that visit.
    let charges = try HL7Fixtures.message(
      "DFT^P03", "PID|1||p1^^^ANFA^PI||Berrada", "PV1|1|O" + String(repeating: "|", count: 17) + "e1^^^ANFA^VN",
      "FT1|1|T1||20261103||CG|KINE^Séance|||1|150")
    let changes = try HL7Fixtures.changes(charges, profile: Self.mapping())
    XCTAssertEqual(changes.account.map { texts([$0.number]) }, ["urn:passerelle:record:encounter e1 VN"])
    XCTAssertEqual(
      changes.charges.first?.encounter.map { texts($0.identifiers) }, ["urn:passerelle:record:encounter e1 VN"])
  }
}
