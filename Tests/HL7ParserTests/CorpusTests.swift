import Foundation
import HL7Parser
import XCTest

/// Every message of the public collections: byte-exact round trip, typed reading without a trap, an answer for each.
final class CorpusTests: XCTestCase {
  /// The unpacked collections, or `nil` with one line said when they are not there.
  private func corpora() throws -> URL? {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let shared =
      ProcessInfo.processInfo.environment["PASSERELLE_SHARED"].map { URL(fileURLWithPath: $0) }
      ?? root.appendingPathComponent("../shared")
    let archive = shared.appendingPathComponent("hl7v2/corpora.tar.xz")
    guard FileManager.default.fileExists(atPath: archive.path) else {
      print("CorpusTests: \(archive.path) is absent; set PASSERELLE_SHARED to run over the public HL7 v2 collections")
      return nil
    }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("hl7-corpora-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    addTeardownBlock { try? FileManager.default.removeItem(at: folder) }
    let tar = Process()
    tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    tar.arguments = ["tar", "xf", archive.path, "-C", folder.path]
    try tar.run()
    tar.waitUntilExit()
    XCTAssertEqual(tar.terminationStatus, 0, "tar could not unpack \(archive.path)")
    return folder
  }

  /// The messages of a file: MLLP frames, a batch, or lines from each MSH on.
  private func messages(in bytes: [UInt8]) -> [[UInt8]] {
    if bytes.contains(0x0B), bytes.contains(0x1C) {
      var framer = MLLPFramer()
      let frames = (framer.receive(bytes) + framer.end()).compactMap { event -> [UInt8]? in
        guard case .frame(let payload, _) = event else { return nil }
        return payload
      }
      if !frames.isEmpty { return frames.flatMap { messages(in: $0) } }
    }
    if let batch = try? HL7Batch(parsing: bytes), !batch.messages.isEmpty { return batch.messages.map(Array.init) }
    return bytes.starts(with: "MSH".utf8) ? [bytes] : []
  }

  func testEveryMessageOfTheCollections() throws {
    guard let folder = try corpora() else { return }
    var passed = 0
    var refused: [HL7Error.Code: [String]] = [:]
    let walker = try XCTUnwrap(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
    for case let file as URL in walker where ["hl7", "txt", "dat", "msg", ""].contains(file.pathExtension) {
      guard let data = try? Data(contentsOf: file) else { continue }
      for bytes in messages(in: Array(data)) {
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
