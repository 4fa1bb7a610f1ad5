import ClinicModel
import FHIRModels
import Mappers

/// How each type that is served becomes bytes: one line a type.
struct ServedType: Sendable {
  let load: @Sendable (RecordLoader, ClinicIdentity, [String]) async throws(RecordReadingError) -> [RenderedResource]
  let versions:
    @Sendable (RecordLoader, ClinicIdentity, [String]) async throws(RecordReadingError) -> [String: RecordVersion]
  /// Read with the auditor's role.
  var isAudit = false

  /// Read by id alone.
  static let unsearched: Set<String> = ["Binary"]

  static let all: [String: ServedType] = [
    "Patient": of(PatientRows.self, patient: \.id) { PatientMapper.resource($0, $1).json() },
    "Practitioner": of(PractitionerRows.self) { PractitionerMapper.resource($0, $1).json() },
    "Location": of(LocationRows.self) { LocationMapper.resource($0, $1).json() },
    "Appointment": of(AppointmentRows.self, patient: \.patientID) { AppointmentMapper.resource($0, $1).json() },
    "Encounter": of(EncounterRows.self, patient: \.patientID) { EncounterMapper.resource($0, $1).json() },
    "Coverage": of(CoverageRows.self, patient: \.patientID) { CoverageMapper.resource($0, $1).json() },
    "Invoice": of(InvoiceRows.self, patient: \.patientID) { record, context throws(ClinicValueError) in
      try InvoiceMapper.resource(record, context).json()
    },
    "Observation": of(ObservationRows.self, patient: \.patientID) { ObservationMapper.resource($0, $1).json() },
    "DiagnosticReport": of(DiagnosticReportRows.self, patient: \.patientID) {
      DiagnosticReportMapper.resource($0, $1).json()
    },
    "DocumentReference": of(ClinicalDocumentRows.self, patient: \.patientID) {
      DocumentReferenceMapper.resource($0, $1).json()
    },
    "Binary": of(DocumentContentRows.self, patient: \.patientID) { BinaryMapper.resource($0, $1).json() },
    "Condition": of(ConditionRows.self, patient: \.patientID) { ConditionMapper.resource($0, $1).json() },
    "Procedure": of(ProcedureRows.self, patient: \.patientID) { ProcedureMapper.resource($0, $1).json() },
    "AllergyIntolerance": of(AllergyRows.self, patient: \.patientID) {
      AllergyIntoleranceMapper.resource($0, $1).json()
    },
    "Account": of(AccountRows.self, patient: \.patientID) { AccountMapper.resource($0, $1).json() },
    "ChargeItem": of(ChargeRows.self, patient: \.patientID) { ChargeItemMapper.resource($0, $1).json() },
    "Organization": organization,
    "AuditEvent": auditEvent,
  ]

  private static func of<Relation: RecordRows>(
    _ relation: Relation.Type, patient: (@Sendable (Relation.Record) -> String?)? = nil,
    _ json: @escaping @Sendable (Relation.Record, FHIRMappingContext) throws(ClinicValueError) -> [UInt8]
  ) -> ServedType where Relation.Record: ClinicRow {
    ServedType(
      load: { (loader, clinic, ids) async throws(RecordReadingError) in
        let records = try await loader.load(Relation.self, clinic: clinic.id, ids: ids)
        let context = FHIRMappingContext(clinicOrganizationID: clinic.id, zone: clinic.zone)
        var rendered: [RenderedResource] = []
        for id in ids {
          guard let record = records[id] else { continue }
          rendered.append(
            try render(record, patient?(record)) { () throws(ClinicValueError) in try json(record, context) })
        }
        return rendered
      },
      versions: { (loader, clinic, ids) async throws(RecordReadingError) in
        try await loader.versions(Relation.self, clinic: clinic.id, ids: ids)
      })
  }

  private static func render(
    _ record: some ClinicRow, id: String? = nil, _ patient: String?, _ json: () throws(ClinicValueError) -> [UInt8]
  ) throws(RecordReadingError) -> RenderedResource {
    do throws(ClinicValueError) {
      return RenderedResource(
        id: id ?? record.id, version: record.row.version, updatedAt: record.row.updatedAt,
        isDeleted: record.row.deletedAt != nil, patientID: patient,
        json: record.row.deletedAt == nil ? try json() : [])
    } catch {
      throw RecordReadingError(malformed: "a sum does not fit (\(error.code.name))")
    }
  }

  private static let organization = ServedType(
    load: { (loader, clinic, ids) async throws(RecordReadingError) in
      let records = try await loader.load(OrganizationRows.self, clinic: clinic.id, ids: ids)
      let context = FHIRMappingContext(clinicOrganizationID: clinic.id, zone: clinic.zone)
      var rendered: [RenderedResource] = []
      for id in ids {
        switch records[id] {
        case .clinic(let record)?:
          rendered.append(
            try render(record, id: clinic.id, nil) { () throws(ClinicValueError) in
              OrganizationMapper.resource(record, context).json()
            })
        case .payer(let record)?:
          rendered.append(
            try render(record, nil) { () throws(ClinicValueError) in OrganizationMapper.resource(record, context).json()
            })
        case nil: break
        }
      }
      return rendered
    },
    versions: { (loader, clinic, ids) async throws(RecordReadingError) in
      try await loader.versions(OrganizationRows.self, clinic: clinic.id, ids: ids)
    })

  private static let auditEvent = ServedType(
    load: { (loader, clinic, ids) async throws(RecordReadingError) in
      let records = try await loader.load(AuditRows.self, clinic: clinic.id, ids: ids)
      return ids.compactMap { id in
        records[id].map { record in
          RenderedResource(
            id: record.id, version: 1, updatedAt: record.at, isDeleted: false, patientID: record.patientID,
            json: AuditEventMapper.resource(record, clinic: clinic).json())
        }
      }
    },
    versions: { (loader, clinic, ids) async throws(RecordReadingError) in
      try await loader.versions(AuditRows.self, clinic: clinic.id, ids: ids)
    }, isAudit: true)
}
