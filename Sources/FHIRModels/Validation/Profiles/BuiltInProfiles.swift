import Synchronization

/// The specification's own profiles and extensions that `fhir-codegen` wrote; each is compiled when it is first asked for.
///
/// They are those that stand among the specification's examples, most of what it defines.
final class BuiltInProfiles: Sendable {
  static let shared = BuiltInProfiles(profileTable)

  private let table: StaticString
  /// Where the JSON of each stands in the table, by address.
  private let places: [String: Range<Int>]
  private let compiled = Mutex<[String: ProfileLibrary.Profile]>([:])

  private init(_ table: StaticString) {
    self.table = table
    var places: [String: Range<Int>] = [:]
    table.withUTF8Buffer { bytes in
      var start = 0
      while start < bytes.count {
        let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        if let tab = bytes[start..<end].firstIndex(of: UInt8(ascii: "\t")) {
          places[String(decoding: bytes[start..<tab], as: UTF8.self)] = (tab + 1)..<end
        }
        start = end + 1
      }
    }
    self.places = places
  }

  var addresses: [String] { places.keys.sorted() }

  func structure(at address: String) -> StructureDefinition? {
    guard let place = places[address] else { return nil }
    let json = table.withUTF8Buffer { Array($0[place]) }
    return try? StructureDefinition(json: json)
  }

  /// The profile at an address, without a version.
  func profile(_ address: String) -> ProfileLibrary.Profile? {
    guard places[address] != nil else { return nil }
    if let known = compiled.withLock({ $0[address] }) { return known }
    // Two threads may compile one at the same time: both come to the same.
    var compiler = ProfileCompiler([], [:])
    guard let profile = compiler.compile(address) else { return nil }
    compiled.withLock { $0[address] = profile }
    return profile
  }
}
