/// One business identifier of a clinic, patient, practitioner, payer, appointment, encounter or invoice.
public struct IdentifierRecord: Sendable, Equatable {
  public var ownerType: OwnerType
  public var ownerID: String
  /// A URI; `urn:oid:…` for bare OIDs.
  public var system: String
  public var value: String
  /// HL7 v2-0203, e.g. `MR`, `NI`.
  public var type: Code?
  public var use: IdentifierUse?
  public var period: DayPeriod?

  public init(ownerType: OwnerType, ownerID: String, system: String, value: String) {
    self.ownerType = ownerType
    self.ownerID = ownerID
    self.system = system
    self.value = value
  }
}

/// A telephone number, address of electronic mail or the like.
public struct TelecomRecord: Sendable, Equatable {
  public var system: TelecomSystem
  public var value: String
  public var use: TelecomUse?
  /// 1 is preferred.
  public var rank: Int?
  public var period: DayPeriod?

  public init(system: TelecomSystem, value: String) {
    self.system = system
    self.value = value
  }
}

/// A postal address.
public struct AddressRecord: Sendable, Equatable {
  public var use: AddressUse?
  /// Street lines in order.
  public var line: [String] = []
  public var city: String?
  public var district: String?
  public var state: String?
  public var postalCode: String?
  /// ISO 3166-1 alpha-2.
  public var country: String?
  public var period: DayPeriod?

  public init() {}

  /// No part is known.
  public var isEmpty: Bool { self == AddressRecord() }
}

/// A further name of a patient: maiden, nickname, or the same name in other letters.
public struct NameRecord: Sendable, Equatable {
  public var use: NameUse?
  public var family: String?
  public var given: [String] = []
  public var prefix: String?
  public var suffix: String?
  public var period: DayPeriod?

  public init(use: NameUse? = nil, family: String? = nil, given: [String] = []) {
    self.use = use
    self.family = family
    self.given = given
  }
}
