public import ClinicModel
public import FHIRModels

/// ObservationRecord of kind `result` → Observation.
public enum ObservationMapper {
  public static func resource(_ record: ObservationRecord, _ context: FHIRMappingContext) -> Observation {
    var observation = Observation()
    observation.id = record.id
    observation.meta = Meta(record.row)
    observation.status = FHIRModels.ObservationStatus(rawValue: record.status.rawValue)
    observation.category = [ReportCategory.concept(record.section)].compactMap { $0 }
    observation.code = CodeableConcept(record.code) ?? CodeableConcept(text: "unknown")
    observation.subject = Reference("Patient", record.patientID)
    observation.encounter = Reference("Encounter", record.encounterID)
    observation.effective = record.effectiveAt.map { .dateTime(context.dateTime($0)) }
    observation.issued = record.issuedAt.map(context.instant)
    observation.performer = [Reference("Practitioner", record.practitionerID)].compactMap { $0 }
    observation.value = record.value.flatMap(value)
    if observation.value == nil, record.status != .registered, record.status != .preliminary {
      observation.dataAbsentReason = CodeableConcept(CodeSystemURI.dataAbsentReason, "unknown", "Unknown")
    }
    observation.interpretation = record.interpretation.map { CodeableConcept(CodeSystemURI.interpretation, $0) }
    observation.bodySite = CodeableConcept(record.bodySite)
    if let comment = record.comment { observation.note = [Annotation { $0.text = comment }] }
    observation.referenceRange = range(record)
    return observation
  }

  private static func value(_ value: ObservationValue) -> Observation.Value? {
    switch value {
    case .quantity(let comparator, let number, let unit):
      var quantity = self.quantity(number, unit)
      quantity?.comparator = comparator.map { QuantityComparator(rawValue: $0) }
      return quantity.map { .quantity($0) }
    case .range(let low, let high, let unit):
      return .range(
        FHIRRange {
          $0.low = low.flatMap { quantity($0, unit) }
          $0.high = high.flatMap { quantity($0, unit) }
        })
    case .ratio(let numerator, let denominator, let unit):
      return .ratio(
        Ratio {
          $0.numerator = quantity(numerator, unit)
          $0.denominator = quantity(denominator, nil)
        })
    case .text(let text): return .string(text)
    case .code(let code): return CodeableConcept(code).map { .codeableConcept($0) }
    case .time(let text):
      if let time = FHIRTime(text) { return .time(time) }
      return FHIRDateTime(text).map { .dateTime($0) } ?? .string(text)
    }
  }

  private static func quantity(_ number: String, _ unit: Code?) -> FHIRModels.Quantity? {
    guard let value = FHIRDecimal(number) else { return nil }
    return FHIRModels.Quantity {
      $0.value = value
      $0.unit = unit?.display ?? unit?.code
      // A code says nothing without its system.
      $0.system = unit?.code == nil ? nil : unit?.system
      $0.code = unit?.system == nil ? nil : unit?.code
    }
  }

  private static func range(_ record: ObservationRecord) -> [Observation.ReferenceRange] {
    guard record.rangeText != nil || record.rangeLow != nil || record.rangeHigh != nil else { return [] }
    let unit: Code? = if case .quantity(_, _, let unit)? = record.value { unit } else { nil }
    return [
      Observation.ReferenceRange {
        $0.low = record.rangeLow.flatMap { quantity($0, unit) }
        $0.high = record.rangeHigh.flatMap { quantity($0, unit) }
        $0.text = record.rangeText
      }
    ]
  }
}

/// Table 0074 as a category.
enum ReportCategory {
  static func concept(_ section: String?) -> CodeableConcept? {
    section.map { CodeableConcept(CodeSystemURI.diagnosticService, $0) }
  }
}

/// ObservationRecord of kind `report` → DiagnosticReport, with its results and documents.
public enum DiagnosticReportMapper {
  public static func resource(_ record: ObservationRecord, _ context: FHIRMappingContext) -> DiagnosticReport {
    var report = DiagnosticReport()
    report.id = record.id
    report.meta = Meta(record.row)
    if let number = record.number { report.identifier = [Identifier(system: record.numberSystem, value: number)] }
    report.status = DiagnosticReportStatus(rawValue: record.status.rawValue)
    report.category = [ReportCategory.concept(record.section)].compactMap { $0 }
    report.code = CodeableConcept(record.code) ?? CodeableConcept(text: "unknown")
    report.subject = Reference("Patient", record.patientID)
    report.encounter = Reference("Encounter", record.encounterID)
    report.effective = record.effectiveAt.map { .dateTime(context.dateTime($0)) }
    report.issued = record.issuedAt.map(context.instant)
    report.resultsInterpreter = [Reference("Practitioner", record.practitionerID)].compactMap { $0 }
    report.result = record.resultIDs.compactMap { Reference("Observation", $0) }
    report.conclusion = record.comment
    report.presentedForm = record.documents.map { DocumentReferenceMapper.attachment($0, context) }
    return report
  }
}
