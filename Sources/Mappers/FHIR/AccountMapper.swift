public import ClinicModel
public import FHIRModels

/// AccountRecord → Account.
public enum AccountMapper {
  public static func resource(_ record: AccountRecord, _ context: FHIRMappingContext) -> Account {
    var account = Account()
    account.id = record.id
    account.meta = Meta(record.row)
    account.identifier = record.identifiers.map { Identifier($0) }
    account.status = FHIRModels.AccountStatus(rawValue: record.status.rawValue)
    account.name = record.name
    account.subject = [Reference("Patient", record.patientID)].compactMap { $0 }
    account.servicePeriod = Period(record.period)
    account.owner = context.clinicOrganization
    return account
  }
}

/// ChargeRecord → ChargeItem. The price is that of the whole line, without taxes.
public enum ChargeItemMapper {
  public static func resource(_ record: ChargeRecord, _ context: FHIRMappingContext) -> ChargeItem {
    var charge = ChargeItem()
    charge.id = record.id
    charge.meta = Meta(record.row)
    charge.status = status(record.invoiceStatus)
    charge.code = CodeableConcept(
      coding: record.code.map { [Coding(system: $0.system, code: $0.code, display: $0.display)] } ?? [],
      text: record.description)
    charge.subject = Reference("Patient", record.patientID)
    charge.context = Reference("Encounter", record.encounterID)
    charge.occurrence = record.servedAt.map { .dateTime(context.dateTime($0)) }
    if let practitioner = Reference("Practitioner", record.practitionerID) {
      charge.performer = [ChargeItem.Performer { $0.actor = practitioner }]
    }
    charge.performingOrganization = context.clinicOrganization
    charge.quantity = FHIRModels.Quantity {
      $0.value = FHIRDecimal(record.quantity.description)
      $0.unit = record.unit
    }
    charge.bodysite = [CodeableConcept(record.bodySite)].compactMap { $0 }
    charge.priceOverride = FHIRModels.Money(record.net, record.currency)
    charge.service = [Reference("Procedure", record.procedureID)].compactMap { $0 }
    charge.account = [Reference("Account", record.accountID)].compactMap { $0 }
    return charge
  }

  private static func status(_ invoice: ClinicModel.InvoiceStatus) -> ChargeItemStatus {
    switch invoice {
    case .draft: .billable
    case .issued, .balanced: .billed
    case .cancelled: .aborted
    }
  }
}
