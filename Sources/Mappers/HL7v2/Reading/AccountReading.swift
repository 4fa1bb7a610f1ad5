import ClinicModel
import HL7Parser

/// BAR: what is said about the account itself.
extension HL7Reading {
  /// The account of PID-18 with the times of PV1.
  mutating func account(
    _ message: HL7Message, _ rule: EventMapping.AccountRule, of patient: PatientKey
  ) -> AccountChange? {
    guard let number = accountOfMessage(message) else { return nil }
    var change = AccountChange(number: number, patient: patient)
    change.encounter = visitReference(message)
    change.mustExist = rule.mustExist
    if let pv1 = message.PV1 {
      change.from = date(pv1.admitDateTime, at: pv1.at(44))
      change.to = date(HL7.DTM(pv1[45].repetition(1)), at: pv1.at(45))
      if case .set(let from) = change.from, case .set(let to) = change.to, to.lastDay < from {
        refuse(.dataTypeError, at: pv1.at(45), "the account ends before it begins (PV1-44)")
      }
    }
    if rule.ends { change.status = .set(.inactive) }
    return change
  }
}
