import ClinicModel
import HL7Parser

/// PV1 and PV2.
extension HL7FeedDraft {
  mutating func writeVisit(_ encounter: EncounterRecord) {
    writePatient()
    if event.tellsEverything { writeContacts() }
    append(visit(encounter))
    var pv2 = HL7SegmentDraft("PV2")
    pv2[3] = emptied(codes.coded(encounter.reason, .reason))
    if !pv2[3].isAbsent { append(pv2) }
    if event.tellsEverything { writeCoverages() }
  }

  /// The visit as it stands. Of one that goes on nothing is said about an end that came since: that is told by the
  /// message of the discharge.
  func visit(_ encounter: EncounterRecord) -> HL7SegmentDraft {
    var pv1 = HL7SegmentDraft("PV1")
    pv1[1] = "1"
    pv1[2] = .text(codes.word(encounter.encounterClass, .encounterClass, HL7FeedCodes.encounterClass))
    pv1[3] = emptied(place(encounter.locationID))
    pv1[4] = codes.coded(encounter.type, .encounterType, ofTable: "0007")
    pv1[7] = emptied(person(encounter.practitionerID))
    // The number that others gave the visit, and ours beside it; where there is none, ours alone.
    if let known = identifier("VN", among: encounter.identifiers) {
      pv1[19] = number(known)
      pv1[50] = ownNumber(encounter.id, of: .encounter)
    } else {
      pv1[19] = ownNumber(encounter.id, of: .encounter)
    }
    pv1[44] = time(encounter.startedAt)
    guard !event.isOfOpenVisit else { return pv1 }
    pv1[36] = codes.coded(encounter.disposition, .disposition, ofTable: "0112")
    pv1[45] = time(encounter.endedAt)
    return pv1
  }
}
