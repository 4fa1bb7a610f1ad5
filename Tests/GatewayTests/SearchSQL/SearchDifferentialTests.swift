import ClinicModel
import Foundation
import JSON
import TestSupport
import XCTest

@testable import Gateway

/// Every search gives what looking at every resource gives: the same ids, each once, over all pages.
final class SearchDifferentialTests: XCTestCase {
  private static let now: Int64 = 1_793_600_000_000_000
  private static let types = SearchParameterRegistry.types.filter { $0 != "AuditEvent" }

  private static func oracle(_ type: String) throws -> SearchOracle {
    SearchOracle(type: type, zone: try XCTUnwrap(TimeZone(identifier: "Africa/Casablanca")), now: Self.now)
  }

  // MARK: Criteria

  private static func criteria(
    _ parameter: SearchParameter, _ oracle: SearchOracle, _ resources: [JSONValue], _ random: inout SeedRandom
  ) -> [SearchOracle.Criterion] {
    let elements = resources.flatMap { oracle.elements(of: $0, parameter.name) }
    var made: [SearchOracle.Criterion] = []
    func add(_ modifier: String? = nil, _ values: String...) {
      made.append(.init(name: parameter.name, modifier: modifier, values: values))
    }
    if parameter.isOptional { for flag in ["true", "false"] { add("missing", flag) } }
    var picked = (0..<6).compactMap { _ in elements.isEmpty ? nil : elements[random.below(elements.count)] }
    picked += elements.suffix(4)
    for element in picked {
      switch element {
      case .text(let text): strings(text).forEach { add($0.0, $0.1) }
      case .token(let system, let code):
        let code = escaped(code)
        for modifier in [nil, "not"] {
          add(modifier, code)
          add(modifier, code, "nothing")
          if parameter.name == "_id" { continue }
          add(modifier, "|\(code)")
          add(modifier, "urn:none|\(code)")
          if let system { add(modifier, "\(system)|\(code)", "x") }
          if let system { add(modifier, "\(system)|") }
        }
      case .contact(let text):
        add(nil, escaped(text.uppercased()))
        add("not", escaped(text))
      case .reference(let text):
        let parts = text.split(separator: "/").map(String.init)
        add(nil, text)
        add(nil, parts[1], "none")
        add(parts[0], parts[1])
        if parameter.name == "patient" { add(nil, text, "Patient/x-month") }
      case .range(let lower, let upper, let isDay):
        let at = lower > .min / 8 ? lower : upper
        for text in spellings(at, isDay: isDay) {
          for prefix in SearchPrefix.allCases { add(nil, "\(prefix.rawValue)\(text)") }
          add(nil, text, "2001")
        }
      }
    }
    return made
  }

  private static func escaped(_ text: String) -> String {
    String(text.flatMap { ",|$\\".contains($0) ? ["\\", $0] : [$0] })
  }

  private static func strings(_ text: String) -> [(String?, String)] {
    let middle = String(text.dropFirst(text.count / 3).prefix(3))
    return [
      (nil, String(text.prefix(1))), (nil, String(text.prefix(3)).uppercased()), (nil, FoldedKey.fold(text)),
      ("exact", text), ("exact", text.lowercased()), ("contains", middle.isEmpty ? text : middle.uppercased()),
    ].map { ($0.0, escaped($0.1)) }
  }

  private static func spellings(_ at: Int64, isDay: Bool) -> [String] {
    let whole = Instant(microseconds: at).rfc3339()
    let days = [String(whole.prefix(4)), String(whole.prefix(7)), String(whole.prefix(10))]
    return isDay ? days : days + [String(whole.prefix(16)), String(whole.prefix(19)) + "Z", whole]
  }

  // MARK: Tests

  func testEverySingleCriterion() async throws {
    let dsn = try await FHIRFixture.dsn()
    try await FHIRFixture.withService(dsn: dsn, now: { Self.now }) { client in
      var random = SeedRandom(1)
      for type in Self.types {
        let oracle = try Self.oracle(type)
        let all = try await client.resources("\(type)?_count=1000")
        for parameter in SearchParameterRegistry.parameters(of: type) {
          for criterion in Self.criteria(parameter, oracle, all, &random) {
            try await Self.compare(client, oracle, all, [criterion], "_count=\(40 + random.below(60))")
          }
        }
      }
    }
  }

  func testCombinationsOverSmallPages() async throws {
    let dsn = try await FHIRFixture.dsn()
    try await FHIRFixture.withService(dsn: dsn, now: { Self.now }) { client in
      var random = SeedRandom(2)
      for type in Self.types {
        let oracle = try Self.oracle(type)
        let all = try await client.resources("\(type)?_count=1000")
        let pool = SearchParameterRegistry.parameters(of: type).flatMap {
          Self.criteria($0, oracle, all, &random)
        }
        let sortable = SearchParameterRegistry.parameters(of: type).filter(\.isSortable).map(\.name)
        for _ in 0..<60 {
          let chosen = (0...random.below(3)).map { _ in pool[random.below(pool.count)] }
          var keys: [String] = []
          for _ in 0..<random.below(4) {
            let key = sortable[random.below(sortable.count)]
            if !keys.contains(where: { $0.hasSuffix(key) }) { keys.append(random.below(2) == 0 ? key : "-" + key) }
          }
          let sort = keys.isEmpty ? "" : "&_sort=\(keys.joined(separator: ","))"
          try await Self.compare(client, oracle, all, chosen, "_count=\(3 + random.below(20))\(sort)")
        }
      }
    }
  }

  /// The order by keys that rows share and keys that rows lack, checked against the resources.
  func testOrderByBirthdateWithAbsentDates() async throws {
    let dsn = try await FHIRFixture.dsn()
    try await FHIRFixture.withService(dsn: dsn) { client in
      for (sort, isDescending) in [
        ("birthdate", false), ("-birthdate", true), ("birthdate,-_id", false),
      ] {
        let found = try await client.resources("Patient?_count=7&_sort=\(sort)")
        let dates = found.map { $0["birthDate"]?.string.map { ($0 + "-01-01").prefix(10) } }
        XCTAssertTrue(dates.contains { $0 == nil }, sort)
        for (one, next) in zip(dates, dates.dropFirst()) {
          switch (one, next) {
          case (nil, nil): break
          case (nil, _): XCTAssertTrue(isDescending, "\(sort): an absent date stands last going up")
          case (_, nil): XCTAssertFalse(isDescending, "\(sort): an absent date stands first going down")
          case (let one?, let next?): XCTAssertTrue(isDescending ? one >= next : one <= next, sort)
          }
        }
      }
    }
  }

  private static func compare(
    _ client: FHIRClient, _ oracle: SearchOracle, _ all: [JSONValue], _ criteria: [SearchOracle.Criterion],
    _ rest: String
  ) async throws {
    let target = "\(oracle.type)?" + (criteria.map(\.pair) + [rest]).joined(separator: "&")
    let found = try await client.resources(target).compactMap { $0["id"]?.string }
    let wanted = all.filter { resource in criteria.allSatisfy { oracle.matches(resource, $0) } }
      .compactMap { $0["id"]?.string }
    if found.sorted() != wanted.sorted() {
      let (extra, lost) = (Set(found).subtracting(wanted), Set(wanted).subtracting(found))
      XCTFail(
        "\(target): \(found.count) found, \(wanted.count) wanted; extra \(extra.sorted().prefix(4)), lost \(lost.sorted().prefix(4))"
      )
    }
  }
}
