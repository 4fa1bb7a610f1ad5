public import ClinicModel
public import FHIRModels

/// CoverageRecord → Coverage.
public enum CoverageMapper {
  public static func resource(_ record: CoverageRecord, _ context: FHIRMappingContext) -> Coverage {
    var coverage = Coverage()
    coverage.id = record.id
    coverage.meta = Meta(record.row)
    coverage.identifier = record.identifiers.map { Identifier($0) }
    coverage.status = FinancialResourceStatusCodes(rawValue: record.status.rawValue)
    coverage.type = CodeableConcept(record.type)
    // Of a spouse's or parent's policy nobody but that person is the subscriber.
    let isOwn = record.relationship?.code == nil || record.relationship?.code == "self"
    coverage.subscriber = Reference("Patient", record.subscriberID ?? (isOwn ? record.patientID : nil))
    coverage.subscriberId = record.memberNumber
    coverage.beneficiary = Reference("Patient", record.patientID)
    coverage.relationship = CodeableConcept(record.relationship)
    coverage.period = Period(record.period)
    coverage.payor = [Reference("Organization", record.payerID)].compactMap { $0 }
    coverage.class = [coverageClass("plan", record.plan), coverageClass("group", record.group)].compactMap { $0 }
    coverage.order = max(1, record.rank)
    coverage.costToBeneficiary = [share(record.rate)].compactMap { $0 }
    return coverage
  }

  private static func coverageClass(_ code: String, _ value: String?) -> Coverage.Class? {
    guard let value else { return nil }
    return Coverage.Class {
      $0.type = CodeableConcept(CodeSystemURI.coverageClass, code)
      $0.value = value
    }
  }

  /// The payer's share as what is left to the patient: a payer of 70 % leaves a copay of 30 %.
  private static func share(_ rate: ClinicModel.Quantity?) -> Coverage.CostToBeneficiary? {
    guard let rate, rate >= .zero, rate.millionths <= 100_000_000 else { return nil }
    let rest = FHIRDecimal(ClinicModel.Quantity(millionths: 100_000_000 - rate.millionths).description)
    return Coverage.CostToBeneficiary {
      $0.type = CodeableConcept(CodeSystemURI.copayType, "copaypct")
      $0.value = .quantity(FHIRModels.Quantity(value: rest, unit: "%", system: CodeSystemURI.ucum, code: "%"))
    }
  }
}
