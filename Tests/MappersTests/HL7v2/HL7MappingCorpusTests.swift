import ClinicModel
import Foundation
import HL7Parser
import Mappers
import XCTest

/// Every message of the public collections is mapped or refused with findings; none traps.
final class HL7MappingCorpusTests: XCTestCase {
  private func corpora() throws -> URL? {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let shared =
      ProcessInfo.processInfo.environment["PASSERELLE_SHARED"].map { URL(fileURLWithPath: $0) }
      ?? root.appendingPathComponent("../shared")
    let archive = shared.appendingPathComponent("hl7v2/corpora.tar.xz")
    guard FileManager.default.fileExists(atPath: archive.path) else {
      print("HL7MappingCorpusTests: \(archive.path) is absent; set PASSERELLE_SHARED to map the public collections")
      return nil
    }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("hl7-mapping-\(getpid())")
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

  func testEveryMessageIsMappedOrRefused() throws {
    guard let folder = try corpora() else { return }
    var mapped: [String: Int] = [:]
    var refused: [String: [String]] = [:]
    let walker = try XCTUnwrap(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
    for case let file as URL in walker where ["hl7", "txt", "dat", "msg", ""].contains(file.pathExtension) {
      guard let data = try? Data(contentsOf: file) else { continue }
      for bytes in messages(in: Array(data)) {
        guard let message = try? HL7Message(parsing: bytes) else { continue }
        do throws(HL7MappingError) {
          let changes = try HL7Mapping.changes(for: message, profile: HL7Fixtures.profile)
          check(changes, file)
          mapped[changes.event, default: 0] += 1
        } catch {
          XCTAssertFalse(error.findings.isEmpty, file.lastPathComponent)
          let reason =
            error.code == .content
            ? error.findings.map { "\($0.condition.code) \(Self.field($0)): \($0.text)" }.first ?? ""
            : error.code.rawValue
          refused[reason, default: []].append(file.lastPathComponent)
        }
      }
    }
    report(mapped, refused)
    XCTAssertGreaterThan(mapped.values.reduce(0, +), 200)
  }

  /// What every store relies on.
  private func check(_ changes: ClinicChanges, _ file: URL) {
    XCTAssertFalse(changes.changes.isEmpty, file.lastPathComponent)
    if let patient = changes.changes.patient {
      XCTAssertFalse(patient.key.identifiers.isEmpty, file.lastPathComponent)
      XCTAssertTrue(
        patient.key.identifiers.allSatisfy { $0.system.hasPrefix("urn:") || $0.system.contains(":") },
        file.lastPathComponent)
      var record = PatientRecord(row: RowMeta(clinicID: "c", id: "p"))
      patient.apply(to: &record)
      let texts = [record.family, record.phone, record.email, record.address.city].compactMap { $0 } + record.given
      XCTAssertTrue(texts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { $0 >= 0x20 } }, file.lastPathComponent)
    }
    if let appointment = changes.changes.appointment {
      XCTAssertFalse(appointment.identifiers.isEmpty, file.lastPathComponent)
      XCTAssertTrue(appointment.mustExist || appointment.startAt.initial != nil, file.lastPathComponent)
    }
    XCTAssertTrue(changes.warnings.allSatisfy { $0.severity == .warning }, file.lastPathComponent)
  }

  private static func field(_ finding: HL7Finding) -> String {
    guard let location = finding.location else { return "" }
    return location.field.map { "\(location.segment)-\($0)" } ?? location.segment
  }

  private func report(_ mapped: [String: Int], _ refused: [String: [String]]) {
    let counts = mapped.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    let failures = refused.values.reduce(0) { $0 + $1.count }
    print("HL7MappingCorpusTests: \(mapped.values.reduce(0, +)) mapped (\(counts)), \(failures) refused")
    for (reason, files) in refused.sorted(by: { ($1.value.count, $0.key) < ($0.value.count, $1.key) }) {
      print("  \(files.count) × \(reason), such as \(files.min() ?? "")")
    }
  }
}
