public import ClinicModel
public import HL7Parser

/// OBX-7: the words, and the bounds where they are numbers.
public struct ReferenceRange: Sendable, Equatable {
  public var text: String
  public var low: String?
  public var high: String?

  public init(text: String, low: String? = nil, high: String? = nil) {
    self.text = text
    self.low = low
    self.high = high
  }
}

/// What a message says about a result: an OBX, or the OBR that holds them together.
///
/// A patient who is not known is condition 204 (unknown key identifier) at PID-3. A result that is released is not
/// replaced by one that is pending. One that belongs to another patient is condition 205 (duplicate key identifier) at
/// PID-3, unless it was taken back there.
public struct ObservationChange: Sendable, Equatable {
  public var key: FactKey
  public var patient: PatientKey
  public var encounter: EncounterReference?
  /// The OBR that it stands under; nil for the report itself.
  public var report: FactKey?
  /// Filler or placer number of a report.
  public var number: IdentifierValue?
  public var code: Code
  public var status: ObservationStatus
  /// Table 0074: `LAB`, `RAD`.
  public var section: FieldChange<String> = .leave
  public var effectiveAt: FieldChange<Instant> = .leave
  /// When the report was given out or last changed.
  public var issuedAt: FieldChange<Instant> = .leave
  /// Who observed; of a report, who interpreted.
  public var practitioner: FieldChange<PractitionerReference> = .leave
  /// Who ordered the report.
  public var requester: FieldChange<PractitionerReference> = .leave
  public var value: FieldChange<ObservationValue> = .leave
  /// Codes of table 0078: `H`, `LL`, `A`.
  public var interpretation: FieldChange<[String]> = .leave
  public var referenceRange: FieldChange<ReferenceRange> = .leave
  /// NTE lines.
  public var comment: FieldChange<String> = .leave
  /// The result's place in its report, from 1.
  public var sequence: Int?

  public init(key: FactKey, patient: PatientKey, code: Code, status: ObservationStatus) {
    self.key = key
    self.patient = patient
    self.code = code
    self.status = status
  }
}

/// The bytes of a document as a message carries them.
public enum DocumentContent: Sendable, Equatable {
  /// Lines of TX or FT.
  case text(String)
  /// Base64 (RFC 4648) or hexadecimal digits, escapes resolved, and where they stand.
  case base64(ArraySlice<UInt8>, at: HL7Location)
  case hexadecimal(ArraySlice<UInt8>, at: HL7Location)
  /// It lies elsewhere, at this URI.
  case pointer(String)
}

/// What a message says about a document: TXA with its OBX, or a file among results.
///
/// A patient who is not known is condition 204 (unknown key identifier) at PID-3, a document of another patient 205.
public struct DocumentChange: Sendable, Equatable {
  public var key: FactKey
  public var patient: PatientKey
  public var encounter: EncounterReference?
  /// The report that it came with.
  public var report: FactKey?
  /// TXA-12, or the report's number.
  public var number: IdentifierValue?
  /// A document that is not known is condition 204 at TXA-12.
  public var mustExist = false
  /// A document that is not known is not made.
  public var onlyWhereKnown = false
  public var type: FieldChange<Code> = .leave
  public var title: FieldChange<String> = .leave
  public var status: DocumentStatus = .current
  public var stage: FieldChange<DocumentStage> = .leave
  public var practitioner: FieldChange<PractitionerReference> = .leave
  public var createdAt: FieldChange<Instant> = .leave
  /// A media type; set beside `content`.
  public var contentType: String?
  /// Nil where the message only tells of the document.
  public var content: DocumentContent?
  /// The document whose place it takes; none where that is not known.
  public var replaces: FactKey?
  /// The document that it adds to; none where that is not known.
  public var appends: FactKey?

  public init(key: FactKey, patient: PatientKey) {
    self.key = key
    self.patient = patient
  }
}
