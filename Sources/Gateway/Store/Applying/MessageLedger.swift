internal import HL7Parser
internal import PostgresClient

/// What the ledger says of the control ids of a batch.
struct MessageLedger {
  struct Entry {
    let sha256: [UInt8]
    /// Nil for a message of this batch.
    let code: HL7Acknowledgement.Code?
    /// The message that was answered so.
    let message: StoredMessageID?
  }

  private var entries: [LedgerKey: [Entry]] = [:]
  private var acknowledgements: [StoredMessageID: [UInt8]] = [:]

  init(_ result: PostgresResult, _ keys: [LedgerKey]) throws {
    for row in result {
      entries[keys[try row.int(0)], default: []].append(
        Entry(
          sha256: try row.bytes(1), code: HL7Acknowledgement.Code(rawValue: try row.string(2)) ?? .AR,
          message: StoredMessageID(id: try row.int(4), receivedAt: try row.string(3))))
    }
  }

  func entry(of message: IncomingMessage) -> Entry? {
    message.ledgerKey.flatMap { entries[$0]?.first { $0.sha256 == message.sha256 } }
  }

  /// The control id was used for other bytes.
  func isReused(_ key: LedgerKey) -> Bool { !(entries[key]?.isEmpty ?? true) }
  mutating func add(_ key: LedgerKey, _ sha256: [UInt8]) {
    entries[key, default: []].append(Entry(sha256: sha256, code: nil, message: nil))
  }

  /// The messages that some of `messages` repeat.
  func repeated(by messages: [IncomingMessage]) -> [StoredMessageID] {
    Array(Set(messages.compactMap { entry(of: $0)?.message }))
  }

  /// Reads what `MessageStatements.acknowledgements` told.
  mutating func learn(_ result: PostgresResult) throws {
    for row in result {
      acknowledgements[StoredMessageID(id: try row.int(1), receivedAt: try row.string(0))] = try row.optionalBytes(2)
    }
  }

  /// What was answered; nil where the message itself has been pruned.
  func acknowledgement(_ entry: Entry) -> [UInt8]? { entry.message.flatMap { acknowledgements[$0] } }
}
