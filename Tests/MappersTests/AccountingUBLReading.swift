import ClinicModel
import XML

/// A UBL document as paths and values, enough to check its sums: `LegalMonetaryTotal/PayableAmount`.
struct UBLReading {
  var values: [(path: String, value: String)] = []

  init(_ bytes: [UInt8]) throws(XMLError) {
    var reader = try XMLReader(bytes)
    var path: [String] = []
    while let event = try reader.next() {
      switch event {
      case .startElement: path.append(reader.localName)
      case .endElement: path.removeLast()
      case .text where !reader.isWhitespace: values.append((path.dropFirst().joined(separator: "/"), reader.text))
      case .text: break
      }
    }
  }

  func all(_ path: String) -> [String] { values.filter { $0.path == path }.map(\.value) }
  func first(_ path: String) -> String? { all(path).first }

  func amounts(_ path: String) throws -> [Amount] { try all(path).map { try Amount($0) } }
  func amount(_ path: String) throws -> Amount { try amounts(path).first ?? .zero }
}
