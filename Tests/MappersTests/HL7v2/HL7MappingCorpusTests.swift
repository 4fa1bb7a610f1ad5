import ClinicModel
import Foundation
import HL7Parser
import Mappers
import TestSupport
import XCTest

/// Every message of the public collections is mapped or refused with findings; none traps.
final class HL7MappingCorpusTests: XCTestCase {
  func testEveryMessageIsMappedOrRefused() throws {
    let collection = try SharedCollection("hl7v2/corpora.tar.xz")
    defer { collection.remove() }
    var mapped: [String: Int] = [:]
    var refused: [String: [String]] = [:]
    for file in collection.files(endings: ["hl7", "HL7", "hl7v2", "er7", "txt", ""]) {
      let data = Array(try Data(contentsOf: file))
      guard HL7Contents.isHL7(data), let contents = try? HL7Contents(of: data) else { continue }
      for bytes in contents.messages {
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
