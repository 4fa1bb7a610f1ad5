import FHIRModels
import Foundation
import XCTest

/// What the suites of bad input share.
enum Hostile {
  /// Everything found wrong with a document; empty when it is accepted.
  static func issues(
    _ document: [UInt8], _ format: FHIRFormat, options: FHIRDecodingOptions = .strict
  ) -> [FHIRIssue] {
    do throws(FHIRDecodingError) {
      _ = try AnyResource.decode(document, as: format, options: options)
      return []
    } catch {
      return error.issues
    }
  }

  /// Asserts that a refusal names a byte of the document, keeps to the limit of issues and repeats no long piece of it.
  static func checkRefusal(
    _ issues: [FHIRIssue], of document: [UInt8], _ about: String, file: StaticString = #filePath, line: UInt = #line
  ) {
    XCTAssertFalse(issues.isEmpty, "accepted: \(about)", file: file, line: line)
    XCTAssertLessThanOrEqual(issues.count, 101, about, file: file, line: line)
    for issue in issues {
      guard let offset = issue.offset else {
        XCTFail("no byte: \(issue) of \(about)", file: file, line: line)
        continue
      }
      XCTAssertTrue((0...document.count).contains(offset), "\(issue) of \(about)", file: file, line: line)
      XCTAssertLessThan(issue.diagnostics.utf8.count, 300, about, file: file, line: line)
    }
  }

  /// Asserts that a document is refused, and how: by the first thing that is wrong with it.
  static func check(
    _ document: [UInt8], _ format: FHIRFormat, _ code: IssueType, at expression: String?, byte: Int?,
    file: StaticString, line: UInt
  ) {
    let issues = issues(document, format)
    let about = "\(String(decoding: document.prefix(120), as: UTF8.self)): \(issues)"
    checkRefusal(issues, of: document, about, file: file, line: line)
    XCTAssertEqual(issues.first?.code, code, about, file: file, line: line)
    XCTAssertEqual(issues.first?.expression, expression, about, file: file, line: line)
    if let byte { XCTAssertEqual(issues.first?.offset, byte, about, file: file, line: line) }
  }

  /// The most bytes that the process had in memory during `body` beyond what it had before; nil where the system does
  /// not count them anew.
  static func peakMemory(_ body: () -> Void) -> Int? {
    guard (try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .ascii)) != nil,
      let before = resident("VmHWM")
    else { return nil }
    body()
    return resident("VmHWM").map { $0 - before }
  }

  private static func resident(_ name: String) -> Int? {
    let status = try? String(contentsOfFile: "/proc/self/status", encoding: .ascii)
    let line = status?.split(separator: "\n").first { $0.hasPrefix(name) }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
  }

  /// Asserts that a large hostile document is refused in time and memory that its size bounds. A debug build is allowed
  /// for: what is not linear takes hours.
  static func checkCost(
    _ document: [UInt8], _ format: FHIRFormat, options: FHIRDecodingOptions = .strict, mayPass: Bool = false,
    _ about: String, file: StaticString = #filePath, line: UInt = #line
  ) {
    var found: [FHIRIssue] = []
    let began = ContinuousClock.now
    let peak = peakMemory { found = issues(document, format, options: options) }
    XCTAssertLessThan(began.duration(to: .now), .seconds(30), about, file: file, line: line)
    if let peak {
      XCTAssertLessThan(peak, 24 * document.count + (48 << 20), "\(peak >> 20) MB: \(about)", file: file, line: line)
    }
    if !mayPass { checkRefusal(found, of: document, about, file: file, line: line) }
  }
}
