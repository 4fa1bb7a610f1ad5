import HL7Parser
import Mappers
import PostgresClient
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// The clinic's own numbers: a feed tells them, the partner sends them back, and they name the same records. Over real
/// sockets, both ways, and Postgres.
final class FeedReturnTests: XCTestCase {
  private static let clinic = DeliveryHarness.clinic
  private static let other = "22222222-2222-4222-8222-222222222222"

  /// A clinic with a feed to an EMR, and a listener that the EMR sends to.
  private static func run(
    _ label: String, _ body: @escaping @Sendable (FeedHarness, MLLPServer) async throws -> Void
  ) async throws {
    try await FeedHarness.run(label) { harness in
      try await harness.sql("select gateway.put_sender('emr', 'casablanca', 'EMR', 'HOSPITAL')")
      let pool = harness.deliveries.app
      let service = HL7Service(
        pool: pool, directory: PartnerDirectory(pool: pool), audit: AuditChains(process: "test"))
      let address = try XCTUnwrap(SocketAddress(ip: "127.0.0.1", port: 0))
      let server = try MLLPServer(
        Configuration.MLLPListener(name: "test"), address: address, limits: Configuration.MLLPLimits(), tls: nil,
        service: service)
      let outcome: Result<Void, any Error>
      do { outcome = .success(try await body(harness, server)) } catch { outcome = .failure(error) }
      await server.drain(until: .after(milliseconds: 200))
      try outcome.get()
    }
  }

  private static func send(
    _ harness: FeedHarness, _ server: MLLPServer, _ message: String
  ) async throws -> MLLPClient.Acknowledgement {
    let client = try await MLLPClient.connect(to: server.address, host: "localhost", loop: harness.loop)
    defer { client.close() }
    return try await client.send(Array(message.utf8))
  }

  /// A message as the EMR sends it; `segments` with `\n` between them.
  private static func message(_ event: String, _ number: Int, _ segments: String) -> String {
    let time = "202611031\(200 + number)00+0100"
    let header = "MSH|^~\\&|EMR|HOSPITAL|PASSERELLE|casablanca|\(time)||\(event)|R-\(number)|P|2.5.1||||||UNICODE UTF-8"
    let evn = event.hasPrefix("SIU") ? "" : "EVN||\(time)\r"
    return header + "\r" + evn + segments.replacing("\n", with: "\r") + "\r"
  }

  /// What the EMR makes of a message that it was told: its own header, and each of these words another.
  private static func echo(
    _ receipt: ReceivingEMR.Receipt, as event: String, _ number: Int, _ words: [(String, String)] = []
  ) -> String {
    var segments = FeedHarness.text(receipt).split(separator: "\n").filter {
      !$0.hasPrefix("MSH") && !$0.hasPrefix("EVN")
    }.joined(separator: "\n")
    for (old, new) in words {
      XCTAssertTrue(segments.contains(old), "\(old) in \(segments)")
      segments = segments.replacing(old, with: new)
    }
    return message(event, number, segments)
  }

  /// A patient `a` with a visit `e` and an appointment `n`, all told to the EMR.
  private static func tell(_ harness: FeedHarness) async throws {
    try harness.deliveries.startWorkers()
    try await harness.makePatient("a")
    try await harness.sql(
      """
      insert into clinic.encounter (clinic_id, id, patient_id, class, status, started_at, practitioner_id, location_id)
        values ('\(clinic)', 'e', 'a', 'AMB', 'in-progress', '2026-11-03 08:00+01', 'doctor', 'room')
      """)
    try await harness.sql(
      """
      insert into clinic.appointment (clinic_id, id, status, patient_id, start_at, end_at, practitioner_id)
        values ('\(clinic)', 'n', 'booked', 'a', '2026-11-09 09:00+01', '2026-11-09 10:00+01', 'doctor')
      """)
    try await harness.settle(count: 3)
  }

  private static func counts(_ harness: FeedHarness) async throws -> [String?] {
    try await harness.sql(
      """
      select (select count(*) from clinic.patient where id <> 'p'), (select count(*) from clinic.encounter),
        (select count(*) from clinic.appointment), (select count(*) from clinic.practitioner),
        (select count(*) from clinic.location)
      """)[0]
  }

  func testWhatTheEMRSendsBackChangesTheSameRecordsAndIsNotEchoed() async throws {
    try await Self.run("return") { harness, server in
      try await Self.tell(harness)
      let told = harness.emr.receipts
      var answer = try await Self.send(
        harness, server,
        Self.echo(told[0], as: "ADT^A31", 1, [("Family a", "Bennani"), ("PID|1||", "PID|1||M-9^^^HOSPITAL^MR~")]))
      XCTAssertEqual(answer.code, "AA", String(decoding: answer.message, as: UTF8.self))
      // Its own visit number in PV1-19, ours in PV1-50.
      let visit =
        "PID|1||a^^^casablanca^PI\nPV1|1|E|||||||||||||||||V-9^^^HOSPITAL^VN"
        + String(repeating: "|", count: 31) + "e^^^casablanca^VN"
      answer = try await Self.send(harness, server, Self.message("ADT^A08", 2, visit))
      XCTAssertEqual(answer.code, "AA", String(decoding: answer.message, as: UTF8.self))
      answer = try await Self.send(
        harness, server,
        Self.echo(
          told[2], as: "SIU^S13", 3,
          [("20261109090000", "20261109093000"), ("SCH||", "SCH|PL-9^HOSPITAL|"), ("Family a", "Bennani")]))
      XCTAssertEqual(answer.code, "AA", String(decoding: answer.message, as: UTF8.self))
      var counts = try await Self.counts(harness)
      XCTAssertEqual(counts, ["1", "1", "1", "1", "1"], "nobody and nothing is made twice")
      let rows = try await harness.sql(
        """
        select p.family, e.class, e.id, n.id, to_char(n.start_at at time zone 'UTC', 'HH24:MI'), e.practitioner_id,
          n.practitioner_id
        from clinic.patient p, clinic.encounter e, clinic.appointment n where p.id = 'a'
        """)
      XCTAssertEqual(rows, [["Bennani", "EMER", "e", "n", "08:30", "doctor", "doctor"]])
      // Its own numbers are kept beside the records, ours are not.
      let numbers = try await harness.sql(
        "select owner_type, owner_id, value from clinic.identifier where owner_type <> 'clinic' order by 1")
      XCTAssertEqual(
        numbers, [["appointment", "n", "PL-9"], ["encounter", "e", "V-9"], ["patient", "a", "M-9"]])
      // By those it finds them from now on, one or the other.
      for (number, segments) in [
        "PID|1||M-9^^^HOSPITAL^MR||Alaoui^Amina\nPV1|1|I|||||||||||||||||V-9^^^HOSPITAL^VN",
        "PID|1||a^^^casablanca||Tazi^Amina\nPV1|1|I|||||||||||||||||e^^^casablanca",
      ].enumerated() {
        answer = try await Self.send(harness, server, Self.message("ADT^A08", 4 + number, segments))
        XCTAssertEqual(answer.code, "AA", String(decoding: answer.message, as: UTF8.self))
      }
      counts = try await Self.counts(harness)
      XCTAssertEqual(counts, ["1", "1", "1", "1", "1"])
      let family = try await harness.sql("select family from clinic.patient where id = 'a'")
      XCTAssertEqual(family, [["Tazi"]])
      // Nothing goes back to who said it.
      let owed = try await harness.events()
      XCTAssertEqual(owed, ["ADT^A28", "ADT^A01", "SIU^S12"])
      XCTAssertEqual(harness.emr.receipts.count, 3)
    }
  }

  func testMergesByOurNumbers() async throws {
    try await Self.run("return_merge") { harness, server in
      try await Self.tell(harness)
      try await harness.makePatient("b")
      try await harness.settle(count: 4)
      let merge = "PID|1||b^^^casablanca^PI||Family b^Amina\nMRG|a^^^casablanca^PI"
      var answer = try await Self.send(harness, server, Self.message("ADT^A40", 1, merge))
      XCTAssertEqual(answer.code, "AA", String(decoding: answer.message, as: UTF8.self))
      // The merged number goes on naming who it became.
      answer = try await Self.send(
        harness, server, Self.message("ADT^A31", 2, "PID|1||a^^^casablanca^PI||Berrada^Amina\nPV1|1|N"))
      XCTAssertEqual(answer.code, "AA", String(decoding: answer.message, as: UTF8.self))
      let rows = try await harness.sql(
        """
        select p.id, p.replaced_by, p.family, (select string_agg(e.id, ',') from clinic.encounter e where e.patient_id = p.id)
        from clinic.patient p where id <> 'p' order by 1
        """)
      XCTAssertEqual(rows, [["a", "b", "Family a", nil], ["b", nil, "Berrada", "e"]])
      let owed = try await harness.events()
      XCTAssertEqual(owed, ["ADT^A28", "ADT^A01", "SIU^S12", "ADT^A28"])
      answer = try await Self.send(
        harness, server, Self.message("ADT^A40", 3, "PID|1||b^^^casablanca^PI\nMRG|z^^^casablanca^PI"))
      XCTAssertEqual(answer.conditions, [204])
      XCTAssertTrue(String(decoding: answer.message, as: UTF8.self).contains("ERR||MRG^1^1"))
    }
  }

  /// A number of ours that names nothing is said to be unknown where it stands, and makes nothing.
  func testNumbersOfOursThatNameNoRecord() async throws {
    try await Self.run("return_unknown") { harness, server in
      try await harness.sql(
        """
        insert into clinic.clinic (clinic_id, id, slug, name, country, time_zone, currency, tax_regime)
          values ('\(Self.other)', 'c', 'lilas', 'Cabinet', 'FR', 'Europe/Paris', 'EUR', 'fr-tva')
        """)
      try await harness.sql(
        "insert into clinic.patient (clinic_id, id, family) values ('\(Self.other)', 'theirs', 'Martin')")
      try await Self.tell(harness)
      try await harness.makePatient("gone")
      try await harness.sql("update clinic.patient set deleted_at = now() where id = 'gone'")
      try await harness.settle(count: 5)
      let known = "PID|1||a^^^casablanca^PI||Family a^Amina"
      let sch = "||||||||||||||||||||||"
      let cases: [(event: String, segments: String, place: String)] = [
        ("ADT^A31", "PID|1||z^^^casablanca^PI||B^S\nPV1|1|N", "PID^1^3"),
        ("ADT^A28", "PID|1||new^^^HOSPITAL^MR~z^^^casablanca^PI||B^S\nPV1|1|N", "PID^1^3"),
        ("ADT^A31", "PID|1||theirs^^^casablanca^PI||B^S\nPV1|1|N", "PID^1^3"),
        ("ADT^A31", "PID|1||gone^^^casablanca^PI||B^S\nPV1|1|N", "PID^1^3"),
        ("ADT^A01", known + "\nPV1|1|I|||||||||||||||||z^^^casablanca^VN", "PV1^1^19"),
        ("SIU^S12", "SCH||z^casablanca|\(sch)\n\(known)\nAIS|1|A|K|20261110090000+0100", "SCH^1^2"),
        ("SIU^S12", "SCH|z^casablanca||\(sch)\n\(known)\nAIS|1|A|K|20261110090000+0100", "SCH^1^1"),
        ("BAR^P01", known + "|||||||||||||z^^^casablanca^AN", "PID^1^18"),
      ]
      for (number, test) in cases.enumerated() {
        let answer = try await Self.send(harness, server, Self.message(test.event, number, test.segments))
        let text = String(decoding: answer.message, as: UTF8.self)
        XCTAssertEqual(answer.code, "AE", text)
        XCTAssertEqual(answer.conditions, [204], text)
        XCTAssertTrue(text.contains("ERR||\(test.place)"), "\(test.place): \(text)")
      }
      let rows = try await harness.sql(
        """
        select (select count(*) from clinic.patient where id <> 'p'), (select count(*) from clinic.encounter),
          (select count(*) from clinic.appointment), (select count(*) from clinic.account),
          (select family from clinic.patient where id = 'theirs')
        """)
      XCTAssertEqual(rows, [["3", "1", "1", "0", "Martin"]])
      // Where another number finds somebody, that one decides, as always.
      try await harness.sql(
        """
        insert into clinic.identifier (clinic_id, id, owner_type, owner_id, system, value)
          values ('\(Self.clinic)', 'i', 'patient', 'a', 'urn:id:HOSPITAL', 'M-9')
        """)
      let answer = try await Self.send(
        harness, server,
        Self.message("ADT^A31", 50, "PID|1||z^^^casablanca^PI~M-9^^^HOSPITAL^MR||Berrada^Amina\nPV1|1|N"))
      XCTAssertEqual(answer.code, "AA", String(decoding: answer.message, as: UTF8.self))
      let family = try await harness.sql("select family from clinic.patient where id = 'a'")
      XCTAssertEqual(family, [["Berrada"]])
    }
  }

  /// Who takes no feed was told no numbers: what it sends under the same name is its own.
  func testWithoutAFeedTheAuthorityIsTheSenders() async throws {
    try await Self.run("return_nofeed") { harness, server in
      try await harness.makePatient("a")
      try await harness.sql("update gateway.partner set delivery_formats = '{}' where slug = 'emr'")
      var answer = try await Self.send(
        harness, server, Self.message("ADT^A31", 1, "PID|1||a^^^casablanca^PI||Berrada^Amina\nPV1|1|N"))
      XCTAssertEqual(answer.code, "AA")
      var families = try await harness.sql("select family from clinic.patient where id <> 'p' order by 1")
      XCTAssertEqual(families, [["Berrada"], ["Family a"]])
      // A profile that says how it is sent messages says the same as a subscription.
      try await harness.sql(
        "update gateway.partner set hl7_profile = '{\"feed\": {\"authority\": \"OURS\"}}' where slug = 'emr'")
      await harness.loop.sleep(milliseconds: 2_200)
      answer = try await Self.send(
        harness, server, Self.message("ADT^A31", 2, "PID|1||a^^^OURS^PI||Tazi^Amina\nPV1|1|N"))
      XCTAssertEqual(answer.code, "AA", String(decoding: answer.message, as: UTF8.self))
      families = try await harness.sql("select family from clinic.patient where id <> 'p' order by 1")
      XCTAssertEqual(families, [["Berrada"], ["Tazi"]])
    }
  }
}
