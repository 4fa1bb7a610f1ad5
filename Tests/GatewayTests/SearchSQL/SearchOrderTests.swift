import ClinicModel
import Foundation
import JSON
import TestSupport
import XCTest

@testable import Gateway

/// `_sort` gives exactly the order that sorting the resources gives, ties broken by id, over small pages.
final class SearchOrderTests: XCTestCase {
  private static let types = SearchParameterRegistry.types.filter { $0 != "AuditEvent" }

  /// One key of a resource; nil where the resource lacks it. Texts compare by bytes.
  private enum Key: Equatable {
    case text([UInt8])
    case moment(Int64)
  }

  private static func key(_ resource: JSONValue, _ parameter: String, _ oracle: SearchOracle) -> Key? {
    func folded(_ texts: [String?]) -> Key {
      .text(Array(FoldedKey.fold(texts.compactMap { $0 }.joined(separator: " ")).utf8))
    }
    // A person's own name is the official one; further ones do not order.
    let own = resource["name"]?.array?.first { ["official", nil].contains($0["use"]?.string) }
    switch parameter {
    case "_id": return resource["id"]?.string.map { .text(Array($0.utf8)) }
    case "name" where resource["name"]?.string != nil: return folded([resource["name"]?.string])
    case "family", "name": return folded([own?["family"]?.string])
    case "given": return folded((own?["given"]?.array ?? []).map(\.string))
    default:
      switch oracle.elements(of: resource, parameter).first {
      case .token(_, let code)?: return .text(Array(code.utf8))
      // A period is ordered by when it begins.
      case .range(let lower, _, _)?: return lower > .min / 8 ? .moment(lower) : nil
      default: return nil
      }
    }
  }

  /// Going up what lacks the key stands last, going down first.
  private static func isBefore(_ one: Key?, _ other: Key?, isDescending: Bool) -> Bool? {
    if one == other { return nil }
    let isLess: Bool =
      switch (one, other) {
      case (nil, _): false
      case (_, nil): true
      case (.text(let one)?, .text(let other)?): one.lexicographicallyPrecedes(other)
      case (.moment(let one)?, .moment(let other)?): one < other
      default: false
      }
    return isLess != isDescending
  }

  private static func sorted(
    _ resources: [JSONValue], by keys: [(name: String, isDescending: Bool)], _ oracle: SearchOracle
  ) -> [String] {
    // The id breaks ties: the way of the keys where they all go one way, else going up.
    let isDown = keys.allSatisfy(\.isDescending)
    let rows = resources.map { resource in
      (keys: keys.map { key(resource, $0.name, oracle) }, id: resource["id"]?.string ?? "")
    }
    let ordered = rows.sorted { one, other in
      for (index, key) in keys.enumerated() {
        if let answer = isBefore(one.keys[index], other.keys[index], isDescending: key.isDescending) { return answer }
      }
      let isLess = Array(one.id.utf8).lexicographicallyPrecedes(Array(other.id.utf8))
      return one.id != other.id && isLess != isDown
    }
    return ordered.map(\.id)
  }

  func testEveryOrderIsThatOfTheResources() async throws {
    let dsn = try await FHIRFixture.dsn()
    try await FHIRFixture.withService(dsn: dsn) { client in
      var random = SeedRandom(5)
      for type in Self.types {
        let oracle = SearchOracle(
          type: type, zone: try XCTUnwrap(TimeZone(identifier: "Africa/Casablanca")), now: 1_793_600_000_000_000)
        let all = try await client.resources("\(type)?_count=1000")
        let sortable = SearchParameterRegistry.parameters(of: type).filter(\.isSortable).map(\.name)
        var orders = sortable.flatMap { [[($0, false)], [($0, true)]] }
        for _ in 0..<12 {
          var keys: [(String, Bool)] = []
          for name in sortable where keys.count < SearchParser.maximumSortKeys && random.below(3) > 0 {
            keys.insert((name, random.below(2) == 0), at: random.below(keys.count + 1))
          }
          if !keys.isEmpty { orders.append(keys) }
        }
        for order in orders {
          let sort = order.map { ($0.1 ? "-" : "") + $0.0 }.joined(separator: ",")
          let found = try await client.resources("\(type)?_count=\(11 + random.below(30))&_sort=\(sort)")
          var keys = order.map { (name: $0.0, isDescending: $0.1) }
          // Records of equal status stand in the order of their time, whose index begins with the status.
          if order.count == 1, order[0].0 == "status", ["Appointment", "Encounter", "Invoice"].contains(type) {
            keys.append((name: "date", isDescending: order[0].1))
          }
          XCTAssertEqual(
            found.compactMap { $0["id"]?.string }, Self.sorted(all, by: keys, oracle), "\(type) _sort=\(sort)")
        }
      }
    }
  }
}
