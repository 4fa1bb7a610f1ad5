import Foundation
import HL7Parser
import XCTest

/// What reading costs in memory.
final class HL7MemoryTests: XCTestCase {
  private static let size = 20 << 20

  /// Bytes that the process has in memory.
  private func residentBytes() throws -> Int {
    let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    return (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  /// A result of 20 MB is read where it lies: no copy of it, nor of a part of it, is made.
  func testALargeObservationCostsLittleMoreThanItsBytes() throws {
    var bytes = Array("MSH|^~\\&|A|B|||2026||ORU^R01|1|P|2.5.1\rOBX|1|ED|||^application^pdf^Base64^".utf8)
    bytes += [UInt8](repeating: UInt8(ascii: "A"), count: Self.size)
    bytes += Array("||||||F\r".utf8)
    let before = try residentBytes()
    let message = try HL7Message(parsing: bytes)
    let data = try XCTUnwrap(message.segment("OBX"))[5].component(5)
    XCTAssertEqual(data.bytes.count, Self.size)
    XCTAssertEqual(data.bytes.last, UInt8(ascii: "A"))
    XCTAssertEqual(message["OBX-11"].string, "F")
    let grown = try residentBytes() - before
    XCTAssertLessThan(grown, Self.size / 10, "reading \(Self.size) bytes took \(grown) more")
  }

  /// The index of a message with a million fields takes some bytes for each, no objects.
  func testTheIndexTakesFourBytesAField() throws {
    var bytes = Array("MSH|^~\\&|A|B|||2026||ORU^R01|1|P|2.5.1\r".utf8)
    for _ in 0..<10_000 { bytes += Array(("OBX" + String(repeating: "|", count: 100) + "\r").utf8) }
    let before = try residentBytes()
    let message = try HL7Message(parsing: bytes)
    XCTAssertEqual(message.segments.count, 10_001)
    let grown = try residentBytes() - before
    XCTAssertLessThan(grown, 16 << 20, "a million fields took \(grown) bytes")
  }
}
