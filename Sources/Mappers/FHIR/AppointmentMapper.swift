public import ClinicModel
public import FHIRModels

/// AppointmentRecord → Appointment.
public enum AppointmentMapper {
  public static func resource(_ record: AppointmentRecord, _ context: FHIRMappingContext) -> Appointment {
    var appointment = Appointment()
    appointment.id = record.id
    appointment.meta = Meta(record.row)
    appointment.identifier = record.identifiers.map { Identifier($0) }
    appointment.status = FHIRModels.AppointmentStatus(rawValue: record.status.rawValue)
    // Invariant app-4: a reason for cancellation only where there was one.
    if record.status == .cancelled || record.status == .noshow {
      appointment.cancelationReason = CodeableConcept(record.cancelReason)
    }
    appointment.serviceType = [CodeableConcept(record.service)].compactMap { $0 }
    appointment.reasonCode = [CodeableConcept(record.reason)].compactMap { $0 }
    appointment.description = record.description
    appointment.start = record.startAt.map(context.instant)
    appointment.end = record.endAt.map(context.instant)
    if let start = record.startAt, let end = record.endAt, end > start {
      appointment.minutesDuration = max(1, Int((end.microseconds - start.microseconds) / 60_000_000))
    }
    appointment.created = record.createdAt.map(context.dateTime)
    appointment.participant = participants(record)
    return appointment
  }

  /// The patient, practitioner and location of the row, then the further participants; nobody twice.
  private static func participants(_ record: AppointmentRecord) -> [Appointment.Participant] {
    let own: [(ParticipantType, String?)] = [
      (.patient, record.patientID), (.practitioner, record.practitionerID), (.location, record.locationID),
    ]
    let further = record.participants
    var all: [AppointmentParticipantRecord] = own.compactMap { type, id in
      guard let id, !further.contains(where: { $0.actorType == type && $0.actorID == id }) else { return nil }
      return AppointmentParticipantRecord(actorType: type, actorID: id)
    }
    all += further
    return all.map { participant in
      Appointment.Participant {
        $0.type = [CodeableConcept(participant.role)].compactMap { $0 }
        $0.actor = Reference(reference: "\(resourceType(participant.actorType))/\(participant.actorID)")
        $0.required = participant.required ? .required : .optional
        $0.status = ParticipationStatus(rawValue: participant.status.rawValue)
      }
    }
  }

  private static func resourceType(_ type: ParticipantType) -> String {
    switch type {
    case .patient: "Patient"
    case .practitioner: "Practitioner"
    case .location: "Location"
    }
  }
}
