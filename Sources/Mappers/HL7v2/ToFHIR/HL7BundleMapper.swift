package import HL7Parser
package import JSON

/// A FHIR Bundle of a message, by HL7's v2-to-FHIR mapping tables: for messages whose content the clinic does not keep as
/// well, such as `passerelle hl7 to-fhir` prints.
///
/// A Bundle of type `message`: the MessageHeader first, then every resource, each once, with `urn:uuid:` full URLs that
/// follow from the content. `docs/mappings/to-fhir.md` has the tables, `docs/mappings/agreement.md` how they compare with
/// those of others. Pure: no clock, no randomness.
package enum HL7BundleMapper {
  /// - Parameter zoneMinutes: the offset from UTC of times that have none; else that of MSH-7, else UTC.
  package static func bundle(of message: HL7Message, zoneMinutes: Int? = nil) -> JSONValue {
    var builder = HL7FHIRBuilder(message, zoneMinutes: zoneMinutes)
    for segment in message.segments { builder.take(segment) }
    builder.finish()
    return builder.bundle
  }
}

extension HL7FHIRBuilder {
  /// What becomes of each segment; those not named here have no place in FHIR, or none that the tables give.
  mutating func take(_ segment: HL7Segment) {
    switch segment.name {
    case "MSH": takeMSH(segment)
    case "SFT": takeSFT(segment)
    case "EVN": takeEVN(segment)
    case "PID": takePID(segment)
    case "PD1": takePD1(segment)
    case "NK1": takeNK1(segment)
    case "MRG": takeMRG(segment)
    case "PV1": takePV1(segment)
    case "PV2": takePV2(segment)
    case "ROL": takeROL(segment)
    case "PRT": takePRT(segment)
    case "AL1": takeAL1(segment)
    case "IAM": takeIAM(segment)
    case "DG1": takeDG1(segment)
    case "PR1": takePR1(segment)
    case "IN1": takeIN1(segment)
    case "IN2": takeIN2(segment)
    case "IN3": takeIN3(segment)
    case "GT1": takeGT1(segment)
    case "FT1": takeFT1(segment)
    case "ORC": takeORC(segment)
    case "OBR": takeOBR(segment)
    case "SPM": takeSPM(segment)
    case "SAC": takeSAC(segment)
    case "OBX": takeOBX(segment)
    case "NTE": takeNTE(segment)
    case "TQ1": if appointment != nil { takeTQ1OfAppointment(segment) } else { takeTQ1(segment) }
    case "SCH": takeSCH(segment)
    case "AIS": takeAIS(segment)
    case "AIP", "AIL", "AIG": takeResource(segment)
    case "TXA": takeTXA(segment)
    case "RXA": takeRXA(segment)
    case "RXR": takeRXR(segment)
    case "RXO", "RXE", "RXG": takeMedication(segment)
    case "RXC": takeRXC(segment)
    case "RXD": takeRXD(segment)
    case "RF1": takeRF1(segment)
    case "PRD": takePRD(segment)
    case "AUT": takeAUT(segment)
    case "ACC": takeACC(segment)
    case "PDA": takePDA(segment)
    case "DB1": takeDB1(segment)
    case "ODS": takeODS(segment)
    case "RQD": takeRQD(segment)
    case "RQ1": takeRQ1(segment)
    case "INV": takeINV(segment)
    case "CTI": takeCTI(segment)
    case "CSR": takeCSR(segment)
    case "PEO": takePEO(segment)
    case "PCR": takePCR(segment)
    case "CON": takeCON(segment)
    default: break
    }
  }

  /// What is known only when every segment has been seen.
  mutating func finish() {
    attendAppointment()
    finishAppointment()
    finishDocument()
    if let header {
      for handle in focus { draft[header].append("focus", handle.reference) }
    }
  }

  var bundle: JSONValue {
    var object: JSONObject = [
      "resourceType": "Bundle", "id": .string(HL7FHIRDraft.uuid(of: "Bundle \(draft.fingerprint)")),
    ]
    if let number = HL7FHIRValues.string(message.header[10]) {
      var identifier = JSONObject()
      identifier["system"] = system(message.header[3]) ?? system(message.header[4])
      identifier["value"] = number
      object["identifier"] = .object(identifier)
    }
    object["type"] = "message"
    object["timestamp"] = values.instant(message.header[7])
    object["entry"] = .array(
      draft.resources.map { ["fullUrl": .string("urn:uuid:\($0.id)"), "resource": .object($0.object)] })
    return .object(object)
  }
}
