import JSON
import TestSupport
import XCTest

@testable import Gateway

/// Pages stay right while rows come, change and go between them.
final class PagingTests: XCTestCase {
  private static let searches: [(query: String, isStable: @Sendable (Int) -> Bool)] = [
    ("", { _ in true }),
    ("family=fam", { _ in true }),
    ("family=fam&_sort=-family", { _ in true }),
    ("name=fam", { _ in true }),
    ("_sort=family", { _ in true }),
    ("_sort=-family,given", { _ in true }),
    ("_sort=birthdate", { _ in true }),
    ("_sort=-birthdate", { _ in true }),
    ("_sort=-birthdate,_lastUpdated", { _ in true }),
    ("_sort=-_lastUpdated", { _ in true }),
    ("_lastUpdated=gt2000", { _ in true }),
    ("gender=male", { $0 % 2 == 0 }),
    ("birthdate=gt1900&_sort=birthdate,-_id", { $0 % 5 != 0 }),
    ("birthdate:missing=true", { $0 % 5 == 0 }),
    ("family:contains=am", { _ in true }),
    ("name:contains=m&_sort=-name", { _ in true }),
    ("given:contains=amo&gender:not=female", { $0 % 2 == 0 }),
  ]

  func testRowsThatStandStillAreShownOnce() async throws {
    let dsn = try await StoreFixture.migratedDatabase("paging")
    try await StoreFixture.addClinics(dsn)
    try await Self.write(dsn, Self.insert("s", 0..<120))
    try await Self.write(dsn, Self.insert("m", 0..<60))
    try await FHIRFixture.withService(dsn: dsn) { client in
      var random = SeedRandom(3)
      var moving = 60
      for search in Self.searches {
        var shown: [String] = []
        var next: String? = "Patient?_count=7" + (search.query.isEmpty ? "" : "&\(search.query)")
        while let target = next, shown.count < 2_000 {
          let answer = try await client.answer("GET", target)
          XCTAssertEqual(answer.status, 200, target)
          let bundle = try JSONValue.parse(answer.body)
          shown += (bundle["entry"]?.array ?? []).compactMap { $0["resource"]?["id"]?.string }
          next = bundle["link"]?.array?.first { $0["relation"]?.string == "next" }?["url"]?.string
            .map { String($0.dropFirst(FHIRFixture.base.utf8.count + 1)) }
          // Not for ever: rows that keep moving ahead of the reader would keep the last page away.
          guard shown.count < 1_000 else { continue }
          try await Self.disturb(dsn, &moving, &random)
        }
        let stable = (0..<120).filter(search.isStable).map { "s\(1_000 + $0)" }
        XCTAssertEqual(shown.filter { $0.hasPrefix("s") }.sorted(), stable, search.query)
      }
    }
  }

  /// One row comes, one changes its place in every order, one goes.
  private static func disturb(_ dsn: String, _ moving: inout Int, _ random: inout SeedRandom) async throws {
    let (changed, gone) = (1_000 + random.below(moving), 1_000 + random.below(moving))
    let letter = ["a", "fam", "famz", "z"][random.below(4)]
    try await write(
      dsn,
      """
      with added as (\(Self.insert("m", moving..<(moving + 1))) returning id),
      changed as (update clinic.patient set family = '\(letter)\(random.below(90))', gender = 'male',
        birth_date = '19\(10 + random.below(80))-01-01' where id = 'm\(changed)' and id <> 'm\(gone)' returning id)
      update clinic.patient set deleted_at = now() where id = 'm\(gone)'
      """)
    moving += 1
  }

  private static func write(_ dsn: String, _ statement: String) async throws {
    try await StoreFixture.run(dsn, as: "passerelle_app", clinic: StoreFixture.casablanca, statement)
  }

  private static func insert(_ prefix: String, _ numbers: Range<Int>) -> String {
    """
    insert into clinic.patient (clinic_id, id, family, given, gender, birth_date)
      select '\(StoreFixture.casablanca)', '\(prefix)' || (1000 + n), 'Fam' || n % 10, array['Given' || n % 3, 'Famous'],
        case n % 2 when 0 then 'male' else 'female' end,
        case n % 5 when 0 then null else date '1950-01-01' + (n % 11) * 900 end
      from generate_series(\(numbers.lowerBound), \(numbers.upperBound - 1)) n
    """
  }
}
