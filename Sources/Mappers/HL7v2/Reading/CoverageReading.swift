import ClinicModel
import HL7Parser

extension HL7Reading {
  /// The coverages that IN1 segments name, each with the IN2 that follows it.
  mutating func coverages(_ message: some HL7SegmentSource, of patient: PatientKey) -> [CoverageChange] {
    var changes: [CoverageChange] = []
    let segments = message.all(HL7.IN1.self)
    let groups = message.segments.groups(from: "IN1")
    for (place, in1) in bounded(segments).enumerated() {
      guard let change = coverage(in1, groups[place].IN2, place: place + 1, of: patient) else { continue }
      changes.append(change)
    }
    return changes
  }

  private mutating func coverage(
    _ in1: HL7.IN1, _ in2: HL7.IN2?, place: Int, of patient: PatientKey
  ) -> CoverageChange? {
    // IN1|1|"" says that the patient has no insurance; which one ends is not said.
    let isEmpty = (2...max(2, in1.segment.fieldCount)).allSatisfy { !in1[$0].hasValue }
    guard !isEmpty else { return nil }
    guard let payer = payer(in1) else {
      missing(at: in1.at(3), "the insurer is required, by number (IN1-3) or name (IN1-4)")
      return nil
    }
    var change = CoverageChange(patient: patient, payer: payer)
    change.memberNumber = memberNumber(in1, in2)
    change.type = code(
      HL7.CWE(in1[15]), .coverageType, system: HL7Tables.uri("0086"), at: in1.at(15))
    let plan = in1.insurancePlanID
    change.plan = self.change(plan.element.part(2), at: in1.at(2))
    if change.plan.isLeave { change.plan = self.change(plan.element.part(1), at: in1.at(2)) }
    change.group = self.change(in1[8], at: in1.at(8))
    change.relationship = code(
      in1.insuredsRelationshipToPatient, .subscriberRelationship, table: HL7Tables.subscriberRelationships,
      system: HL7Tables.uri("0063"), at: in1.at(17))
    change.rank = .set(rank(in1, place))
    change.from = date(in1.planEffectiveDate, at: in1.at(12))
    change.to = date(in1.planExpirationDate, at: in1.at(13))
    if case .set(let from) = change.from, case .set(let to) = change.to, to.lastDay < from {
      refuse(.dataTypeError, at: in1.at(13), "the plan ends before it begins (IN1-12)")
    }
    return change
  }

  /// The insurer of IN1-3 and IN1-4; nil where neither is sent.
  mutating func payer(_ in1: HL7.IN1) -> PayerReference? {
    var payer = PayerReference()
    payer.identifiers = identifiers(in1.insuranceCompanyID, of: .payer, at: in1.at(3))
    let numbers = payer.identifiers.map(\.value)
    payer.recordID = numbers.lazy.compactMap { [maps = profile.codeMaps] in maps[.payer]?[$0]?.code }.first
    if let name = in1.insuranceCompanyName.first { payer.name = text(name.element.part(1), at: in1.at(4)) }
    for (number, value) in repetitions(in1.insuranceCompanyAddress, at: in1.at(5)) where payer.address.isEmpty {
      if let address = address(value, at: in1.at(5, repetition: number)) { payer.address = address }
    }
    payer.phone = telecoms(in1.insuranceCoPhoneNumber, at: in1.at(7)).first { $0.system == .phone }?.value
    return payer.identifiers.isEmpty && payer.name == nil ? nil : payer
  }

  /// IN1-49 (the insured's number), else IN1-36 (the policy's), else IN2-61 (the patient's).
  private mutating func memberNumber(_ in1: HL7.IN1, _ in2: HL7.IN2?) -> FieldChange<String> {
    for number in [49, 36] {
      let found = change(in1[number].component(1), at: in1.at(number), limit: Self.identifierBytes)
      if !found.isLeave { return found }
    }
    guard let in2 else { return .leave }
    return change(in2[61].component(1), at: in2.at(61), limit: Self.identifierBytes)
  }

  /// IN1-22 (priority), else IN1-1, else the place in the message.
  private func rank(_ in1: HL7.IN1, _ place: Int) -> Int {
    [in1.coordinationOfBenefitsPriority, in1.setID].lazy.compactMap { $0.flatMap { Int($0) } }
      .first { (1...99).contains($0) } ?? place
  }
}
