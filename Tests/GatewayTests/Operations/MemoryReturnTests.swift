import XCTest

@testable import Gateway

final class MemoryReturnTests: XCTestCase {
  /// Pages between pieces that are still in use come back as well, not only the heap's end.
  func testWhatABurstLeftBehindGoesBackToTheSystem() {
    var pieces: [[UInt8]?] = (0..<400_000).map { _ in [UInt8](repeating: 1, count: 480) }
    let busy = MemoryReturn.residentBytes
    XCTAssertGreaterThan(busy, 150 << 20)
    for place in pieces.indices where place % 4_000 != 0 { pieces[place] = nil }
    XCTAssertTrue(MemoryReturn.returnUnused())
    XCTAssertLessThan(MemoryReturn.residentBytes, busy - (100 << 20))
    withExtendedLifetime(pieces) {}
  }
}
