package import ClinicModel
import Glibc

/// What a request must know of the clinic that it names.
package struct ClinicIdentity: Sendable, Equatable {
  package var id: String
  package var slug: String
  package var name: String
  /// IANA name, such as `Africa/Casablanca`.
  package var timeZone: String
  package var zone: ZoneOffsets
  /// ISO 4217.
  package var currency: String
  package var taxRegime: String

  package init(
    id: String, slug: String, name: String, timeZone: String, zone: ZoneOffsets, currency: String, taxRegime: String
  ) {
    self.id = id
    self.slug = slug
    self.name = name
    self.timeZone = timeZone
    self.zone = zone
    self.currency = currency
    self.taxRegime = taxRegime
  }
}

/// The system's time zone files, each read once (a few KiB).
package enum ZoneFiles {
  package static let folder = "/usr/share/zoneinfo"
  static let byteLimit = 1 << 16

  /// Reads the offsets of an IANA zone; nil for a name that is none.
  package static func offsets(named name: String) -> ZoneOffsets? {
    if name == "UTC" { return .utc }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard (1...3).contains(parts.count), parts.allSatisfy(isPlainName) else { return nil }
    guard let file = fopen("\(folder)/\(name)", "re") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: byteLimit)
    let count = fread(&bytes, 1, byteLimit, file)
    return try? ZoneOffsets(tzif: Array(bytes[..<count]))
  }

  private static func isPlainName(_ part: Substring) -> Bool {
    !part.isEmpty
      && part.utf8.allSatisfy { byte in
        (65...90).contains(byte) || (97...122).contains(byte) || (48...57).contains(byte) || byte == UInt8(ascii: "_")
          || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
      }
  }
}
