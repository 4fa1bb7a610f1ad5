import Glibc

/// What an answer needs to know of a message: its MSH, as far as that can be read.
///
/// Made from a parsed message, or recovered from bytes that no message could be made of; then everything is optional
/// and an answer can still be given.
public struct HL7Header: Sendable {
  /// How far into the bytes a header is looked for, and how long it may be, when recovering.
  public static let recoveryBytes = 8192

  private let storage: HL7Storage?

  public init(_ message: HL7Message) {
    storage = message.storage
  }

  /// Finds the first thing that looks like an MSH segment in bytes that did not parse. Never fails; bounded by
  /// `recoveryBytes`.
  public init(recoveringFrom bytes: [UInt8]) {
    self.init(recoveringFrom: bytes[...])
  }

  /// As for an array.
  public init(recoveringFrom bytes: ArraySlice<UInt8>) {
    storage = Self.recover(bytes.prefix(Self.recoveryBytes))
  }

  private static func recover(_ bytes: ArraySlice<UInt8>) -> HL7Storage? {
    var at = bytes.startIndex
    while bytes.endIndex - at > 4 {
      if bytes[at] == 0x4D, bytes[at + 1] == 0x53, bytes[at + 2] == 0x48 {
        let line = bytes[at...].prefix { $0 != .carriageReturn && $0 != .lineFeed && $0 != 0x1C && $0 != 0x0B }
        return try? HL7Storage.parse(line, header: HL7SegmentName.MSH, options: HL7Options(), checksCharset: false)
      }
      at += 1
    }
    return nil
  }

  /// Whether there is a header at all.
  public var isReadable: Bool { storage != nil }
  public var delimiters: HL7Delimiters { storage?.delimiters ?? .standard }
  public var charset: HL7Charset { storage?.charset ?? .utf8 }

  /// A field of MSH; `nil` when there is no header.
  public func field(_ number: Int) -> HL7Element? {
    storage.map { HL7Segment(storage: $0, index: 0)[number] }
  }

  /// MSH-9.1, such as `ADT`.
  public var messageCode: String? { field(9)?.component(1).string }
  /// MSH-9.2, such as `A01`.
  public var triggerEvent: String? { field(9)?.component(2).string }
  /// MSH-10.
  public var controlID: String? { field(10)?.string }
  /// MSH-12, where it names a version.
  public var version: HL7Version? { field(12)?.string.flatMap(HL7Version.init) }
  /// MSH-15; `nil` where absent or null.
  public var acceptAcknowledgmentType: String? { field(15)?.string }
  /// MSH-16; `nil` where absent or null.
  public var applicationAcknowledgmentType: String? { field(16)?.string }
  /// Whether the message is itself an acknowledgement, which is never acknowledged.
  public var isAcknowledgement: Bool { messageCode == "ACK" || messageCode == "MCF" }
}
