import ClinicModel
import JSON
import TestSupport
import XCTest

@testable import Gateway

/// Rendered resources that are kept: within their bound, and never answered for another version than the database's.
final class RenderedCacheTests: XCTestCase {
  private static let json = [UInt8](repeating: 0x20, count: 744)  // 1,000 bytes with what an entry costs beside it

  private func resource(_ id: String, json: [UInt8] = json) -> RenderedResource {
    RenderedResource(
      id: id, version: 1, updatedAt: Instant(microseconds: 0), isDeleted: false, patientID: nil, json: json)
  }

  func testItHoldsWhatFitsAndForgetsWhatNobodyAsksFor() {
    var cache = RenderedCache(byteLimit: 100_000)
    let place = cache.place(clinic: "c", type: "Patient")
    func key(_ number: Int) -> RenderedCache.Key { RenderedCache.Key(place: place, id: "p\(number)") }
    cache.keep(resource("asked"), for: RenderedCache.Key(place: place, id: "asked"))
    for number in 0..<1_000 {
      cache.keep(resource("p\(number)"), for: key(number))
      if number % 10 == 0 { XCTAssertNotNil(cache.resource(RenderedCache.Key(place: place, id: "asked")), "\(number)") }
    }
    let held = (0..<1_000).filter { cache.resource(key($0)) != nil }
    XCTAssertLessThanOrEqual(held.count, 100)
    XCTAssertGreaterThan(held.count, 40)
    XCTAssertEqual(held.last, 999)
    XCTAssertNil(cache.resource(key(0)))
  }

  func testWhatNobodyAskedForGoesWithTime() {
    var cache = RenderedCache(byteLimit: 100_000)
    let place = cache.place(clinic: "c", type: "Patient")
    func key(_ id: String) -> RenderedCache.Key { RenderedCache.Key(place: place, id: id) }
    for id in ["asked", "unasked"] { cache.keep(resource(id), for: key(id)) }
    cache.turn()
    XCTAssertNotNil(cache.resource(key("asked")))
    cache.turn()
    XCTAssertNil(cache.resource(key("unasked")))
    XCTAssertNotNil(cache.resource(key("asked")))
  }

  func testOneResourceNeverFillsIt() {
    var cache = RenderedCache(byteLimit: 100_000)
    let key = RenderedCache.Key(place: cache.place(clinic: "c", type: "Patient"), id: "huge")
    cache.keep(resource("huge", json: [UInt8](repeating: 0x20, count: 7_000)), for: key)
    XCTAssertNil(cache.resource(key))
  }

  func testTheSameIdElsewhereIsAnotherResource() {
    var cache = RenderedCache(byteLimit: 100_000)
    let own = cache.place(clinic: "c", type: "Patient")
    cache.keep(resource("1"), for: RenderedCache.Key(place: own, id: "1"))
    for (clinic, type) in [("c", "Encounter"), ("d", "Patient")] {
      XCTAssertNil(cache.resource(RenderedCache.Key(place: cache.place(clinic: clinic, type: type), id: "1")))
    }
    XCTAssertEqual(cache.place(clinic: "c", type: "Patient"), own)
    XCTAssertNotNil(cache.resource(RenderedCache.Key(place: own, id: "1")))
  }

  func testAChangeInTheDatabaseIsAnsweredAtOnce() async throws {
    let dsn = try await StoreFixture.migratedDatabase("cached")
    try await PostgresTestCluster.withPool(dsn: dsn) { pool in _ = try await Seeder().loadSamples(pool) }
    let clinic = try await FHIRFixture.clinicID("casablanca", dsn)
    @Sendable func change(_ set: String, _ id: String) async throws {
      try await StoreFixture.run(
        dsn, as: "passerelle_app", clinic: clinic, "update clinic.patient set \(set) where id = '\(id)'")
    }
    try await FHIRFixture.withService(dsn: dsn) { client in
      let id = try await client.resources("Patient?_count=1&_sort=_id").first?["id"]?.string ?? ""
      let first = try await client.answer("GET", "Patient/\(id)")
      let before = client.service.cacheCounts
      let again = try await client.answer("GET", "Patient/\(id)")
      XCTAssertEqual(again.body, first.body)
      XCTAssertEqual(client.service.cacheCounts.hits, before.hits + 1)
      XCTAssertEqual(client.service.cacheCounts.misses, before.misses)
      try await change("family = 'Renamed'", id)
      let renamed = try await client.answer("GET", "Patient/\(id)")
      XCTAssertEqual(try JSONValue.parse(renamed.body)["name"]?[0]?["family"]?.string, "Renamed")
      XCTAssertNotEqual(renamed.field("ETag"), first.field("ETag"))
      let found = try await client.resources("Patient?_id=\(id)")
      XCTAssertEqual(found, [try JSONValue.parse(renamed.body)])
      // What belongs to the patient changes its version, too.
      try await StoreFixture.run(
        dsn, as: "passerelle_app", clinic: clinic,
        "insert into clinic.patient_telecom (clinic_id, id, patient_id, system, value) values ('\(clinic)', 'extra', "
          + "'\(id)', 'email', 'extra@x.example')")
      let extended = try await client.answer("GET", "Patient/\(id)")
      XCTAssertTrue(String(decoding: extended.body, as: UTF8.self).contains("extra@x.example"))
      try await change("deleted_at = now()", id)
      let gone = try await client.answer("GET", "Patient/\(id)")
      XCTAssertEqual(gone.status, 410)
    }
  }
}
