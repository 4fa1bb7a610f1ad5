import ClinicModel
import Crypto
import FHIRModels

/// A row of the audit → AuditEvent.
enum AuditEventMapper {
  static func resource(_ record: AuditRecord, clinic: ClinicIdentity) -> AuditEvent {
    var event = AuditEvent()
    event.id = record.id
    event.meta = Meta(versionId: "1", lastUpdated: FHIRInstant(epochMicroseconds: record.at.microseconds))
    event.type = Coding(
      system: "http://terminology.hl7.org/CodeSystem/audit-event-type", code: "rest", display: "RESTful Operation")
    event.subtype = [Coding(system: subtypeSystem(record.interaction), code: record.interaction)]
    event.action = AuditEventAction(rawValue: record.action)
    event.recorded = FHIRInstant(
      epochMicroseconds: record.at.microseconds, offsetMinutes: clinic.zone.offsetSeconds(at: record.at) / 60)
    event.outcome = AuditEventOutcome(rawValue: String(record.outcome))
    event.outcomeDesc = outcome(record)
    event.agent = [agent(record)]
    event.source = AuditEvent.Source {
      $0.observer = Reference(reference: "Organization/\(clinic.id)", display: clinic.name)
    }
    event.entity = entities(record)
    return event
  }

  private static func subtypeSystem(_ interaction: String) -> String? {
    Interaction(rawValue: interaction) == nil ? nil : "http://hl7.org/fhir/restful-interaction"
  }

  private static func outcome(_ record: AuditRecord) -> String? {
    let parts = [record.status.map { "HTTP \($0)" }, record.reason, record.results.map { "\($0) resources" }]
    let text = parts.compactMap { $0 }.joined(separator: ", ")
    return text.isEmpty ? nil : text
  }

  /// The partner; its credential is told by the key's id or the certificate's public key.
  private static func agent(_ record: AuditRecord) -> AuditEvent.Agent {
    AuditEvent.Agent {
      $0.altId = record.partnerID
      $0.name = record.keyID.map { "key \($0)" } ?? record.certificate.map { "certificate \($0)" }
      $0.requestor = true
      if let address = record.remoteAddress {
        $0.network = AuditEvent.Agent.Network {
          $0.address = address
          $0.type = AuditEventAgentNetworkType(rawValue: "2")
        }
      }
    }
  }

  private static func entities(_ record: AuditRecord) -> [AuditEvent.Entity] {
    var entities: [AuditEvent.Entity] = []
    if let type = record.resourceType {
      entities.append(
        AuditEvent.Entity {
          if let id = record.resourceID { $0.what = Reference(reference: "\(type)/\(id)") }
          $0.type = Coding(system: "http://hl7.org/fhir/resource-types", code: type)
          // R4's query is base64Binary.
          $0.query = record.query.map { Base64.encode(Array($0.utf8)) }
        })
    }
    if let patient = record.patientID, !(record.resourceType == "Patient" && record.resourceID == patient) {
      entities.append(
        AuditEvent.Entity {
          $0.what = Reference(reference: "Patient/\(patient)")
          $0.role = Coding(
            system: "http://terminology.hl7.org/CodeSystem/object-role", code: "1", display: "Patient")
        })
    }
    if let request = record.requestID {
      entities.append(AuditEvent.Entity { $0.what = Reference(identifier: Identifier(value: request)) })
    }
    return entities
  }
}
