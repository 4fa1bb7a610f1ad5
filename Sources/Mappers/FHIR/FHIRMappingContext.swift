public import ClinicModel
public import FHIRModels

/// What the FHIR mappers must know of the clinic whose records they translate.
public struct FHIRMappingContext: Sendable {
  /// The logical id of the clinic's own Organization.
  public var clinicOrganizationID: String
  /// Offsets of the clinic's time zone: instants are written in it.
  public var zone: ZoneOffsets

  public init(clinicOrganizationID: String, zone: ZoneOffsets) {
    self.clinicOrganizationID = clinicOrganizationID
    self.zone = zone
  }

  var clinicOrganization: Reference { Reference(reference: "Organization/\(clinicOrganizationID)") }

  /// A moment as `instant`, with the clinic's offset at that moment.
  public func instant(_ moment: Instant) -> FHIRInstant {
    FHIRInstant(epochMicroseconds: moment.microseconds, offsetMinutes: zone.offsetSeconds(at: moment) / 60)
  }

  /// A moment as `dateTime`, with the clinic's offset at that moment.
  public func dateTime(_ moment: Instant) -> FHIRDateTime {
    FHIRDateTime(epochMicroseconds: moment.microseconds, offsetMinutes: zone.offsetSeconds(at: moment) / 60)
  }

  func period(from start: Instant?, to end: Instant?) -> Period? {
    guard start != nil || end != nil else { return nil }
    return Period(start: start.map(dateTime), end: end.map(dateTime))
  }
}
