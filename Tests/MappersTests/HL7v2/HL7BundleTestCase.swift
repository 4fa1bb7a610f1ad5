import FHIRModels
import HL7Parser
import JSON
import XCTest

@testable import Mappers

/// Bundles of messages put together by segments; each is read by the strict FHIR reader.
class HL7BundleTestCase: XCTestCase {
  func bundle(_ segments: String..., type: String = "ADT^A01^ADT_A01", country: String = "") throws -> JSONValue {
    let header = "MSH|^~\\&|HIS|CHU^1.2.3^ISO|P^9.8^ISO|K|20261101080500+0100||\(type)|77|P|2.8|||||\(country)"
    let message = try HL7Message(parsing: Array(([header] + segments).joined(separator: "\r").utf8))
    let bundle = HL7BundleMapper.bundle(of: message)
    do throws(FHIRDecodingError) { _ = try AnyResource.decode(bundle.serialized(), as: .json) } catch {
      XCTFail("\(error.issues)")
    }
    return bundle
  }

  func all(_ type: String, _ bundle: JSONValue) -> [JSONValue] {
    (bundle["entry"]?.array ?? []).compactMap { $0["resource"] }.filter { $0["resourceType"]?.string == type }
  }

  func one(_ type: String, _ bundle: JSONValue) throws -> JSONValue { try XCTUnwrap(all(type, bundle).first) }

  static let patient = "PID|1||42^^^CHU^MR||Berrada^Salma^^^^^L^^^^^^^^Sally"

  /// A segment of some of its fields.
  func segment(_ name: String, _ fields: [Int: String]) -> String {
    let last = fields.keys.max() ?? 0
    return ([name] + (1...max(last, 1)).map { fields[$0] ?? "" }).joined(separator: "|")
  }
}
