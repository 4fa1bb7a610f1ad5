import Foundation
import HL7Parser
import JSON
import TestSupport
import XCTest

@testable import Mappers

/// How far our Bundles agree with those that others made of the same messages: `docs/mappings/agreement.md`.
///
/// Compared are the values of the expected Bundle by type of resource and path, indices left out, each once: how often a
/// place or a person is made anew is each converter's own. So are ids, references, narratives and extensions, and what a
/// converter records of its own run; they are left out.
final class HL7BundlePairsTests: XCTestCase {
  private struct Tally {
    var pairs = 0
    var expected = 0
    var agreed = 0
    /// The same with each value as often as it is expected.
    var repeated = (expected: 0, agreed: 0)
    /// By path: how many values were expected, and how many of them we have.
    var paths: [String: (expected: Int, agreed: Int)] = [:]
    var share: Double { Double(agreed) / Double(max(expected, 1)) }
  }

  /// The values of a Bundle, as `Patient.name.family=Berrada`, each with how often it occurs.
  private func values(of bundle: JSONValue, _ message: [UInt8]) -> [String: Int] {
    var found: [String: Int] = [:]
    let records = recordsOfItsRun(bundle, String(decoding: message, as: UTF8.self))
    for entry in bundle["entry"]?.array ?? [] {
      guard let resource = entry["resource"], let type = resource["resourceType"]?.string else { continue }
      if records.contains("\(type)/\(resource["id"]?.string ?? "")") { continue }
      collect(resource, type, into: &found)
    }
    return found
  }

  /// Resources in which the public health gateway records that it converted, and who it is: by its own word, or by a day
  /// that the message does not hold.
  private func recordsOfItsRun(_ bundle: JSONValue, _ message: String) -> Set<String> {
    var found: Set<String> = []
    for resource in (bundle["entry"]?.array ?? []).compactMap({ $0["resource"] }) {
      let day = resource["recorded"]?.string?.prefix(10).filter(\.isNumber) ?? ""
      let isItsOwn = resource["activity"]?["coding"]?[0]?["code"] == "v2-FHIR transformation" || !message.contains(day)
      guard resource["resourceType"] == "Provenance", isItsOwn else { continue }
      found.insert("Provenance/\(resource["id"]?.string ?? "")")
      found.formUnion((resource["agent"]?.array ?? []).compactMap { $0["who"]?["reference"]?.string })
    }
    return found
  }

  private static let own: Set<String> = [
    "id", "resourceType", "reference", "extension", "text", "div", "meta", "fullUrl", "contained", "url",
  ]

  private func collect(_ value: JSONValue, _ path: String, into found: inout [String: Int]) {
    switch value {
    case .object(let object):
      for member in object where !member.key.hasPrefix("_") {
        // `text` of a concept or a note is content; of a resource it is the narrative, an object.
        if member.key == "text" {
          guard case .string = member.value else { continue }
        } else if Self.own.contains(member.key) {
          continue
        }
        collect(member.value, "\(path).\(member.key)", into: &found)
      }
    case .array(let items): for item in items { collect(item, path, into: &found) }
    case .string(let text): found["\(path)=\(normal(text))", default: 0] += 1
    case .number(let text): found["\(path)=\(Double(text).map { "\($0)" } ?? text)", default: 0] += 1
    case .bool(let flag): found["\(path)=\(flag)", default: 0] += 1
    case .null: break
    }
  }

  /// The converter's names for namespaces that stand for no URI; ours begin with `urn:id:`.
  private static let namespaces = [
    "http://example.com/v2-to-fhir-converter/Identifier/", "http://example.com/v2-to-fhir-converter/CodeSystem/",
  ]

  /// A moment in UTC without fractions of zero; any other text without outer space.
  private func normal(_ text: String) -> String {
    var plain = text.trimmingCharacters(in: .whitespacesAndNewlines)
    for prefix in Self.namespaces where plain.hasPrefix(prefix) { plain = "urn:id:" + plain.dropFirst(prefix.count) }
    guard plain.utf8.count >= 20, plain.dropFirst(10).first == "T" else { return plain }
    let formatter = ISO8601DateFormatter()
    let whole = plain.replacingOccurrences(of: #"\.\d+"#, with: "", options: .regularExpression)
    return formatter.date(from: whole).map { "\($0.timeIntervalSince1970)" } ?? plain
  }

  private func compare(_ expected: JSONValue, _ ours: JSONValue, _ message: [UInt8], into tally: inout Tally) {
    tally.pairs += 1
    let mine = values(of: ours, message)
    for (value, count) in values(of: expected, message) {
      let agreed = min(count, mine[value] ?? 0)
      let path = String(value.prefix { $0 != "=" })
      tally.repeated = (tally.repeated.expected + count, tally.repeated.agreed + agreed)
      tally.expected += 1
      tally.agreed += agreed > 0 ? 1 : 0
      let before = tally.paths[path] ?? (0, 0)
      tally.paths[path] = (before.expected + 1, before.agreed + (agreed > 0 ? 1 : 0))
    }
  }

  private func bundle(of bytes: [UInt8], zone: Int) -> JSONValue? {
    let parts = (try? HL7Contents(of: bytes))?.messages ?? []
    guard let first = parts.first, let message = try? HL7Message(parsing: first) else { return nil }
    return HL7BundleMapper.bundle(of: message, zoneMinutes: zone)
  }

  private func report(_ name: String, _ tally: Tally) {
    let percent = (tally.share * 1000).rounded() / 10
    print(
      "HL7BundlePairsTests: \(name): \(tally.pairs) pairs, \(tally.agreed) of \(tally.expected) values (\(percent) %); "
        + "as often as expected \(tally.repeated.agreed) of \(tally.repeated.expected)")
    var types: [String: (expected: Int, agreed: Int)] = [:]
    for (path, count) in tally.paths {
      let type = String(path.prefix { $0 != "." })
      let before = types[type] ?? (0, 0)
      types[type] = (before.expected + count.expected, before.agreed + count.agreed)
    }
    for (type, count) in types.sorted(by: { $0.value.expected > $1.value.expected }).prefix(40) {
      print("  \(type): \(count.agreed) of \(count.expected)")
    }
    guard ProcessInfo.processInfo.environment["PASSERELLE_PAIRS"] != nil else { return }
    let missing = tally.paths.sorted { $0.value.expected - $0.value.agreed > $1.value.expected - $1.value.agreed }
    for (path, count) in missing.prefix(150) { print("    \(path): \(count.agreed) of \(count.expected)") }
  }

  func testPairsOfAPublicHealthGateway() throws {
    let collection = try SharedCollection("hl7v2/corpora.tar.xz")
    defer { collection.remove() }
    var tally = Tally()
    // The pairs of its other direction have Bundles that hold more than the messages made of them.
    let files = collection.files(endings: ["fhir"]).filter {
      $0.path.contains("cdc-reportstream") && !$0.path.contains("/FHIR_to_HL7/")
    }
    for file in files {
      let message = file.deletingPathExtension().appendingPathExtension("hl7")
      guard let bytes = try? Data(contentsOf: message), let ours = bundle(of: Array(bytes), zone: 0),
        let expected = try? JSONValue.parse(Array(Data(contentsOf: file)))
      else { continue }
      compare(expected, ours, Array(bytes), into: &tally)
    }
    report("a public health gateway", tally)
    XCTAssertGreaterThan(tally.pairs, 150)
    XCTAssertGreaterThan(tally.share, 0.5)
  }

  func testPairsOfAConverter() throws {
    let collection = try SharedCollection("hl7v2/corpora.tar.xz")
    defer { collection.remove() }
    var tally = Tally()
    let files = collection.files(endings: ["hl7", "json"])
    let messages = Dictionary(
      files.filter { $0.pathExtension == "hl7" && $0.path.contains("SampleData") }.map {
        ($0.deletingPathExtension().lastPathComponent, $0)
      }, uniquingKeysWith: { first, _ in first })
    var seen: Set<String> = []
    for file in files where file.lastPathComponent.hasSuffix("-expected.json") && file.path.contains("/Hl7v2/") {
      let name = String(file.lastPathComponent.dropLast("-expected.json".count))
      guard seen.insert(name).inserted, let message = messages[name], let bytes = try? Data(contentsOf: message),
        let ours = bundle(of: Array(bytes), zone: 0),
        let expected = try? JSONValue.parse(Array(Data(contentsOf: file)).dropBOM)
      else { continue }
      compare(expected, ours, Array(bytes), into: &tally)
    }
    report("a converter", tally)
    XCTAssertGreaterThan(tally.pairs, 80)
    XCTAssertGreaterThan(tally.share, 0.5)
  }
}

extension [UInt8] {
  fileprivate var dropBOM: [UInt8] { starts(with: [0xEF, 0xBB, 0xBF]) ? Array(dropFirst(3)) : self }
}
