/// A request below `/fhir/{clinic}` by a caller who is known and may see the clinic. Its body is whole and bounded.
package struct FHIRRequest: Sendable {
  package var caller: Caller
  package var clinic: ClinicIdentity
  /// In upper case, as HTTP has it.
  package var method: String
  /// What follows `/fhir/{clinic}/`, percent-decoded, without empty parts.
  package var path: [String]
  /// What follows `?`, as it was sent.
  package var query: [UInt8]
  package var fields: Fields
  package var body: [UInt8]
  /// The URL of this clinic's FHIR service without a last slash: `https://host/fhir/clinic`.
  package var baseURL: String
  package var requestID: String

  /// The header fields that matter here.
  package struct Fields: Sendable {
    package var accept: String?
    package var prefer: String?
    package var ifNoneMatch: String?
    package var ifModifiedSince: String?
    package var contentType: String?

    package init() {}
  }

  package init(
    caller: Caller, clinic: ClinicIdentity, method: String, path: [String], query: [UInt8] = [],
    fields: Fields = Fields(), body: [UInt8] = [], baseURL: String, requestID: String
  ) {
    self.caller = caller
    self.clinic = clinic
    self.method = method
    self.path = path
    self.query = query
    self.fields = fields
    self.body = body
    self.baseURL = baseURL
    self.requestID = requestID
  }
}

/// What is answered. To HEAD the body is that of GET; whoever writes it to the socket leaves it out.
package struct FHIRAnswer: Sendable {
  package var status: Int
  /// Beside the length: `Content-Type`, `ETag`, `Last-Modified`, `Allow`, `Retry-After`.
  package var fields: [(name: String, value: String)]
  package var body: [UInt8]
  package var audit: AuditFacts

  package init(status: Int, fields: [(name: String, value: String)] = [], body: [UInt8] = [], audit: AuditFacts) {
    self.status = status
    self.fields = fields
    self.body = body
    self.audit = audit
  }

  /// The first value of a field.
  package func field(_ name: String) -> String? { fields.first { $0.name == name }?.value }
}

/// What the audit keeps of an answer.
package struct AuditFacts: Sendable, Equatable {
  /// Patients named at most; an answer may show more.
  package static let patientLimit = 64

  /// `read`, `search-type`, `create`, `capabilities` or, where nothing of the kind was asked, `unknown`.
  package var interaction = "unknown"
  package var resourceType: String?
  package var resourceID: String?
  /// Whose data left, without repeats.
  package var patientIDs: [String] = []
  /// How many resources left.
  package var returned = 0
  /// The query that ran; for a page link the one that is sealed in it.
  package var query: String?
  /// Why nothing or not everything was answered; fit for logs.
  package var reason: String?

  package init() {}

  mutating func touched(_ patient: String?) {
    guard let patient, patientIDs.count < Self.patientLimit, !patientIDs.contains(patient) else { return }
    patientIDs.append(patient)
  }
}
