/// What an observation says. Numbers are decimal texts with the digits that were given.
public enum ObservationValue: Sendable, Equatable {
  /// - comparator: `<`, `<=`, `>=`, `>` or nil.
  case quantity(comparator: String?, number: String, unit: Code?)
  case range(low: String?, high: String?, unit: Code?)
  case ratio(numerator: String, denominator: String, unit: Code?)
  case text(String)
  case code(Code)
  /// A date, time or both: `2026-11-01`, `2026-11-01T08:05:00+01:00`, `08:05:00`.
  case time(String)
}

/// A finding (FHIR Observation), or what holds the findings of an order together (FHIR DiagnosticReport).
public struct ObservationRecord: ClinicRow, Sendable, Equatable {
  public var row: RowMeta
  public var kind: ObservationKind
  public var status: ObservationStatus
  public var patientID: String
  public var encounterID: String?
  /// Who observed; of a report, who interpreted.
  public var practitionerID: String?
  public var reportID: String?
  /// Filler or placer number of a report.
  public var number: String?
  public var numberSystem: String?
  /// Table 0074: `LAB`, `RAD`.
  public var section: String?
  public var code: Code?
  public var bodySite: Code?
  public var effectiveAt: Instant?
  public var issuedAt: Instant?
  public var value: ObservationValue?
  /// Codes of table 0078.
  public var interpretation: [String] = []
  public var rangeText: String?
  public var rangeLow: String?
  public var rangeHigh: String?
  public var comment: String?
  /// Of a report: its findings and documents.
  public var resultIDs: [String] = []
  public var documents: [DocumentRecord] = []

  public init(row: RowMeta, kind: ObservationKind, status: ObservationStatus, patientID: String) {
    self.row = row
    self.kind = kind
    self.status = status
    self.patientID = patientID
  }
}

/// A document (FHIR DocumentReference); its bytes lie elsewhere.
public struct DocumentRecord: ClinicRow, Sendable, Equatable {
  public var row: RowMeta
  public var status: DocumentStatus
  public var patientID: String
  public var stage: DocumentStage?
  public var encounterID: String?
  public var practitionerID: String?
  public var number: String?
  public var numberSystem: String?
  public var type: Code?
  public var title: String?
  public var contentType: String?
  public var byteCount: Int?
  /// A URI; nil where the gateway holds the bytes, or nobody has them.
  public var location: String?
  public var isHeld = false
  public var createdAt: Instant?
  public var replacesID: String?
  public var appendsID: String?

  public init(row: RowMeta, status: DocumentStatus, patientID: String) {
    self.row = row
    self.status = status
    self.patientID = patientID
  }
}

/// The bytes of a document (FHIR Binary), in base64.
public struct DocumentContentRecord: ClinicRow, Sendable, Equatable {
  public var row: RowMeta
  public var patientID: String
  public var contentType: String?
  public var base64: String

  public init(row: RowMeta, patientID: String, base64: String) {
    self.row = row
    self.patientID = patientID
    self.base64 = base64
  }
}

/// A diagnosis (FHIR Condition).
public struct ConditionRecord: ClinicRow, Sendable, Equatable {
  public var row: RowMeta
  public var status: ConditionStatus
  public var patientID: String
  public var encounterID: String?
  public var practitionerID: String?
  public var code: Code?
  public var bodySite: Code?
  public var verification: ConditionVerification?
  public var onsetOn: CalendarDate?
  public var abatedOn: CalendarDate?
  public var recordedAt: Instant?

  public init(row: RowMeta, status: ConditionStatus, patientID: String) {
    self.row = row
    self.status = status
    self.patientID = patientID
  }
}

/// What was done (FHIR Procedure).
public struct ProcedureRecord: ClinicRow, Sendable, Equatable {
  public var row: RowMeta
  public var status: ProcedureStatus
  public var patientID: String
  public var encounterID: String?
  public var practitionerID: String?
  public var code: Code?
  public var bodySite: Code?
  public var performedAt: Instant?

  public init(row: RowMeta, status: ProcedureStatus, patientID: String) {
    self.row = row
    self.status = status
    self.patientID = patientID
  }
}

/// An allergy (FHIR AllergyIntolerance).
public struct AllergyRecord: ClinicRow, Sendable, Equatable {
  public var row: RowMeta
  public var status: AllergyStatus
  public var patientID: String
  public var encounterID: String?
  public var practitionerID: String?
  public var code: Code?
  public var category: AllergyCategory?
  public var severity: AllergySeverity?
  public var reaction: String?
  public var recordedOn: CalendarDate?

  public init(row: RowMeta, status: AllergyStatus, patientID: String) {
    self.row = row
    self.status = status
    self.patientID = patientID
  }
}

/// A line of an invoice with what the invoice says of it (FHIR ChargeItem).
public struct ChargeRecord: ClinicRow, Sendable, Equatable {
  /// The id is the line's, version and times are the invoice's.
  public var row: RowMeta
  public var invoiceStatus: InvoiceStatus
  public var patientID: String
  public var accountID: String?
  public var currency: String
  public var code: Code?
  public var description: String
  public var quantity: Quantity
  public var unit: String?
  /// Without taxes.
  public var net: Amount
  public var encounterID: String?
  public var practitionerID: String?
  public var procedureID: String?
  public var servedAt: Instant?
  public var bodySite: Code?

  public init(
    row: RowMeta, invoiceStatus: InvoiceStatus, patientID: String, currency: String, description: String,
    quantity: Quantity, net: Amount
  ) {
    self.row = row
    self.invoiceStatus = invoiceStatus
    self.patientID = patientID
    self.currency = currency
    self.description = description
    self.quantity = quantity
    self.net = net
  }
}
