public import ClinicModel
public import FHIRModels

/// PatientRecord → Patient.
public enum PatientMapper {
  public static func resource(_ record: PatientRecord, _ context: FHIRMappingContext) -> Patient {
    var patient = Patient()
    patient.id = record.id
    patient.meta = Meta(record.row)
    patient.identifier = record.identifiers.map { Identifier($0) }
    patient.active = record.active
    patient.name = names(record)
    patient.telecom =
      ContactPoint.list(phone: record.phone, email: record.email) + record.telecoms.map { ContactPoint($0) }
    patient.gender = AdministrativeGender(record.gender)
    patient.birthDate = FHIRDate(record.birthDate)
    if let moment = record.deceasedAt {
      patient.deceased = .dateTime(context.dateTime(moment))
    } else if record.isDeceased {
      patient.deceased = .boolean(true)
    }
    patient.address = [Address(record.address)].compactMap { $0 } + record.addresses.compactMap { Address($0) }
    patient.maritalStatus = CodeableConcept(record.maritalStatus)
    patient.contact = record.contacts.map(contact)
    if let language = record.language {
      let code = CodeableConcept(CodeSystemURI.bcp47, language)
      patient.communication = [Patient.Communication { $0.language = code }]
    }
    if let practitioner = Reference("Practitioner", record.generalPractitionerID) {
      patient.generalPractitioner = [practitioner]
    }
    patient.managingOrganization = context.clinicOrganization
    let links: [(LinkType, String?)] =
      [(.replacedBy, record.replacedBy)] + record.linkedIDs.map { (.seealso, $0) }
    patient.link = links.compactMap { type, id in
      guard let other = Reference("Patient", id) else { return nil }
      return Patient.Link {
        $0.other = other
        $0.type = type
      }
    }
    return patient
  }

  /// The patient's own name, then the others. A further name that is the own one with its suffix takes its place.
  private static func names(_ record: PatientRecord) -> [HumanName] {
    var own = NameRecord(use: .official, family: record.family, given: record.given)
    own.prefix = record.prefix
    var further = record.names
    let whole = further.firstIndex {
      $0.suffix != nil && $0.family == own.family && $0.given == own.given && $0.prefix == own.prefix
    }
    if let whole {
      own = further.remove(at: whole)
      own.use = .official
    }
    return ([own] + further).compactMap { HumanName($0) }
  }

  private static func contact(_ record: PatientContactRecord) -> Patient.Contact {
    Patient.Contact {
      $0.relationship = [CodeableConcept(record.relationship)].compactMap { $0 }
      $0.name = HumanName(use: nil, family: record.family, given: record.given, prefix: nil)
      $0.telecom = ContactPoint.list(phone: record.phone, email: record.email)
      $0.address = Address(record.address)
      $0.gender = record.gender.map { AdministrativeGender($0) }
    }
  }
}
