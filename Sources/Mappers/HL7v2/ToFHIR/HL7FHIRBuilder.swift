import HL7Parser
import JSON

/// What is known while the segments of a message are gone through.
///
/// The maps of segments are extensions of this type, a file for each subject; `take(_:)` of `HL7BundleMapper` calls them in
/// the order of the message.
struct HL7FHIRBuilder {
  let message: HL7Message
  let values: HL7FHIRValues
  var draft: HL7FHIRDraft
  /// MSH-9.1 and MSH-9.2.
  let code: String
  let event: String

  var header: HL7FHIRHandle?
  var patient: HL7FHIRHandle?
  var encounter: HL7FHIRHandle?
  var appointment: HL7FHIRHandle?
  var document: HL7FHIRHandle?
  /// PEO: the PCR that follow are of it.
  var adverse: HL7FHIRHandle?
  /// RQD: the RQ1 that follows is of it.
  var supply: HL7FHIRHandle?
  /// RF1: the providers and authorizations that follow are of it.
  var referral: HL7FHIRHandle?
  /// PV1-54: its diagnoses are those of the visit.
  var episode: HL7FHIRHandle?
  var immunization: HL7FHIRHandle?
  var medication: HL7FHIRHandle?
  /// Of the IN1 at hand, and whom it insures where the message says.
  var coverage: HL7FHIRHandle?
  var insured: HL7FHIRHandle?
  /// Who employs the insured, and where: IN1 says it in part, IN2 the rest.
  var employer: HL7FHIRHandle?
  var employerAddress: JSONValue?
  var order = HL7FHIROrder()
  /// What a note belongs to, and the member that it goes to.
  var noted: (handle: HL7FHIRHandle, member: String)?
  /// Text of a document, an OBX each.
  var documentText: [String] = []
  /// Resources that the message is about, in the order in which they came.
  var focus: [HL7FHIRHandle] = []
  private var turns: [String: Int] = [:]

  init(_ message: HL7Message, zoneMinutes: Int?) {
    self.message = message
    let header = message.header
    code = HL7FHIRValues.code(header[9].component(1)) ?? ""
    event = HL7FHIRValues.code(header[9].component(2)) ?? ""
    let own = header[7].string.flatMap { try? HL7DateTime($0) }?.offsetMinutes
    values = HL7FHIRValues(zoneMinutes: zoneMinutes ?? own ?? 0)
    let identity = [3, 4, 7, 9, 10].map { header[$0].fullText ?? "" }.joined(separator: "|")
    draft = HL7FHIRDraft(fingerprint: identity)
  }

  /// The place of a segment among those of its name, such as `OBX[2]`.
  mutating func place(_ segment: HL7Segment) -> String {
    turns[segment.name, default: 0] += 1
    return "\(segment.name)[\(turns[segment.name] ?? 1)]"
  }

  /// Who a resource is about: the patient, or a word that the message names nobody.
  var subject: JSONValue {
    patient?.reference ?? ["display": "not named in the message"]
  }

  /// The value of a member that FHIR requires and the message does not have.
  static var unknown: JSONValue {
    [
      "extension": [
        ["url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"]
      ]
    ]
  }
}

/// The order that results and notes belong to.
struct HL7FHIROrder {
  var common: HL7Segment?
  /// A TQ1 that came before what it is about.
  var timing: HL7Segment?
  var request: HL7FHIRHandle?
  var report: HL7FHIRHandle?
  var specimen: HL7FHIRHandle?
  /// When the specimen was taken: OBR-7.
  var effective: JSONValue?
  /// Whether observations are of the specimen itself.
  var isAtSpecimen = false
}
