public import ClinicModel
public import FHIRModels

/// DocumentRecord → DocumentReference. Bytes that the gateway holds are read as `Binary/<id>`.
public enum DocumentReferenceMapper {
  public static func resource(_ record: DocumentRecord, _ context: FHIRMappingContext) -> DocumentReference {
    var document = DocumentReference()
    document.id = record.id
    document.meta = Meta(record.row)
    if let number = record.number {
      document.masterIdentifier = Identifier(system: record.numberSystem, value: number)
    }
    document.status = DocumentReferenceStatus(rawValue: record.status.rawValue)
    document.docStatus = record.stage.map { CompositionStatus(rawValue: $0.rawValue) }
    document.type = CodeableConcept(record.type)
    document.subject = Reference("Patient", record.patientID)
    document.date = record.createdAt.map(context.instant)
    document.author = [Reference("Practitioner", record.practitionerID)].compactMap { $0 }
    document.custodian = context.clinicOrganization
    let relations: [(DocumentRelationshipType, String?)] = [
      (.replaces, record.replacesID), (.appends, record.appendsID),
    ]
    document.relatesTo = relations.compactMap { code, id in
      guard let target = Reference("DocumentReference", id) else { return nil }
      return DocumentReference.RelatesTo {
        $0.code = code
        $0.target = target
      }
    }
    document.description = record.title
    document.content = [DocumentReference.Content { $0.attachment = attachment(record, context) }]
    if let encounter = Reference("Encounter", record.encounterID) {
      document.context = DocumentReference.Context { $0.encounter = [encounter] }
    }
    return document
  }

  static func attachment(_ record: DocumentRecord, _ context: FHIRMappingContext) -> Attachment {
    Attachment {
      $0.contentType = record.contentType
      $0.url = record.isHeld ? "Binary/\(record.id)" : record.location
      $0.size = record.byteCount
      $0.title = record.title
      $0.creation = record.createdAt.map(context.dateTime)
    }
  }
}

/// DocumentContentRecord → Binary.
public enum BinaryMapper {
  public static func resource(_ record: DocumentContentRecord, _ context: FHIRMappingContext) -> Binary {
    var binary = Binary()
    binary.id = record.id
    binary.meta = Meta(record.row)
    binary.contentType = record.contentType ?? "application/octet-stream"
    binary.data = record.base64
    return binary
  }
}
