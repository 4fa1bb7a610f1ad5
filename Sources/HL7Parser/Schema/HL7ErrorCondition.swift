/// A message error condition: table 0357, what ERR-3 carries.
public struct HL7ErrorCondition: Sendable, Hashable {
  public let code: Int
  /// The table's own words.
  public let display: String

  private init(_ code: Int, _ display: String) {
    self.code = code
    self.display = display
  }

  public static let messageAccepted = HL7ErrorCondition(0, "Message accepted")
  public static let segmentSequenceError = HL7ErrorCondition(100, "Segment sequence error")
  public static let requiredFieldMissing = HL7ErrorCondition(101, "Required field missing")
  public static let dataTypeError = HL7ErrorCondition(102, "Data type error")
  public static let tableValueNotFound = HL7ErrorCondition(103, "Table value not found")
  public static let valueTooLong = HL7ErrorCondition(104, "Value too long")
  public static let unsupportedMessageType = HL7ErrorCondition(200, "Unsupported message type")
  public static let unsupportedEventCode = HL7ErrorCondition(201, "Unsupported event code")
  public static let unsupportedProcessingID = HL7ErrorCondition(202, "Unsupported processing id")
  public static let unsupportedVersionID = HL7ErrorCondition(203, "Unsupported version id")
  public static let unknownKeyIdentifier = HL7ErrorCondition(204, "Unknown key identifier")
  public static let duplicateKeyIdentifier = HL7ErrorCondition(205, "Duplicate key identifier")
  public static let applicationRecordLocked = HL7ErrorCondition(206, "Application record locked")
  public static let applicationInternalError = HL7ErrorCondition(207, "Application internal error")

  /// Every condition of the table, in order.
  public static let all: [HL7ErrorCondition] = [
    messageAccepted, segmentSequenceError, requiredFieldMissing, dataTypeError, tableValueNotFound, valueTooLong,
    unsupportedMessageType, unsupportedEventCode, unsupportedProcessingID, unsupportedVersionID, unknownKeyIdentifier,
    duplicateKeyIdentifier, applicationRecordLocked, applicationInternalError,
  ]
}
