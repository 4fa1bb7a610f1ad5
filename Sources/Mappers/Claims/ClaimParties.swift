internal import ClinicModel
internal import FHIRModels

/// The resources around a Claim, with what an insurer needs of them and no more: a patient's telecoms, contacts,
/// language and marital status stay in the clinic.
enum ClaimParties {
  static func patient(_ record: PatientRecord) -> Patient {
    Patient { patient in
      patient.id = record.id
      patient.identifier = identifiers(record.identifiers)
      let name = HumanName(
        use: "official", family: text(record.family), given: record.given.compactMap(text),
        prefix: [text(record.prefix)].compactMap { $0 })
      if name.family != nil || !name.given.isEmpty { patient.name = [name] }
      patient.gender = AdministrativeGender(rawValue: record.gender.rawValue)
      patient.birthDate = record.birthDate.flatMap { FHIRDate($0.description) }
      patient.address = address(record.address)
    }
  }

  static func practitioner(_ record: PractitionerRecord) -> Practitioner {
    Practitioner { practitioner in
      practitioner.id = record.id
      practitioner.identifier = identifiers(record.identifiers)
      practitioner.name = [
        HumanName(
          family: text(record.family), given: record.given.compactMap(text),
          prefix: [text(record.prefix)].compactMap { $0 })
      ].filter { !$0.isEmpty }
    }
  }

  static func organization(_ record: PayerRecord) -> Organization {
    Organization { organization in
      organization.id = record.id
      organization.identifier = identifiers(record.identifiers)
      organization.active = true
      organization.type = [CodeableConcept(CodeSystemURI.organizationType, "pay")]
      organization.name = record.name
      organization.telecom = telecoms(record.phone, record.email)
      organization.address = address(record.address)
    }
  }

  static func organization(_ record: ClinicRecord) -> Organization {
    Organization { organization in
      organization.id = record.id
      organization.identifier = identifiers(record.identifiers)
      organization.active = true
      organization.type = [CodeableConcept(CodeSystemURI.organizationType, "prov")]
      organization.name = text(record.legalName) ?? record.name
      organization.telecom = telecoms(record.phone, record.email)
      organization.address = address(record.address)
    }
  }

  static func coverage(_ source: ClaimBundleSource) -> Coverage {
    let record = source.coverage
    let classes = "http://terminology.hl7.org/CodeSystem/coverage-class"
    return Coverage { coverage in
      coverage.id = record.id
      coverage.identifier = identifiers(record.identifiers)
      coverage.status = FinancialResourceStatusCodes(rawValue: record.status.rawValue)
      coverage.type = record.type.flatMap(ClaimDraft.concept)
      let patient = Reference(reference: "Patient/\(source.patient.id)")
      // Another patient's name and number would have to travel with a reference to him.
      if record.subscriberID == nil || record.subscriberID == source.patient.id { coverage.subscriber = patient }
      coverage.subscriberId = text(record.memberNumber)
      coverage.beneficiary = patient
      coverage.relationship =
        record.relationship.flatMap(ClaimDraft.concept)
        ?? CodeableConcept("http://terminology.hl7.org/CodeSystem/subscriber-relationship", "self")
      coverage.period = period(record.period)
      coverage.payor = [Reference(reference: "Organization/\(source.payer.id)")]
      coverage.class = [("group", text(record.group)), ("plan", text(record.plan))].compactMap { kind, value in
        value.map { Coverage.Class(type: CodeableConcept(classes, kind), value: $0) }
      }
      if record.rank > 0 { coverage.order = record.rank }
    }
  }

  // MARK: - Parts

  private static func identifiers(_ records: [IdentifierRecord]) -> [Identifier] {
    records.filter { !$0.value.isEmpty }.map { record in
      Identifier(
        use: record.use.map { FHIRModels.IdentifierUse(rawValue: $0.rawValue) },
        type: record.type.flatMap(ClaimDraft.concept), system: text(record.system), value: record.value,
        period: period(record.period))
    }
  }

  private static func telecoms(_ phone: String?, _ email: String?) -> [ContactPoint] {
    [("phone", text(phone)), ("email", text(email))].compactMap { system, value in
      value.map { ContactPoint(system: ContactPointSystem(rawValue: system), value: $0, use: "work") }
    }
  }

  private static func address(_ record: AddressRecord) -> [Address] {
    let address = Address(
      use: record.use.map { FHIRModels.AddressUse(rawValue: $0.rawValue) }, line: record.line.compactMap(text),
      city: text(record.city), district: text(record.district), state: text(record.state),
      postalCode: text(record.postalCode), country: text(record.country))
    return address.isEmpty ? [] : [address]
  }

  private static func period(_ record: DayPeriod?) -> Period? {
    guard let record, record.from != nil || record.to != nil else { return nil }
    return Period(
      start: record.from.flatMap { FHIRDateTime($0.description) },
      end: record.to.flatMap { FHIRDateTime($0.description) })
  }

  /// The text when there is something in it: FHIR has no empty strings.
  private static func text(_ value: String?) -> String? {
    guard let value, value.contains(where: { !$0.isWhitespace }) else { return nil }
    return value
  }
}
