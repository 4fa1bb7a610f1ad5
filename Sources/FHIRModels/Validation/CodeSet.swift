import Synchronization

/// The codes of a value set, by system.
final class CodeSet: Sendable {
  let address: String
  /// What checking a code would take, such as `urn:ietf:bcp:13`; nil when all codes are known.
  let missing: String?
  private let systems: [String: Set<String>]
  private let codes: Set<String>

  init(address: String, missing: String?, systems: [String: Set<String>]) {
    self.address = address
    self.missing = missing
    self.systems = systems
    codes = systems.values.reduce(into: []) { $0.formUnion($1) }
  }

  /// Whether any system of the set has the code: of a `code` the system is implied.
  func contains(_ code: String) -> Bool { codes.contains(code) }

  func contains(system: String, _ code: String) -> Bool { systems[system]?.contains(code) ?? false }
}

/// The value sets that `fhir-codegen` wrote; each is read when it is first asked for.
final class CodeSets: Sendable {
  static let shared = CodeSets(valueSetTable)

  private let lines: [String: Range<Int>]
  private let addresses: [String: String]
  private let table: StaticString
  private let read = Mutex<[String: CodeSet]>([:])

  private init(_ table: StaticString) {
    self.table = table
    var lines: [String: Range<Int>] = [:]
    var addresses: [String: String] = [:]
    table.withUTF8Buffer { bytes in
      var start = 0
      while start < bytes.count {
        // A set reaches to the next line that begins with #.
        var end = start + 1
        while end < bytes.count, !(bytes[end] == UInt8(ascii: "#") && bytes[end - 1] == UInt8(ascii: "\n")) { end += 1 }
        let tab = bytes[start..<end].firstIndex(of: UInt8(ascii: "\t")) ?? end
        let address = String(decoding: bytes[(start + 1)..<tab], as: UTF8.self)
        let name = address.split(separator: "/").last.map(String.init) ?? address
        lines[name] = start..<end
        addresses[address] = name
        start = end
      }
    }
    self.lines = lines
    self.addresses = addresses
  }

  /// The set that field tables call `name`.
  func named(_ name: String) -> CodeSet? {
    if let known = read.withLock({ $0[name] }) { return known }
    guard let range = lines[name] else { return nil }
    let set = table.withUTF8Buffer { CodeSets.parse(UnsafeBufferPointer(rebasing: $0[range])) }
    read.withLock { $0[name] = set }
    return set
  }

  func at(_ address: String) -> CodeSet? { addresses[address].flatMap { named($0) } }

  /// The sets whose codes only a terminology server knows.
  var unchecked: [(address: String, needs: String)] {
    addresses.values.sorted().compactMap { name in
      named(name).flatMap { set in set.missing.map { (set.address, $0) } }
    }
  }

  private static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> CodeSet {
    let lines = bytes.split(separator: UInt8(ascii: "\n")).map { line in
      line.split(separator: UInt8(ascii: "\t")).map { String(decoding: $0, as: UTF8.self) }
    }
    let head = lines.first ?? []
    var systems: [String: Set<String>] = [:]
    for line in lines.dropFirst() { systems[line.first ?? "", default: []].formUnion(line.dropFirst()) }
    let missing = head.count > 1 && head[1] != "-" ? head[1] : nil
    return CodeSet(address: String(head.first?.dropFirst() ?? ""), missing: missing, systems: systems)
  }
}
