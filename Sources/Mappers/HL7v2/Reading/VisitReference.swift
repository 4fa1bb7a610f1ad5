import ClinicModel
import HL7Parser

extension HL7Reading {
  /// A visit that the message refers to; nil where it names none.
  mutating func visitReference(_ message: some HL7SegmentSource) -> EncounterReference? {
    guard let pv1 = message.PV1 else { return nil }
    var numbers = [
      visitNumber(pv1),
      alternateVisitNumber(pv1),
    ].compactMap { $0 }
    // An account may be charged for many visits: it names one only where nothing better does.
    if numbers.isEmpty, let account = message.PID.flatMap({ accountNumber($0) }), !account.isOurs(.account) {
      numbers = [account]
    }
    return numbers.isEmpty ? nil : EncounterReference(identifiers: numbers)
  }

  /// PV1-19.
  mutating func visitNumber(_ pv1: HL7.PV1) -> IdentifierValue? {
    identifier(pv1.visitNumber, type: "VN", of: .encounter, at: pv1.at(19))
  }

  /// PV1-50.
  mutating func alternateVisitNumber(_ pv1: HL7.PV1) -> IdentifierValue? {
    identifier(pv1.alternateVisitID, type: "VN", of: .encounter, at: pv1.at(50))
  }

  /// PID-18.
  mutating func accountNumber(_ pid: HL7.PID) -> IdentifierValue? {
    identifier(pid.patientAccountNumber, type: "AN", of: .account, at: pid.at(18))
  }
}
