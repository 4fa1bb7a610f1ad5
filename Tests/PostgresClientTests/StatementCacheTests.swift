import XCTest

@testable import PostgresClient

final class StatementCacheTests: XCTestCase {
  private func describe(_ use: StatementCache.Use) -> String {
    switch use {
    case .prepare(let statement): "prepare \(statement.number)"
    case .prepared(let statement): "prepared \(statement.number)"
    case .unnamed: "unnamed"
    }
  }

  private func confirm(_ use: StatementCache.Use, in cache: inout StatementCache) {
    if case .prepare(let statement) = use { cache.confirm(statement) }
  }

  func testAnUnconfirmedPreparationServesItsOwnPipelineAlone() {
    var cache = StatementCache(limit: 2)
    let use = cache.use(.text("a"), in: 1)
    XCTAssertEqual(describe(use), "prepare 1")
    XCTAssertEqual(describe(cache.use(.text("a"), in: 1)), "prepared 1")
    XCTAssertEqual(describe(cache.use(.text("a"), in: 2)), "unnamed")
    confirm(use, in: &cache)
    XCTAssertEqual(describe(cache.use(.text("a"), in: 3)), "prepared 1")
  }

  func testTheLeastRecentlyUsedGoesFirstAndIsToBeDropped() {
    var cache = StatementCache(limit: 2)
    confirm(cache.use(.text("a"), in: 1), in: &cache)
    confirm(cache.use(.text("b"), in: 2), in: &cache)
    _ = cache.use(.text("a"), in: 3)
    XCTAssertEqual(describe(cache.use(.text("c"), in: 4)), "prepare 3")
    XCTAssertEqual(cache.takeEvicted().map(\.number), [2])
    XCTAssertEqual(cache.takeEvicted().count, 0)
    XCTAssertEqual(cache.count, 2)
  }

  func testAFailedPreparationIsForgottenAndItsNumberNotReused() {
    var cache = StatementCache(limit: 2)
    if case .prepare(let statement) = cache.use(.text("a"), in: 1) { cache.forget(statement) }
    XCTAssertEqual(describe(cache.use(.text("a"), in: 2)), "prepare 2")
  }

  func testACacheFullOfUnconfirmedOnesSendsText() {
    var cache = StatementCache(limit: 1)
    _ = cache.use(.text("a"), in: 1)
    XCTAssertEqual(describe(cache.use(.text("b"), in: 2)), "unnamed")
  }

  func testALimitOfZeroKeepsNothing() {
    var cache = StatementCache(limit: 0)
    XCTAssertEqual(describe(cache.use(.text("a"), in: 1)), "unnamed")
  }
}
