import XCTest

@testable import Gateway

/// What a partner's own messages change is told to the others, never back to it.
final class FeedEchoTests: XCTestCase {
  private func fixture() async throws -> MLLPFixture {
    let fixture = try await MLLPFixture()
    for statement in [
      "select gateway.put_partner('emr', 'EMR', 'emr', '{}', '{anfa}')",
      """
      update gateway.partner set delivery_url = 'mllps://emr.example', delivery_formats = '{hl7-adt,hl7-siu,hl7-dft}'
      where slug in ('emr', 'hospital') returning slug
      """,
    ] { _ = try await fixture.rows(statement) }
    return fixture
  }

  private func events(_ fixture: MLLPFixture, _ partner: String) async throws -> [String] {
    try await fixture.rows(
      """
      select d.event from gateway.delivery d join gateway.partner p on p.id = d.partner_id where p.slug = '\(partner)'
      order by d.sequence
      """
    ).compactMap(\.[0])
  }

  func testTheSenderIsNotToldWhatItSaid() async throws {
    let fixture = try await fixture()
    let codes = try await fixture.send(
      [
        MLLPFixture.update("E-1", at: "20261102080000+0100", event: "A01"),
        MLLPFixture.update("E-2", family: "Berrada-Alami", at: "20261102090000+0100"),
        // Nothing new: nothing to tell.
        MLLPFixture.update("E-3", family: "Berrada-Alami", at: "20261102090000+0100"),
      ].map { Array($0.utf8) }
    ).map(\.code)
    XCTAssertEqual(codes, ["AA", "AA", "AA"])
    var emr = try await events(fixture, "emr")
    XCTAssertEqual(emr, ["ADT^A28", "ADT^A01", "ADT^A31", "ADT^A08"])
    var hospital = try await events(fixture, "hospital")
    XCTAssertEqual(hospital, [])
    // What the clinic changes itself is told to both.
    _ = try await fixture.rows("update clinic.encounter set status = 'finished', ended_at = now() returning id")
    hospital = try await events(fixture, "hospital")
    XCTAssertEqual(hospital, ["ADT^A03"])
    emr = try await events(fixture, "emr")
    XCTAssertEqual(emr.last, "ADT^A03")
    try await fixture.stop()
  }

  func testCoveragesContactsAndMergesAreNotEchoed() async throws {
    let fixture = try await fixture()
    let insured =
      MLLPFixture.update("E-1", at: "20261102090000+0100")
      + "NK1|1|Berrada^Omar|SPO\rIN1|1|BASE|01^^^CNSS|CNSS||||||||||||||||||||||||||||||||M-7\r"
    let merge = """
      MSH|^~\\&|HIS|CHU-IBN-ROCHD|PASSERELLE|KINE-ANFA|20261103||ADT^A40^ADT_A39|E-3|P|2.5.1\r\
      EVN|A40|20261103\rPID|||P2^^^CHU-IBN-ROCHD^MR||Berrada^Salma\rMRG|P1^^^CHU-IBN-ROCHD^MR\r
      """
    let messages = [insured, MLLPFixture.update("E-2", patient: "P2", at: "20261102091000+0100"), merge]
    let codes = try await fixture.send(messages.map { Array($0.utf8) }).map(\.code)
    XCTAssertEqual(codes, ["AA", "AA", "AA"])
    let hospital = try await events(fixture, "hospital")
    XCTAssertEqual(hospital, [])
    let emr = try await events(fixture, "emr")
    XCTAssertEqual(emr.filter { $0 == "ADT^A40" }.count, 1)
    XCTAssertEqual(emr.filter { $0 == "ADT^A28" }.count, 2)
    try await fixture.stop()
  }

  func testASecondSenderOfTheSameTransactionIsToldOfTheFirst() async throws {
    let fixture = try await fixture()
    _ = try await fixture.send(MLLPFixture.update("E-1", at: "20261102080000+0100"))
    _ = try await fixture.rows("delete from gateway.delivery returning id")
    // Messages of concurrent senders share a transaction; here by hand, so that they surely do.
    func transaction(_ senders: [String]) -> String {
      let messages = senders.enumerated().map { number, slug in
        """
        insert into gateway.hl7_message (clinic_id, received_at, id, partner_id, raw, sha256, state)
          select '\(MLLPFixture.clinicID)', '2026-11-02 08:0\(number)', 9\(senders.count)\(number), id, 'x', 'x', 'applied'
          from gateway.partner where slug = '\(slug)';
        """
      }
      return """
        do $$ begin
          \(messages.joined(separator: "\n"))
          update clinic.patient set phone = phone || '\(senders.count)';
          insert into gateway.message_effect (clinic_id, message_received_at, message_id, relation, record_id, operation)
            select m.clinic_id, m.received_at, m.id, 'patient', p.id, 'update'
            from gateway.hl7_message m, clinic.patient p where m.id between 9\(senders.count)0 and 9\(senders.count)9;
        end $$
        """
    }
    _ = try await fixture.rows(transaction(["hospital", "hospital"]))
    var hospital = try await events(fixture, "hospital")
    XCTAssertEqual(hospital, [])
    _ = try await fixture.rows(transaction(["hospital", "both", "both"]))
    hospital = try await events(fixture, "hospital")
    XCTAssertEqual(hospital, ["ADT^A31"], "the other's words are news")
    let emr = try await events(fixture, "emr")
    XCTAssertEqual(emr, ["ADT^A31", "ADT^A31"])
    try await fixture.stop()
  }

  func testChargesOfAPartnerAreNotChargedBackToIt() async throws {
    let fixture = try await fixture()
    let charge = """
      MSH|^~\\&|HIS|CHU-IBN-ROCHD|PASSERELLE|KINE-ANFA|20261103||DFT^P03^DFT_P03|E-2|P|2.5.1\r\
      EVN|P03|20261103\rPID|1||P1^^^CHU-IBN-ROCHD^MR||Berrada^Salma|||||||||||||AC1^^^CHU-IBN-ROCHD^AN\r\
      FT1|1|T1||20261103||CG|KINE^Séance|||2|300&MAD|150&MAD\r
      """
    let codes = try await fixture.send(
      [MLLPFixture.update("E-1"), charge].map { Array($0.utf8) }
    ).map(\.code)
    XCTAssertEqual(codes, ["AA", "AA"])
    let issue = "update clinic.invoice set status = 'issued', number = 'F1', issued_at = now() returning id"
    _ = try await fixture.rows(issue)
    let hospital = try await events(fixture, "hospital")
    XCTAssertEqual(hospital.filter { $0.hasPrefix("DFT") }, [])
    let emr = try await events(fixture, "emr")
    XCTAssertEqual(emr.filter { $0.hasPrefix("DFT") }, ["DFT^P03"])
    // With a line of the clinic's own the hospital is told that line.
    let told = try await fixture.rows(
      """
      with new as (insert into clinic.invoice_item (clinic_id, id, invoice_id, sequence, description, unit_price, net)
        select clinic_id, 'own', id, 9, 'Own', 1, 1 from clinic.invoice returning clinic_id, invoice_id)
      select 1 from new
      """)
    XCTAssertEqual(told, [["1"]])
    let lines = try await fixture.rows(
      """
      select p.slug, (select string_agg(case i when 'own' then i else 'theirs' end, ',' order by i)
        from gateway.items_to_tell(v.clinic_id, v.id, p.id) i)
      from clinic.invoice v, gateway.partner p where p.slug in ('emr', 'hospital') order by 1
      """)
    XCTAssertEqual(lines.map { $0[0] }, ["emr", "hospital"])
    XCTAssertEqual(lines[1][1], "own")
    XCTAssertTrue(lines[0][1]?.contains("theirs") ?? false)
    try await fixture.stop()
  }
}
