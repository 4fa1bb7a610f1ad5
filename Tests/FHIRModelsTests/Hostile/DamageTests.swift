import FHIRModels
import TestSupport
import XCTest

/// Ten documents cut at every byte and changed at random, in both formats: an error that names place and byte, or a
/// document that is whole. Never a crash.
final class DamageTests: XCTestCase {
  private func documents(_ format: FHIRFormat) throws -> [[UInt8]] {
    XCTAssertEqual(Fixtures.documents.count, 10)
    return try Fixtures.documents.map { json in
      switch format {
      case .json: json
      case .xml: try AnyResource(json: json).xml()
      }
    }
  }

  func testTruncationAtEveryByteOfTenFiles() throws {
    for format in FHIRFormat.allCases {
      for document in try documents(format) {
        let whole = try AnyResource.decode(document, as: format).value
        let head = headLength(of: document, whole.resourceType, format)
        for length in 0..<document.count {
          let part = Array(document[..<length])
          let issues = Hostile.issues(part, format)
          let about = "\(format) \(whole.resourceType) cut after \(length)"
          Hostile.checkRefusal(issues, of: part, about)
          XCTAssertEqual(issues.last?.severity, .fatal, about)
          if let head, length > head {
            XCTAssertEqual(issues.last?.expression?.hasPrefix(whole.resourceType), true, about)
          }
        }
      }
    }
  }

  /// Where the reader knows which type the document is of; nil where the type is not named first.
  private func headLength(of document: [UInt8], _ type: String, _ format: FHIRFormat) -> Int? {
    let start = format == .json ? Array("{\"resourceType\":\"\(type)\"".utf8) : Array("<\(type) xmlns=".utf8)
    guard let range = document.firstRange(of: start) else { return nil }
    if format == .json { return range.lowerBound == 0 ? range.upperBound : nil }
    return document[range.upperBound...].firstIndex(of: UInt8(ascii: ">"))
  }

  func testTruncationNamesThePlace() throws {
    let json = Array(#"{"resourceType":"Patient","name":[{"given":["a","b"#.utf8)
    XCTAssertEqual(Hostile.issues(json, .json).map(\.expression), ["Patient.name[0].given[1]"])
    XCTAssertEqual(Hostile.issues(json, .json).map(\.offset), [json.count])
    let xml = Array(#"<Patient xmlns="http://hl7.org/fhir"><name><given value="a"/><given value="b"><extension u"#.utf8)
    XCTAssertEqual(Hostile.issues(xml, .xml).map(\.expression), ["Patient.name[0].given[1]"])
    let crossed = Array(
      #"<Patient xmlns="http://hl7.org/fhir"><active value="x"/><name><family value="a"></name>"#.utf8)
    XCTAssertEqual(Hostile.issues(crossed, .xml).map(\.expression), ["Patient.active", "Patient.name[0].family"])
    XCTAssertEqual(Hostile.issues(crossed, .xml).map(\.severity), [.error, .fatal])
  }

  func testRandomDamage() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("DamageTests.testRandomDamage seed \(seed)")
    var random = SeededGenerator(seed: seed)
    for format in FHIRFormat.allCases {
      var refused = 0
      let documents = try documents(format)
      for round in 0..<6_000 {
        let damaged = damage(documents[round % documents.count], &random)
        let options: FHIRDecodingOptions = round % 3 == 0 ? .lenient : .strict
        do throws(FHIRDecodingError) {
          let read = try AnyResource.decode(damaged, as: format, options: options)
          if read.issues.isEmpty { checkWhole(read.value, "seed \(seed), round \(round)") }
        } catch {
          Hostile.checkRefusal(error.issues, of: damaged, "seed \(seed), round \(round)")
          refused += 1
        }
      }
      XCTAssertGreaterThan(refused, 2_000, "\(format)")
    }
  }

  /// Flips, replaces, removes, doubles or moves a few bytes.
  private func damage(_ document: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
    let pool = Array("{}[]\",:<>/&;='\\0-.eE \n_".utf8) + [0, 1, 0x7F, 0x80, 0xC3, 0xED, 0xEF, 0xFF]
    var bytes = document
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let index = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes[index] = pool.randomElement(using: &random) ?? 0
      case 2: bytes.remove(at: index)
      case 3: bytes.insert(pool.randomElement(using: &random) ?? 0, at: index)
      default:
        let end = min(bytes.count, index + Int.random(in: 1...40, using: &random))
        bytes.insert(contentsOf: bytes[index..<end], at: Int.random(in: 0...bytes.count, using: &random))
      }
    }
    return bytes
  }

  /// XML has no place for white space around a narrative's `div`, which damage may put there.
  private func withoutSpaceAroundNarratives(_ resource: AnyResource) -> AnyResource? {
    var text = String(decoding: resource.json(), as: UTF8.self)
    for space in [" ", "\\n", "\\t", "\\r"] {
      for (found, wanted) in [("\"div\":\"\(space)", "\"div\":\""), ("</div>\(space)\"", "</div>\"")] {
        while text.contains(found) { text = text.replacing(found, with: wanted) }
      }
    }
    return try? AnyResource(json: Array(text.utf8))
  }

  private func checkWhole(_ resource: AnyResource, _ about: String) {
    XCTAssertEqual(try? AnyResource(json: resource.json()), resource, about)
    do throws(FHIREncodingError) {
      let xml = try resource.xml()
      XCTAssertEqual(try? AnyResource(xml: xml), withoutSpaceAroundNarratives(resource), about)
    } catch {
      // JSON can hold characters that XML has not: the writer says where.
      XCTAssertTrue(error.issues.allSatisfy { $0.expression != nil }, about)
    }
  }
}
