public import ClinicModel
public import FHIRModels

/// EncounterRecord → Encounter.
public enum EncounterMapper {
  public static func resource(_ record: EncounterRecord, _ context: FHIRMappingContext) -> Encounter {
    var encounter = Encounter()
    encounter.id = record.id
    encounter.meta = Meta(record.row)
    encounter.identifier = record.identifiers.map { Identifier($0) }
    encounter.status = FHIRModels.EncounterStatus(rawValue: record.status.rawValue)
    encounter.class = Coding(
      system: CodeSystemURI.actCode, code: record.encounterClass.rawValue, display: display(record.encounterClass))
    encounter.type = [CodeableConcept(record.type)].compactMap { $0 }
    encounter.subject = Reference("Patient", record.patientID)
    encounter.participant = participants(record)
    encounter.appointment = [Reference("Appointment", record.appointmentID)].compactMap { $0 }
    encounter.period = context.period(from: record.startedAt, to: record.endedAt)
    encounter.reasonCode = [CodeableConcept(record.reason)].compactMap { $0 }
    encounter.account = [Reference("Account", record.accountID)].compactMap { $0 }
    if let disposition = CodeableConcept(record.disposition) {
      encounter.hospitalization = Encounter.Hospitalization { $0.dischargeDisposition = disposition }
    }
    encounter.location = record.movements.map { movement in
      Encounter.Location {
        $0.location = Reference("Location", movement.locationID)
        $0.period = context.period(from: movement.startedAt, to: movement.endedAt)
      }
    }
    // Where the patient is now goes first, unless the last movement says so.
    if let place = Reference("Location", record.locationID), record.movements.last?.locationID != record.locationID {
      encounter.location.insert(Encounter.Location { $0.location = place }, at: 0)
    }
    encounter.serviceProvider = context.clinicOrganization
    return encounter
  }

  /// Everyone once, with all that they are in it. Who is responsible attends a stay and performs a consultation.
  private static func participants(_ record: EncounterRecord) -> [Encounter.Participant] {
    let isConsultation = [.ambulatory, .virtual, .homeHealth, .field].contains(record.encounterClass)
    let roles = [
      (record.practitionerID, isConsultation ? "PPRF" : "ATND", isConsultation ? "primary performer" : "attender"),
      (record.referrerID, "REF", "referrer"), (record.consultantID, "CON", "consultant"),
      (record.admitterID, "ADM", "admitter"),
    ]
    var people: [(id: String, types: [CodeableConcept])] = []
    for (id, code, display) in roles {
      guard let id else { continue }
      let type = CodeableConcept(CodeSystemURI.participationType, code, display)
      if let place = people.firstIndex(where: { $0.id == id }) {
        people[place].types.append(type)
      } else {
        people.append((id, [type]))
      }
    }
    return people.map { person in
      Encounter.Participant {
        $0.type = person.types
        $0.individual = Reference("Practitioner", person.id)
      }
    }
  }

  /// The names of HL7 v3 ActEncounterCode.
  private static func display(_ value: EncounterClass) -> String {
    switch value {
    case .ambulatory: "ambulatory"
    case .emergency: "emergency"
    case .field: "field"
    case .homeHealth: "home health"
    case .inpatient: "inpatient encounter"
    case .acute: "inpatient acute"
    case .nonAcute: "inpatient non-acute"
    case .observation: "observation encounter"
    case .preAdmission: "pre-admission"
    case .shortStay: "short stay"
    case .virtual: "virtual"
    }
  }
}
