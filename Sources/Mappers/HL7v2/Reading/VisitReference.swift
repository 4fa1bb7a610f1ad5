import ClinicModel
import HL7Parser

extension HL7Reading {
  /// A visit that the message refers to; nil where it names none.
  mutating func visitReference(_ message: some HL7SegmentSource) -> EncounterReference? {
    guard let pv1 = message.PV1 else { return nil }
    var numbers = [
      identifier(pv1.visitNumber, type: "VN", at: pv1.at(19)),
      identifier(pv1.alternateVisitID, type: "VN", at: pv1.at(50)),
    ].compactMap { $0 }
    // An account may be charged for many visits: it names one only where nothing better does.
    if numbers.isEmpty, let account = message.PID.flatMap({ accountNumber($0) }) { numbers = [account] }
    return numbers.isEmpty ? nil : EncounterReference(identifiers: numbers)
  }

  /// PID-18.
  mutating func accountNumber(_ pid: HL7.PID) -> IdentifierValue? {
    identifier(pid.patientAccountNumber, type: "AN", at: pid.at(18))
  }
}
