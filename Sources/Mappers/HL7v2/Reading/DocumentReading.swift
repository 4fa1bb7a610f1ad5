import ClinicModel
import HL7Parser

/// MDM: TXA with the OBX that carry the document; and files among results.
extension HL7Reading {
  mutating func documents(
    _ message: HL7Message, _ rule: EventMapping.DocumentRule, moment: Instant?
  ) -> [ClinicChange] {
    guard let (_, patient) = requiredPatient(message) else { return [] }
    guard let txa = message.TXA else {
      missing(at: HL7Location("TXA"), "the event is about a document: TXA is required")
      return []
    }
    guard let number = identifier(txa.uniqueDocumentNumber, type: "DOC", at: txa.at(12)) else {
      missing(at: txa.at(12), "the document must be named: TXA-12")
      return []
    }
    var change = DocumentChange(key: key(number), patient: patient)
    change.number = number
    change.encounter = visitReference(message)
    read(txa, rule, moment: moment, into: &change)
    readParent(of: txa, number, rule, into: &change)
    if rule.kind == .cancel {
      change.status = .enteredInError
      change.mustExist = true
      return ([change] + parts(of: change, from: 2, .enteredInError)).map { .upsertDocument($0) }
    }
    var changes = contents(of: message, rule, change)
    if changes[0].content != nil { changes += parts(of: change, from: changes.count + 1, .superseded) }
    if let replaced = change.replaces {
      var parent = DocumentChange(key: replaced, patient: patient)
      parent.status = .superseded
      parent.onlyWhereKnown = true
      changes += [parent] + parts(of: parent, from: 2, .superseded)
    }
    return changes.map { .upsertDocument($0) }
  }

  /// The document of a number; `item` is empty for its first file.
  private func key(_ number: IdentifierValue) -> FactKey {
    FactKey(.document, source: [profile.partner, "document", number.system, number.value], item: [])
  }

  /// The further files that a document may have had: it has them no more.
  private func parts(of change: DocumentChange, from first: Int, _ status: DocumentStatus) -> [DocumentChange] {
    (first..<max(first, Self.files + 1)).map { number in
      var part = DocumentChange(key: change.key, patient: change.patient)
      part.key.item = [String(number)]
      part.status = status
      part.onlyWhereKnown = true
      return part
    }
  }

  private mutating func read(
    _ txa: HL7.TXA, _ rule: EventMapping.DocumentRule, moment: Instant?, into change: inout DocumentChange
  ) {
    change.type = code(HL7.CWE(txa[2]), .documentType, system: HL7Tables.uri("0270"), at: txa.at(2))
    change.title = self.change(txa[25], at: txa.at(25))
    if change.title.isLeave, let display = change.type.initial?.display { change.title = .fill(display) }
    for (field, time) in [(6, txa.originationDateTime), (4, txa.activityDateTime), (7, txa.transcriptionDateTime)]
    where change.createdAt.isLeave {
      change.createdAt = instant(time, at: txa.at(field))
    }
    if change.createdAt.isLeave { change.createdAt = moment.map { .fill($0) } ?? .leave }
    for (field, people) in [(9, txa.originatorCodeName), (5, txa.primaryActivityProviderCodeName)]
    where change.practitioner.isLeave {
      change.practitioner = practitioner(people, at: txa.at(field))
    }
    if let word = text(txa[17], at: txa.at(17))?.uppercased() {
      if let stage = HL7Tables.documentStage[word] {
        change.stage = .set(stage)
      } else {
        warn(.tableValueNotFound, at: txa.at(17), "not a code of table 0271; left out")
      }
    }
    if rule.kind == .edit, case .set(.final) = change.stage { change.stage = .set(.amended) }
    // Deleted, obsolete and unavailable documents are not to be used any more.
    switch text(txa[19], at: txa.at(19))?.uppercased() {
    case "CA", "UN": change.status = .enteredInError
    case "OB": change.status = .superseded
    default: break
    }
  }

  /// TXA-13.
  private mutating func readParent(
    of txa: HL7.TXA, _ number: IdentifierValue, _ rule: EventMapping.DocumentRule, into change: inout DocumentChange
  ) {
    guard rule.kind == .addendum || rule.kind == .replacement else { return }
    guard let parent = identifier(txa.parentDocumentNumber, type: "DOC", at: txa.at(13)) else {
      missing(at: txa.at(13), "the document that this one adds to or replaces must be named: TXA-13")
      return
    }
    guard !parent.matches(number) else {
      refuse(.duplicateKeyIdentifier, at: txa.at(13), "TXA-13 names the document of TXA-12 itself")
      return
    }
    if rule.kind == .addendum { change.appends = key(parent) } else { change.replaces = key(parent) }
  }

  /// The document with its text, or one for each file; only what TXA says where there is no content.
  private mutating func contents(
    of message: HL7Message, _ rule: EventMapping.DocumentRule, _ change: DocumentChange
  ) -> [DocumentChange] {
    let segments = message.all(HL7.OBX.self)
    guard segments.count <= Self.results else {
      refuse(.valueTooLong, at: HL7Location("OBX", occurrence: Self.results + 1), "more than \(Self.results) OBX")
      return []
    }
    var parts: [(content: DocumentContent, type: String)] = []
    if let text = text(of: segments.filter { !Self.isFile($0) }) { parts.append((.text(text), "text/plain")) }
    for obx in segments where Self.isFile(obx) {
      if let file = file(obx) { parts.append(file) }
    }
    if parts.isEmpty, rule.hasContent, errors.isEmpty {
      missing(at: HL7Location("OBX"), "the event brings a document: an OBX with its content is required")
    }
    guard !parts.isEmpty else { return [change] }
    if parts.count > Self.files {
      refuse(
        .valueTooLong, at: HL7Location("OBX", occurrence: Self.files + 1),
        "more than \(Self.files) files of one document")
    }
    return parts.enumerated().map { place, part in
      var document = change
      (document.content, document.contentType) = part
      if place > 0 { document.key.item = [String(place + 1)] }
      return document
    }
  }

  private mutating func text(of segments: [HL7.OBX]) -> String? {
    var parts: [String] = []
    var bytes = 0
    for obx in segments {
      var number = 0
      for element in obx.observationValue {
        number += 1
        let line = lines(element, at: obx.at(5, repetition: number)) ?? ""
        bytes += line.utf8.count
        if bytes <= Self.reportBytes { parts.append(line) }
      }
      // A line without words parts paragraphs.
      if number == 0 { parts.append("") }
    }
    if bytes > Self.reportBytes {
      refuse(.valueTooLong, at: segments[0].at(5), "a text longer than \(Self.reportBytes) bytes")
    }
    let text = parts.joined(separator: "\n")
    return text.allSatisfy(\.isWhitespace) ? nil : text
  }

  // MARK: Files

  /// ED: source, type, subtype, encoding, data. RP: a pointer, an application, a type, a subtype.
  private mutating func file(_ obx: HL7.OBX) -> (content: DocumentContent, type: String)? {
    let element = obx[5].repetition(1)
    if obx.valueType == "RP" {
      guard let pointer = text(element.component(1), at: obx.at(5, component: 1)) else {
        missing(at: obx.at(5, component: 1), "where the document lies is required")
        return nil
      }
      let subtype = text(element.component(4), at: obx.at(5, component: 4))
      return (.pointer(pointer), Self.mediaType(text(element.component(3), at: obx.at(5, component: 3)), subtype))
    }
    let place = obx.at(5, component: 5)
    let data = element.component(5)
    guard data.hasValue else {
      warn(.requiredFieldMissing, at: place, "no bytes; only that there is a document is kept")
      return nil
    }
    let type = Self.mediaType(
      text(element.component(2), at: obx.at(5, component: 2)), text(element.component(3), at: obx.at(5, component: 3)))
    switch text(element.component(4), at: obx.at(5, component: 4))?.lowercased() {
    case "base64": return (.base64(Self.digits(data), at: place), type)
    case "hex": return (.hexadecimal(Self.digits(data), at: place), type)
    case "a", nil: return lines(data, at: place).map { (.text($0), type) }
    default:
      refuse(.tableValueNotFound, at: obx.at(5, component: 4), "not a code of table 0299: A, Hex or Base64")
      return nil
    }
  }

  /// The letters of an encoding. Some senders break its lines, which only escapes can write.
  private static func digits(_ data: HL7Element) -> ArraySlice<UInt8> {
    let isBare = data.bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }
    if isBare { return data.bytes }
    return ArraySlice((data.plainText ?? "").utf8.filter { $0 > 0x20 })
  }

  private static func mediaType(_ type: String?, _ subtype: String?) -> String {
    let words = [subtype, type].compactMap { $0?.lowercased() }
    if let known = words.lazy.compactMap({ HL7Tables.mediaTypes[$0] }).first { return known }
    // Some write the whole media type.
    if let whole = words.first(where: { $0.contains("/") && !$0.contains(" ") }) { return whole }
    return type?.uppercased() == "TEXT" || type?.uppercased() == "TX" ? "text/plain" : "application/octet-stream"
  }

  /// A file among results: its number, visit and report are the caller's to say.
  mutating func document(_ result: Result, _ what: Code, _ key: FactKey, of patient: PatientKey) -> DocumentChange {
    let obx = result.first
    var change = DocumentChange(key: key, patient: patient)
    change.type = .set(what)
    change.title = what.display.map { .set($0) } ?? .leave
    change.createdAt = instant(obx.dateTimeOfTheObservation, at: obx.at(14))
    change.practitioner = practitioner(obx.responsibleObserver, at: obx.at(16))
    if obx[5].hasValue, let file = file(obx) { (change.content, change.contentType) = file }
    return change
  }
}

extension DocumentChange {
  /// What the status of a result says of the file that came with it.
  mutating func take(_ result: ObservationStatus) {
    switch result {
    case .enteredInError, .cancelled: status = .enteredInError
    case .corrected, .amended: stage = .set(.amended)
    case .final: stage = .set(.final)
    case .registered, .preliminary, .unknown: stage = .set(.preliminary)
    }
  }
}
