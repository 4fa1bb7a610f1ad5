import ClinicModel
import HL7Parser

/// ORU^R01 and R30 to R32: the reports of each patient, an OBR with the OBX under it.
extension HL7Reading {
  /// An OBX, or the lines of one text that senders spread over many, with the notes that follow.
  struct Result {
    var lines: [HL7.OBX]
    var notes: [HL7.NTE] = []
    var first: HL7.OBX { lines[0] }
  }

  /// An OBR, the ORC before it, and what stands under it.
  struct Report {
    let obr: HL7.OBR
    let orc: HL7.ORC?
    var notes: [HL7.NTE] = []
    var results: [Result] = []

    mutating func add(_ obx: HL7.OBX) {
      if let last = results.last?.first, HL7Reading.isText(obx), HL7Reading.isText(last),
        last[3].bytes == obx[3].bytes, last[4].bytes == obx[4].bytes
      {
        results[results.count - 1].lines.append(obx)
      } else {
        results.append(Result(lines: [obx]))
      }
    }

    mutating func add(_ note: HL7.NTE) {
      if results.isEmpty { notes.append(note) } else { results[results.count - 1].notes.append(note) }
    }
  }

  /// What all results of a report share.
  private struct Frame {
    let patient: PatientKey
    let visit: EncounterReference?
    /// What the results are part of, and the report's own name in it.
    let source: [String]
    let word: String
    let number: IdentifierValue?
    let status: ObservationStatus
    let observed: FieldChange<Instant>

    var key: FactKey { FactKey(.observation, source: source, item: [word]) }
  }

  static func isText(_ obx: HL7.OBX) -> Bool { ["TX", "FT"].contains(obx.valueType) }
  /// ED and RP, encapsulated data and a pointer to it.
  static func isFile(_ obx: HL7.OBX) -> Bool { ["ED", "RP"].contains(obx.valueType) }

  mutating func results(_ message: HL7Message) -> [ClinicChange] {
    let groups = message.segments.groups(from: "PID")
    if groups.isEmpty { missing(at: HL7Location("PID"), "the patient is required: PID") }
    if message.segments.count(where: { $0.name == "OBX" || $0.name == "OBR" }) > Self.results
      || groups.count > Self.repetitions
    {
      refuse(
        .valueTooLong, at: HL7Location("OBX", occurrence: Self.results + 1),
        "more than \(Self.results) results or \(Self.repetitions) patients in one message")
      return []
    }
    var changes: [ClinicChange] = []
    for group in groups {
      guard let (_, key) = requiredPatient(group) else { continue }
      let visit = visitReference(group)
      let reports = reports(in: group)
      if reports.isEmpty, group.first(named: "OBX") == nil {
        missing(at: HL7Location("OBR"), "a report is required: OBR")
      }
      for report in reports { changes += self.changes(of: report, of: key, visit) }
    }
    return changes
  }

  private mutating func reports(in group: HL7Segments) -> [Report] {
    var reports: [Report] = []
    var order: HL7.ORC?
    for segment in group {
      switch segment.name {
      case "ORC": order = HL7.ORC(segment)
      case "OBR":
        reports.append(Report(obr: HL7.OBR(segment), orc: order))
        order = nil
      case "OBX" where reports.isEmpty:
        refuse(.segmentSequenceError, at: segment.location, "a result must stand under its OBR")
      case "OBX": reports[reports.count - 1].add(HL7.OBX(segment))
      case "NTE" where !reports.isEmpty: reports[reports.count - 1].add(HL7.NTE(segment))
      default: break
      }
    }
    return reports
  }

  // MARK: One report

  private mutating func changes(
    of report: Report, of patient: PatientKey, _ visit: EncounterReference?
  ) -> [ClinicChange] {
    let obr = report.obr
    guard let code = coded(obr.universalServiceIdentifier, .observation, at: obr.at(4)),
      let word = word(obr.universalServiceIdentifier.element, at: obr.at(4))
    else {
      missing(at: obr.at(4), "what was examined is required")
      return []
    }
    let observed = instant(obr.observationDateTime, at: obr.at(7))
    let number = reportNumber(report)
    let own = patient.identifiers[0]
    let source =
      number.map { [profile.partner, "report", $0.system, $0.value] }
      ?? [profile.partner, "patient", own.system, own.value, word, observed.initial?.rfc3339() ?? ""]
    let status = status(obr[25], HL7Tables.reportStatus, number: "0123", at: obr.at(25)) ?? .final
    let frame = Frame(
      patient: patient, visit: visit, source: source, word: word, number: number, status: status, observed: observed)
    var panel = ObservationChange(key: frame.key, patient: patient, code: code, status: status)
    panel.encounter = visit
    panel.number = number
    panel.effectiveAt = observed
    panel.issuedAt = instant(obr.resultsRptStatusChngDateTime, at: obr.at(22))
    panel.section = change(obr[24], at: obr.at(24))
    panel.requester = practitioner(obr.orderingProvider, at: obr.at(16))
    if let interpreter = practitioner(HL7.XCN(obr[32].component(1)), at: obr.at(32, component: 1)) {
      panel.practitioner = .set(interpreter)
    }
    panel.comment = comment(report.notes)
    return [.upsertObservation(panel)] + findings(of: report, frame)
  }

  private mutating func findings(of report: Report, _ frame: Frame) -> [ClinicChange] {
    var changes: [ClinicChange] = []
    var seen: [[String]: Int] = [:]
    for result in report.results {
      let obx = result.first
      // O says how the order is detailed: nothing was observed.
      if text(obx[11], at: obx.at(11))?.uppercased() == "O" { continue }
      guard let what = coded(obx.observationIdentifier, .observation, at: obx.at(3)),
        let word = word(obx.observationIdentifier.element, at: obx.at(3))
      else {
        missing(at: obx.at(3), "what was observed is required")
        continue
      }
      let name = [frame.word, word, text(obx[4], at: obx.at(4)) ?? ""]
      let count = seen[name, default: 0] + 1
      seen[name] = count
      // Two of one name under one OBR: the sender did not tell them apart, their order does.
      let item = name + (count == 1 ? [] : [String(count)])
      if Self.isFile(obx) {
        var document = document(result, what, FactKey(.document, source: frame.source, item: item), of: frame.patient)
        document.take(self.status(obx[11], HL7Tables.resultStatus, number: "0085", at: obx.at(11)) ?? frame.status)
        document.report = frame.key
        document.number = frame.number
        document.encounter = frame.visit
        if document.createdAt.isLeave { document.createdAt = frame.observed }
        changes.append(.upsertDocument(document))
        continue
      }
      var change = ObservationChange(
        key: FactKey(.observation, source: frame.source, item: item), patient: frame.patient, code: what,
        status: self.status(obx[11], HL7Tables.resultStatus, number: "0085", at: obx.at(11)) ?? frame.status)
      change.encounter = frame.visit
      change.report = frame.key
      change.sequence = changes.count + 1
      read(result, observed: frame.observed, into: &change)
      changes.append(.upsertObservation(change))
    }
    return changes
  }

  /// OBR-3 (filler), else OBR-2 (placer), else ORC-3 and ORC-2.
  private mutating func reportNumber(_ report: Report) -> IdentifierValue? {
    let (obr, orc) = (report.obr, report.orc)
    if let filler = identifier(obr.fillerOrderNumber, type: "FILL", at: obr.at(3)) { return filler }
    if let placer = identifier(obr.placerOrderNumber, type: "PLAC", at: obr.at(2)) { return placer }
    guard let orc else { return nil }
    return identifier(orc.fillerOrderNumber, type: "FILL", at: orc.at(3))
      ?? identifier(orc.placerOrderNumber, type: "PLAC", at: orc.at(2))
  }

  private mutating func read(_ result: Result, observed: FieldChange<Instant>, into change: inout ObservationChange) {
    let obx = result.first
    change.effectiveAt = instant(obx.dateTimeOfTheObservation, at: obx.at(14))
    if change.effectiveAt.isLeave { change.effectiveAt = observed }
    change.practitioner = practitioner(obx.responsibleObserver, at: obx.at(16))
    change.value = value(of: result)
    let flags = repetitions(obx.abnormalFlags, at: obx.at(8)).compactMap { number, flag in
      text(flag.element, at: obx.at(8, repetition: number))
    }
    change.interpretation = obx[8].isNull ? .clear : flags.isEmpty ? .leave : .set(flags)
    change.referenceRange = self.change(obx[7], at: obx.at(7)).map { Self.range($0) }
    change.comment = comment(result.notes)
  }

  /// A status by the code map `result-status`, else by the table.
  private mutating func status(
    _ element: HL7Element, _ table: [String: ObservationStatus], number: String, at location: HL7Location
  ) -> ObservationStatus? {
    let status: FieldChange<ObservationStatus> = vocabulary(
      element, .resultStatus, table: table, number: number, at: location)
    return status.initial
  }

  private mutating func comment(_ notes: [HL7.NTE]) -> FieldChange<String> {
    var parts: [String] = []
    for note in notes {
      for (number, text) in repetitions(note.comment, at: note.at(3)) {
        if let line = lines(text.element, at: note.at(3, repetition: number)) { parts.append(line) }
      }
    }
    if parts.isEmpty { return notes.contains { $0[3].isNull } ? .clear : .leave }
    return .set(parts.joined(separator: "\n"))
  }

  /// `3.5-5.1`, `<0.5`, `>=60`; anything else, such as `3,5 - 5,1`, is words alone.
  static func range(_ text: String) -> ReferenceRange {
    var range = ReferenceRange(text: text)
    let bare = text.filter { $0 != " " }
    for (mark, isUpper) in [("<=", true), (">=", false), ("<", true), (">", false)] where bare.hasPrefix(mark) {
      let number = String(bare.dropFirst(mark.count))
      guard isNumber(number) else { return range }
      if isUpper { range.high = number } else { range.low = number }
      return range
    }
    // A minus in front belongs to the number.
    guard let dash = bare.dropFirst().firstIndex(of: "-") else { return range }
    let (low, high) = (String(bare[..<dash]), String(bare[bare.index(after: dash)...]))
    if isNumber(low), isNumber(high) { (range.low, range.high) = (low, high) }
    return range
  }
}
