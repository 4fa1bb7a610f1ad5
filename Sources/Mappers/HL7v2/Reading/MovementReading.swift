import ClinicModel
import HL7Parser

/// ZBE: the movements of a stay (IHE ITI TF-2: 3.31.6).
extension HL7Reading {
  mutating func movements(
    _ message: HL7Message, event: String, of patient: PatientKey
  ) -> [(change: MovementChange, isHistoric: Bool)] {
    var found: [(change: MovementChange, isHistoric: Bool)] = []
    for zbe in bounded(message.all(HL7.ZBE.self)) {
      guard let movement = movement(zbe, message, event: event, of: patient) else { continue }
      found.append((movement, text(zbe[5], at: zbe.at(5))?.uppercased() == "Y"))
    }
    return found
  }

  private mutating func movement(
    _ zbe: HL7.ZBE, _ message: HL7Message, event: String, of patient: PatientKey
  ) -> MovementChange? {
    guard let id = zbe.movementID.first.flatMap({ identifier($0, type: "MV", at: zbe.at(1)) }) else {
      missing(at: zbe.at(1), "the movement must be named")
      return nil
    }
    guard let visit = visitReference(message) else {
      missing(at: HL7Location("PV1", field: 19), "a movement belongs to a visit, which must be named: PV1-19")
      return nil
    }
    let action = text(zbe[4], at: zbe.at(4))?.uppercased() ?? "INSERT"
    guard ["INSERT", "UPDATE", "CANCEL", "REFERENCE"].contains(action) else {
      refuse(.tableValueNotFound, at: zbe.at(4), "not an action of a movement: INSERT, UPDATE or CANCEL")
      return nil
    }
    // One that the event only refers to is told elsewhere.
    if action == "REFERENCE" { return nil }
    var change = MovementChange(
      key: FactKey(.movement, source: [profile.partner, "movement", id.system, id.value], item: []), patient: patient,
      encounter: visit, number: id.value, event: text(zbe[6], at: zbe.at(6)) ?? event, isCancelled: action == "CANCEL")
    change.startedAt = instant(zbe.movementStartDateTime, at: zbe.at(2))
    change.endedAt = instant(zbe.movementEndDateTime, at: zbe.at(3))
    if case .set(let start) = change.startedAt, case .set(let end) = change.endedAt, end < start {
      refuse(.dataTypeError, at: zbe.at(3), "the movement ends before it starts (ZBE-2)")
    }
    // A cancellation shows in PV1 where the patient is then, not where the movement led.
    if !change.isCancelled, let pv1 = message.PV1 {
      change.location = location(pv1.assignedPatientLocation, at: pv1.at(3)).map { .set($0) } ?? .leave
    }
    for component in [1, 10, 3] where change.unit.isLeave {
      change.unit = self.change(zbe[7].component(component), at: zbe.at(7))
    }
    return change
  }
}
