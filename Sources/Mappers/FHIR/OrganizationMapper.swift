public import ClinicModel
public import FHIRModels

/// ClinicRecord and PayerRecord → Organization; LocationRecord → Location; PractitionerRecord → Practitioner.
public enum OrganizationMapper {
  public static func resource(_ record: ClinicRecord, _ context: FHIRMappingContext) -> Organization {
    var organization = Organization()
    organization.id = context.clinicOrganizationID
    organization.meta = Meta(record.row)
    organization.identifier = record.identifiers.map { Identifier($0) }
    organization.active = record.row.deletedAt == nil
    organization.type = [type("prov", "Healthcare Provider")]
    organization.name = record.name
    if let legal = record.legalName, legal != record.name { organization.alias = [legal] }
    organization.telecom = ContactPoint.list(phone: record.phone, email: record.email)
    organization.address = [Address(record.address)].compactMap { $0 }
    return organization
  }

  public static func resource(_ record: PayerRecord, _ context: FHIRMappingContext) -> Organization {
    var organization = Organization()
    organization.id = record.id
    organization.meta = Meta(record.row)
    organization.identifier = record.identifiers.map { Identifier($0) }
    organization.active = record.row.deletedAt == nil
    organization.type = [
      record.kind == .employer ? type("bus", "Non-Healthcare Business") : type("ins", "Insurance Company")
    ]
    organization.name = record.name
    organization.telecom = ContactPoint.list(phone: record.phone, email: record.email)
    organization.address = [Address(record.address)].compactMap { $0 }
    return organization
  }

  private static func type(_ code: String, _ display: String) -> CodeableConcept {
    CodeableConcept(CodeSystemURI.organizationType, code, display)
  }
}

/// LocationRecord → Location.
public enum LocationMapper {
  public static func resource(_ record: LocationRecord, _ context: FHIRMappingContext) -> Location {
    var location = Location()
    location.id = record.id
    location.meta = Meta(record.row)
    location.identifier = record.identifiers.map { Identifier($0) }
    location.status = FHIRModels.LocationStatus(rawValue: record.status.rawValue)
    location.name = record.name
    location.mode = .instance
    location.address = Address(record.address)
    let (code, display) = physicalType(record.kind)
    location.physicalType = CodeableConcept(CodeSystemURI.locationPhysicalType, code, display)
    location.managingOrganization = context.clinicOrganization
    location.partOf = Reference("Location", record.parentID)
    return location
  }

  private static func physicalType(_ kind: LocationKind) -> (String, String) {
    switch kind {
    case .site: ("si", "Site")
    case .department: ("wa", "Ward")
    case .room: ("ro", "Room")
    case .bed: ("bd", "Bed")
    }
  }
}

/// PractitionerRecord → Practitioner.
public enum PractitionerMapper {
  public static func resource(_ record: PractitionerRecord, _ context: FHIRMappingContext) -> Practitioner {
    var practitioner = Practitioner()
    practitioner.id = record.id
    practitioner.meta = Meta(record.row)
    practitioner.identifier = record.identifiers.map { Identifier($0) }
    practitioner.active = record.active
    practitioner.name = [
      HumanName(use: .official, family: record.family, given: record.given, prefix: record.prefix)
    ].compactMap { $0 }
    practitioner.telecom = ContactPoint.list(phone: record.phone, email: record.email)
    practitioner.gender = record.gender.map { AdministrativeGender($0) }
    return practitioner
  }
}
