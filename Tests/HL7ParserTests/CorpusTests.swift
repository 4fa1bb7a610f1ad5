import Foundation
import HL7Parser
import TestSupport
import XCTest

/// Every message of the public collections: byte-exact round trip, typed reading without a trap, an answer for each.
final class CorpusTests: XCTestCase {
  func testEveryMessageOfTheCollections() throws {
    let collection = try SharedCollection("hl7v2/corpora.tar.xz")
    defer { collection.remove() }
    var passed = 0
    var refused: [HL7Error.Code: [String]] = [:]
    for file in collection.files(endings: ["hl7", "HL7", "hl7v2", "er7", "txt", ""]) {
      let data = Array(try Data(contentsOf: file))
      guard HL7Contents.isHL7(data) else { continue }
      let messages: [[UInt8]]
      do throws(HL7Error) { messages = try HL7Contents(of: data).messages.map(Array.init) } catch {
        refused[error.code, default: []].append("\(file.lastPathComponent): \(error)")
        continue
      }
      for bytes in messages {
        do throws(HL7Error) {
          try roundTrip(bytes)
          passed += 1
        } catch {
          refused[error.code, default: []].append("\(file.lastPathComponent): \(error)")
        }
      }
    }
    let failures = refused.values.reduce(0) { $0 + $1.count }
    print("CorpusTests: \(passed) passed, \(failures) refused")
    for (code, files) in refused.sorted(by: { $0.value.count > $1.value.count }) {
      print("  \(code): \(files.count), such as \(files.min() ?? "")")
    }
    XCTAssertGreaterThan(passed, 2000)
    // Refused are prose about MSH, templates with `${...}` in them, literals lifted from source code with their
    // backslashes doubled (two escape characters), charsets of East Asia, and lines that are no segment.
    XCTAssertLessThan(failures * 15, passed, "more than one in fifteen is not a short list")
  }

  private func roundTrip(_ bytes: [UInt8]) throws(HL7Error) {
    let header = HL7Header(recoveringFrom: bytes)
    XCTAssertNotNil(
      MLLPWriter.frame(HL7Acknowledgement(.AE).bytes(answering: header, controlID: "1", time: "2026")))
    let message = try HL7Message(parsing: bytes)
    XCTAssertEqual(Array(message.bytes), bytes)
    XCTAssertEqual(message.reassembled(), bytes)
    // The segments and what lies between them are all of the bytes.
    var writer = HL7Writer(delimiters: message.delimiters, charset: message.charset)
    for segment in message.segments { writer.append(copying: segment) }
    let again = try HL7Message(parsing: writer.bytes)
    XCTAssertEqual(again.segments.map { Array($0.bytes) }, message.segments.map { Array($0.bytes) })
    for segment in message.segments {
      for number in 1...max(1, segment.fieldCount) {
        let parts = segment[number].repetitions.map { $0.bytes.count + 1 }
        XCTAssertEqual(parts.reduce(0, +), segment[number].isAbsent ? 0 : segment[number].bytes.count + 1)
        _ = segment[number].plainText
      }
    }
    _ = HL7Validator().headerFindings(message) + HL7Validator().contentFindings(message)
  }
}
