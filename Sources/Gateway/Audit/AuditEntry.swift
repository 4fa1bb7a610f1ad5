package import ClinicModel
import Crypto

/// One access by a known partner, allowed or refused: what the audit keeps of it (FHIR R4 AuditEvent).
package struct AuditEntry: Sendable, Equatable {
  /// AuditEvent.action.
  package enum Action: String, Sendable, CaseIterable {
    case create = "C"
    case read = "R"
    case update = "U"
    case delete = "D"
    case execute = "E"
  }

  /// AuditEvent.outcome.
  package enum Outcome: Int, Sendable, CaseIterable {
    case success = 0
    case minorFailure = 4
    case seriousFailure = 8
    case majorFailure = 12
  }

  package var at: Instant
  package var clinicID: String?
  package var partnerID: String?
  package var keyID: String?
  /// SHA-256 of the client certificate's public key, in hex.
  package var certificate: String?
  package var action: Action
  /// `read`, `search-type`, `create` … or `hl7v2`.
  package var interaction: String
  package var resourceType: String?
  package var resourceID: String?
  package var patientID: String?
  /// The query as it was sent.
  package var query: String?
  package var outcome: Outcome
  /// The HTTP status that was answered.
  package var status: Int?
  /// Why it was refused or failed.
  package var reason: String?
  /// How many resources left.
  package var results: Int?
  package var requestID: String
  package var remoteAddress: String?

  package init(
    at: Instant, action: Action, interaction: String, outcome: Outcome = .success, requestID: String
  ) {
    self.at = at
    self.action = action
    self.interaction = interaction
    self.outcome = outcome
    self.requestID = requestID
  }

  /// The columns that the hash covers, as text, in the order of the table. An empty text is stored as null, so it is
  /// hashed as null.
  var columns: [String?] {
    let texts: [String?] = [
      at.rfc3339(), clinicID, partnerID, keyID, certificate, action.rawValue, interaction, resourceType, resourceID,
      patientID, query, String(outcome.rawValue), status.map { String($0) }, reason, results.map { String($0) },
      requestID, remoteAddress,
    ]
    return texts.map { $0 == "" ? nil : $0 }
  }
}

/// A row of the audit as it is stored.
struct AuditRow: Sendable {
  /// See `AuditEntry.columns`.
  let columns: [String?]
  let link: AuditChain.Link
}

/// The hash chain of one process and loop: each row's hash covers the row and the hash before it, so that a row that was
/// changed or cut out is noticed.
///
/// The hash is SHA-256 over the previous hash, the sequence number (8 bytes, big-endian) and every column in the order of
/// the table: its length (4 bytes, big-endian; all ones for null) and its UTF-8 bytes.
package struct AuditChain: Sendable, Equatable {
  package struct Link: Sendable, Equatable {
    package var sequence: Int64
    package var previousHash: [UInt8]
    package var hash: [UInt8]
  }

  package let id: String
  /// The last sequence number given; 0 before the first.
  package private(set) var sequence: Int64 = 0
  package private(set) var hash = [UInt8](repeating: 0, count: SHA256.byteCount)

  /// A new chain; its id is a UUID.
  package init(id: String) { self.id = id }

  /// Appends a row and returns it with what is stored beside it.
  mutating func append(_ entry: AuditEntry) -> AuditRow {
    sequence += 1
    let columns = entry.columns
    let link = Link(
      sequence: sequence, previousHash: hash, hash: Self.hash(of: columns, sequence: sequence, after: hash))
    hash = link.hash
    return AuditRow(columns: columns, link: link)
  }

  /// The hash of a row, for writing and for `doctor` to verify.
  package static func hash(of columns: [String?], sequence: Int64, after previous: [UInt8]) -> [UInt8] {
    var bytes = previous
    bytes.reserveCapacity(512)
    withUnsafeBytes(of: sequence.bigEndian) { bytes.append(contentsOf: $0) }
    for column in columns {
      let length = column.map { UInt32(truncatingIfNeeded: $0.utf8.count) } ?? .max
      withUnsafeBytes(of: length.bigEndian) { bytes.append(contentsOf: $0) }
      if let column { bytes.append(contentsOf: column.utf8) }
    }
    return SHA256.hash(bytes)
  }
}
