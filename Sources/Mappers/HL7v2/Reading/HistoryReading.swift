import ClinicModel
import HL7Parser

/// AL1, IAM, DG1 and PR1: what a registration tells of the patient's state.
extension HL7Reading {
  /// What is not sent stays: none of these segments says that nothing else is known.
  mutating func history(
    _ message: HL7Message, of patient: PatientKey, visit: EncounterReference?
  ) -> [ClinicChange] {
    var changes: [ClinicChange] = []
    for al1 in bounded(message.all(HL7.AL1.self)) {
      if let allergy = allergy(al1, of: patient) { changes.append(.upsertAllergy(allergy)) }
    }
    for iam in bounded(message.all(HL7.IAM.self)) {
      if let allergy = allergy(iam, of: patient) { changes.append(.upsertAllergy(allergy)) }
    }
    for dg1 in bounded(message.all(HL7.DG1.self)) {
      if let condition = condition(dg1, of: patient, visit) { changes.append(.upsertCondition(condition)) }
    }
    for pr1 in bounded(message.all(HL7.PR1.self)) {
      if let procedure = procedure(pr1, of: patient, visit) { changes.append(.upsertProcedure(procedure)) }
    }
    return changes
  }

  /// Whose record it is in the sender's words: the visit's, else the patient's.
  private func source(_ patient: PatientKey, _ visit: EncounterReference?) -> [String] {
    if let number = visit?.identifiers.first { return [profile.partner, "visit", number.system, number.value] }
    let number = patient.identifiers[0]
    return [profile.partner, "patient", number.system, number.value]
  }

  /// A code with its own words, where it has none with those of the field beside it, or those alone.
  private mutating func coded(
    _ value: HL7.CWE, _ description: HL7Element, _ purpose: HL7MappingProfile.Purpose,
    at location: HL7Location, _ descriptionLocation: HL7Location
  ) -> (code: Code, word: String)? {
    let words = text(description, at: descriptionLocation)
    guard var code = coded(value, purpose, at: location), let word = word(value.element, at: location) else {
      return words.map { (Code(code: nil, display: $0), $0) }
    }
    code.display = code.display ?? words
    return (code, word)
  }

  private mutating func allergy(_ al1: HL7.AL1, of patient: PatientKey) -> AllergyChange? {
    if al1[3].isNull { return nil }
    guard let code = coded(al1.allergenCode, .allergen, at: al1.at(3)),
      let word = word(al1.allergenCode.element, at: al1.at(3))
    else {
      warn(.requiredFieldMissing, at: al1.at(3), "no substance is named; the allergy is left out")
      return nil
    }
    let key = FactKey(.allergy, source: source(patient, nil), item: [word])
    var change = AllergyChange(key: key, patient: patient, code: code)
    describe(&change, al1)
    change.recordedOn = date(al1.identificationDate, at: al1.at(6))
    return change
  }

  /// IAM: an allergy with what is done to it.
  private mutating func allergy(_ iam: HL7.IAM, of patient: PatientKey) -> AllergyChange? {
    if iam[3].isNull { return nil }
    let code = coded(iam.allergenCodeMnemonicDescription, .allergen, at: iam.at(3))
    guard let code, let word = word(iam.allergenCodeMnemonicDescription.element, at: iam.at(3)) else {
      warn(.requiredFieldMissing, at: iam.at(3), "no substance is named; the allergy is left out")
      return nil
    }
    // By the substance, as AL1 has it: senders tell of one allergy in both.
    let key = FactKey(.allergy, source: source(patient, nil), item: [word])
    var change = AllergyChange(key: key, patient: patient, code: code)
    describe(&change, iam)
    change.recordedOn = date(iam.reportedDateTime, at: iam.at(13))
    switch text(iam[6].component(1), at: iam.at(6))?.uppercased() {
    case "D": change.status = .set(.enteredInError)
    case "A", "U": change.status = known(iam[17].component(1), HL7Tables.allergyStatus, number: "0438", at: iam.at(17))
    default: break
    }
    if change.status.isLeave { change.status = .fill(.active) }
    return change
  }

  /// What AL1 and IAM have alike: fields 2, 4 and 5.
  private mutating func describe(_ change: inout AllergyChange, _ segment: some HL7SegmentFace) {
    change.category = known(segment[2].component(1), HL7Tables.allergyCategory, number: "0127", at: segment.at(2))
    change.severity = known(segment[4].component(1), HL7Tables.allergySeverity, number: "0128", at: segment.at(4))
    let reactions = repetitions(HL7Repeats<HL7.ST>(segment[5]), at: segment.at(5)).compactMap { number, reaction in
      let place = segment.at(5, repetition: number)
      return text(reaction.element.component(2), at: place) ?? text(reaction.element, at: place)
    }
    change.reaction = segment[5].isNull ? .clear : reactions.isEmpty ? .leave : .set(reactions.joined(separator: "; "))
  }

  /// A word of an open table: what it does not know adds nothing, and warns.
  private mutating func known<Value>(
    _ element: HL7Element, _ table: [String: Value], number: String, at location: HL7Location
  ) -> FieldChange<Value> {
    if element.isNull { return .clear }
    guard let word = text(element, at: location)?.uppercased(), !HL7Tables.unsaidAllergyCodes.contains(word) else {
      return .leave
    }
    if let value = table[word] { return .set(value) }
    warn(.tableValueNotFound, at: location, "not a code of table \(number) that is understood; left out")
    return .leave
  }

  private mutating func condition(
    _ dg1: HL7.DG1, of patient: PatientKey, _ visit: EncounterReference?
  ) -> ConditionChange? {
    if dg1[3].isNull { return nil }
    guard let (code, word) = coded(dg1.diagnosisCode, dg1[4], .diagnosis, at: dg1.at(3), dg1.at(4)) else {
      warn(.requiredFieldMissing, at: dg1.at(3), "no diagnosis, neither code nor words (DG1-4); it is left out")
      return nil
    }
    let number = identifier(dg1.diagnosisIdentifier, type: "DG", at: dg1.at(20))
    var change = ConditionChange(
      key: FactKey(.condition, source: source(patient, visit), item: number.map { [$0.system, $0.value] } ?? [word]),
      patient: patient, code: code)
    change.encounter = visit
    if let use = text(dg1[6], at: dg1.at(6))?.uppercased() {
      change.use = .set(Code(system: HL7Tables.uri("0052"), code: use))
      change.verification = .set(use == "W" ? .provisional : .confirmed)
    }
    change.rank = text(dg1[15], at: dg1.at(15)).flatMap { Int32($0) }.map { .set(Int($0)) } ?? .leave
    change.recordedAt = instant(dg1.diagnosisDateTime, at: dg1.at(5))
    change.practitioner = practitioner(dg1.diagnosingClinician, at: dg1.at(16))
    switch text(dg1[21], at: dg1.at(21))?.uppercased() {
    case "D": change.status = .set(.enteredInError)
    case "A": change.status = .set(.active)
    default: break
    }
    return change
  }

  private mutating func procedure(
    _ pr1: HL7.PR1, of patient: PatientKey, _ visit: EncounterReference?
  ) -> ProcedureChange? {
    if pr1[3].isNull { return nil }
    guard let (code, word) = coded(pr1.procedureCode, pr1[4], .procedure, at: pr1.at(3), pr1.at(4)) else {
      warn(.requiredFieldMissing, at: pr1.at(3), "no procedure, neither code nor words (PR1-4); it is left out")
      return nil
    }
    let performed = instant(pr1.procedureDateTime, at: pr1.at(5))
    let number = identifier(pr1.procedureIdentifier, type: "PR", at: pr1.at(19))
    let item = number.map { [$0.system, $0.value] } ?? [word, performed.initial?.rfc3339() ?? ""]
    var change = ProcedureChange(
      key: FactKey(.procedure, source: source(patient, visit), item: item), patient: patient, code: code)
    change.encounter = visit
    change.performedAt = performed
    // The surgeon; PR1-12 says who took part since version 2.3.
    change.practitioner = practitioner(pr1.surgeon, at: pr1.at(11))
    if change.practitioner.isLeave { change.practitioner = practitioner(pr1.procedurePractitioner, at: pr1.at(12)) }
    switch text(pr1[20], at: pr1.at(20))?.uppercased() {
    case "D": change.status = .set(.enteredInError)
    case "A": change.status = .set(.completed)
    default: break
    }
    return change
  }
}
