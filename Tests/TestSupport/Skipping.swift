import Foundation
import XCTest

/// What a test throws when this machine lacks what it needs: a skip that says why, and in CI, which installs what the
/// tests need, a failure.
public func skip(_ why: String, file: StaticString = #filePath, line: UInt = #line) -> any Error {
  guard ProcessInfo.processInfo.environment["CI"] == "true" else { return XCTSkip(why, file: file, line: line) }
  return NotInCI(why: why)
}

private struct NotInCI: Error, CustomStringConvertible {
  let why: String
  var description: String { "no test is left out in CI: \(why)" }
}

/// The bytes of a zone's file, such as `Europe/Paris`, of Debian's package `tzdata`.
public func zoneFile(_ name: String) throws -> [UInt8] {
  let path = "/usr/share/zoneinfo/\(name)"
  guard let bytes = FileManager.default.contents(atPath: path) else { throw skip("\(path) is absent") }
  return Array(bytes)
}
