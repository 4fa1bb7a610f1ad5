public import HL7Parser

/// How one partner wants to be sent HL7 v2 of one clinic. A plain value; the partner's settings fill it.
public struct HL7FeedProfile: Sendable, Equatable {
  /// Which acknowledgement is asked for, and settles a delivery.
  public enum Acknowledgement: String, Sendable, CaseIterable {
    /// MSH-15 and MSH-16 empty: one answer, AA, AE or AR.
    case original
    /// MSH-15 AL, MSH-16 NE: one answer, CA, CE or CR.
    case accept
    /// MSH-15 AL, MSH-16 AL: CA first, then AA, AE or AR on the same connection.
    case application
  }

  /// MSH-12.
  public var version = HL7Version.v2_5_1
  /// MSH-18. A text that it cannot express is refused, never replaced.
  public var charset = HL7Charset.utf8
  /// MSH-3 and MSH-4, each a namespace or `namespace^universal id^type`.
  public var sendingApplication = "PASSERELLE"
  public var sendingFacility: String
  /// MSH-5 and MSH-6.
  public var receivingApplication = ""
  public var receivingFacility = ""
  /// MSH-11.
  public var processingID = "P"
  public var acknowledgement = Acknowledgement.original
  /// The assigning authority of the clinic's own numbers (the ids of its records): a namespace or
  /// `namespace^universal id^type`. What comes back under it is understood where `HL7MappingProfile.ownAuthority` is the
  /// same.
  public var authority: String
  /// Whether updates say `""` where the record holds nothing, so that the receiver forgets it as well.
  public var sendsNulls = true
  /// Assigning authorities, coding systems and code maps: the same as for what the partner sends, read backwards.
  public var mapping: HL7MappingProfile

  /// - Parameter facility: MSH-4 and the authority of the clinic's numbers, where nothing else is said.
  public init(facility: String, mapping: HL7MappingProfile) {
    sendingFacility = facility
    authority = facility
    self.mapping = mapping
  }
}
