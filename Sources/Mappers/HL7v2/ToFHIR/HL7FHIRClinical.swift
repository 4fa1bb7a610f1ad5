import HL7Parser
import JSON

// AL1, IAM, DG1, PR1. HL7's v2-to-FHIR guide, segment maps of the same names.
extension HL7FHIRBuilder {
  private static let clinicalStatus = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
  private static let conditionStatus = "http://terminology.hl7.org/CodeSystem/condition-"

  mutating func takeAL1(_ segment: HL7Segment) {
    let handle = allergy(segment)
    for reaction in segment[5].repetitions {
      addReaction(HL7FHIRValues.string(reaction), severity: segment[4], to: handle)
    }
    draft[handle].set("onsetDateTime", values.dateTime(segment[6]))
  }

  mutating func takeIAM(_ segment: HL7Segment) {
    let handle = allergy(segment)
    for reaction in segment[5].repetitions {
      addReaction(HL7FHIRValues.string(reaction), severity: segment[4], to: handle)
    }
    draft[handle].append("identifier", identifier(entity: segment[7]))
    draft[handle].set("onsetDateTime", values.dateTime(segment[11]))
    if draft[handle].object["onsetDateTime"] == nil {
      draft[handle].set("onsetString", HL7FHIRValues.text(segment[12]))
    }
    draft[handle].set("recordedDate", values.dateTime(segment[13]))
    if HL7FHIRValues.code(segment[6].part(1)) == "D" {
      draft[handle].set(
        "verificationStatus",
        Self.concept(
          "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification", "entered-in-error"))
      draft[handle].object["clinicalStatus"] = nil
    }
  }

  /// The fields that AL1 and IAM share.
  private mutating func allergy(_ segment: HL7Segment) -> HL7FHIRHandle {
    let handle = draft.add("AllergyIntolerance", at: place(segment))
    draft[handle].set("clinicalStatus", Self.concept(Self.clinicalStatus, "active", "Active"))
    if let kind = HL7FHIRValues.code(segment[2].part(1)), HL7FHIRCodes.allergyType.contains(kind) {
      draft[handle].set("type", "allergy")
    }
    draft[handle].append("category", Self.mapped(segment[2], HL7FHIRCodes.allergyCategory))
    draft[handle].set("criticality", Self.mapped(segment[4], HL7FHIRCodes.criticality))
    draft[handle].set("code", concept(segment[3]))
    draft[handle].set("patient", subject)
    draft[handle].set("encounter", encounter?.reference)
    focus.append(handle)
    return handle
  }

  private mutating func addReaction(_ text: JSONValue?, severity: HL7Element, to handle: HL7FHIRHandle) {
    guard let text else { return }
    var reaction: JSONObject = ["manifestation": [["text": text]]]
    reaction["severity"] = Self.mapped(severity, HL7FHIRCodes.reactionSeverity)
    draft[handle].append("reaction", .object(reaction))
  }

  mutating func takeDG1(_ segment: HL7Segment) {
    let place = place(segment)
    let own = identifier(entity: segment[20])
    let handle = own.map { draft.add("Condition", key: "\($0)") } ?? draft.add("Condition", at: place)
    focus.append(handle)
    draft[handle].append("identifier", own)
    let isError = HL7FHIRValues.code(segment[21]) == "D"
    if isError {
      draft[handle].set("verificationStatus", Self.concept(Self.conditionStatus + "ver-status", "entered-in-error"))
    } else {
      draft[handle].set("clinicalStatus", Self.concept(Self.conditionStatus + "clinical", "active"))
    }
    draft[handle].append("category", Self.concept(Self.conditionStatus + "category", "encounter-diagnosis"))
    var code = concept(segment[3])?.object ?? JSONObject()
    if code["text"] == nil { code["text"] = HL7FHIRValues.string(segment[4]) }
    if !code.isEmpty { draft[handle].set("code", .object(code)) }
    draft[handle].set("subject", subject)
    draft[handle].set("encounter", encounter?.reference)
    draft[handle].set("onsetDateTime", values.dateTime(segment[5]))
    draft[handle].set("recordedDate", values.dateTime(segment[19]))
    draft[handle].set("asserter", practitioners(segment[16]).first?.reference)
    guard let encounter, !isError else { return }
    var diagnosis: JSONObject = ["condition": handle.reference]
    let role = concept(segment[6], table: "0052")
    diagnosis["use"] = role
    diagnosis["rank"] = HL7FHIRValues.integer(segment[15])
    draft[encounter].append("diagnosis", .object(diagnosis))
    guard let episode else { return }
    diagnosis["use"] = nil
    diagnosis["role"] = role
    draft[episode].append("diagnosis", .object(diagnosis))
  }

  mutating func takePR1(_ segment: HL7Segment) {
    let place = place(segment)
    let own = identifier(entity: segment[19])
    let handle = own.map { draft.add("Procedure", key: "\($0)") } ?? draft.add("Procedure", at: place)
    focus.append(handle)
    draft[handle].append("identifier", own)
    draft[handle].set("status", "completed")
    draft[handle].set("category", concept(segment[6], table: "0230"))
    var code = concept(segment[3])?.object ?? JSONObject()
    if code["text"] == nil { code["text"] = HL7FHIRValues.string(segment[4]) }
    if !code.isEmpty { draft[handle].set("code", .object(code)) }
    draft[handle].set("subject", subject)
    draft[handle].set("encounter", encounter?.reference)
    draft[handle].set("performedDateTime", values.dateTime(segment[5]))
    let performers: [(Int, String?, String?)] = [
      (8, "88189002", "Anesthesiologist"), (11, "304292004", "Surgeon"), (12, nil, nil),
    ]
    for (field, function, display) in performers {
      for person in practitioners(segment[field]) {
        var object: JSONObject = ["actor": person.reference]
        if let function, let display {
          object["function"] = [
            "coding": [["system": "http://snomed.info/sct", "code": .string(function), "display": .string(display)]],
            "text": .string(display),
          ]
        }
        draft[handle].append("performer", .object(object))
      }
    }
    draft[handle].append("reasonCode", concept(segment[15]))
    draft[handle].set("location", location(segment[23])?.reference)
    if let parent = identifier(entity: segment[25]) {
      let whole = draft.add("Procedure", key: "\(parent)")
      if whole != handle {
        draft[whole].append("identifier", parent)
        draft[whole].set("status", "unknown")
        draft[whole].set("subject", subject)
        draft[handle].append("partOf", whole.reference)
      }
    }
  }
}
