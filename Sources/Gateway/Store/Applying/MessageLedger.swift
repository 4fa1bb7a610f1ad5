internal import HL7Parser
internal import PostgresClient

/// What the ledger says of the control ids of a batch.
struct MessageLedger {
  struct Entry {
    let sha256: [UInt8]
    /// Nil for a message of this batch.
    let code: HL7Acknowledgement.Code?
    let ack: [UInt8]?
  }

  private var entries: [LedgerKey: [Entry]] = [:]

  init(_ result: PostgresResult, _ keys: [LedgerKey]) throws {
    for row in result {
      entries[keys[try row.int(0)], default: []].append(
        Entry(
          sha256: try row.bytes(1), code: HL7Acknowledgement.Code(rawValue: try row.string(2)) ?? .AR,
          ack: try row.optionalBytes(3)))
    }
  }

  func entry(_ key: LedgerKey, _ sha256: [UInt8]) -> Entry? { entries[key]?.first { $0.sha256 == sha256 } }
  /// The control id was used for other bytes.
  func isReused(_ key: LedgerKey) -> Bool { !(entries[key]?.isEmpty ?? true) }
  mutating func add(_ key: LedgerKey, _ sha256: [UInt8]) {
    entries[key, default: []].append(Entry(sha256: sha256, code: nil, ack: nil))
  }
}
