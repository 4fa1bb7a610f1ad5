internal import ClinicModel
internal import Crypto
internal import Mappers

/// A business identifier of one kind of record: how messages name what they write.
struct RecordKey: Hashable, Sendable {
  let owner: OwnerType
  let system: String
  let value: String

  init(_ owner: OwnerType, _ identifier: IdentifierValue) {
    self.owner = owner
    system = identifier.system
    value = identifier.value
  }

  /// Whether the value is the record's id: a number of ours that has come back.
  var isOurs: Bool { IdentifierValue.isOurs(system, owner) }

  /// Bytes that differ for different keys; SHA-256 of them names locks and records.
  private func digest(_ clinicID: String) -> [UInt8] {
    SHA256.hash("\(clinicID)\n\(owner.rawValue)\n\(system)\n\(value)")
  }

  /// The number of the advisory lock that whoever writes this record by a message holds until the commit.
  func lock(_ clinicID: String) -> Int64 {
    digest(clinicID).prefix(8).reduce(0) { $0 << 8 | Int64($1) }
  }

  /// An id that every process gives this record, so that two that make it at once make it once.
  func derivedID(_ clinicID: String) -> String { DerivedID.text(digest(clinicID)) }
}

/// Ids made from a digest: UUIDs of version 8 (RFC 9562 §5.8).
enum DerivedID {
  static func text(_ digest: [UInt8]) -> String {
    var bytes = Array(digest.prefix(16))
    bytes[6] = bytes[6] & 0x0F | 0x80
    bytes[8] = bytes[8] & 0x3F | 0x80
    var text: [UInt8] = []
    text.reserveCapacity(36)
    for (index, digit) in Hex.encode(bytes).utf8.enumerated() {
      if index == 8 || index == 12 || index == 16 || index == 20 { text.append(UInt8(ascii: "-")) }
      text.append(digit)
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The id of a record that has no identifier, from what distinguishes it.
  static func of(_ clinicID: String, _ parts: [String]) -> String {
    text(SHA256.hash(([clinicID] + parts).joined(separator: "\n")))
  }
}
