// Primitives, codes and the data types with rules of their own.
extension ValidationWalk {
  mutating func primitive(_ item: FHIRNode.Item, _ kind: FieldKind, _ rules: FieldRules, of owner: FHIRNode) {
    if let side = item.side {
      element(side)
      if item.value == nil, side.hasNothingButId { report(.error, .invariant, ValidationWalk.emptyElement) }
    }
    guard findings.takeStep(), let value = item.value else { return }
    if kind == .boolean {
      if value.flag == nil { report(.error, .value, "A boolean is true or false") }
      return
    }
    guard let text = owner.text(value), value.flag == nil else {
      return report(.error, .value, PrimitiveSyntax.expectation(kind))
    }
    guard text.read({ PrimitiveSyntax.isValue($0, kind) }) else {
      return report(.error, .value, PrimitiveSyntax.expectation(kind))
    }
    if options.refusesMarkup, kind == .string || kind == .markdown, text.holdsTag {
      report(.error, .value, "The text holds what looks like a tag of HTML")
    }
    if let binding = rules.binding, kind == .code || kind == .uri { check(binding, code: text) }
    if kind == .canonical || kind == .uri || kind == .url {
      if options.refusesExamples, text.isExampleAddress { report(.error, .value, "The address is kept for examples") }
      fragment(text, kind)
      urn(text)
    }
  }

  /// What says that it is a UUID or an OID is one (RFC 4122, RFC 3061), in whichever case. Of an OID it is a warning: the
  /// specification's own examples leave some open, as `urn:oid:TBD`.
  private mutating func urn(_ text: String) {
    guard text.utf8.starts(with: "urn:".utf8) else { return }
    if text.hasPrefix("urn:uuid:"), !text.lowercased().read({ PrimitiveSyntax.isValue($0, .uuid) }) {
      report(.error, .value, "What follows urn:uuid: is no UUID")
    }
    if text.hasPrefix("urn:oid:"), !text.read({ PrimitiveSyntax.isValue($0, .oid) }) {
      report(.warning, .value, "What follows urn:oid: is no OID")
    }
  }

  /// Notes what a canonical or address refers to inside the document.
  private mutating func fragment(_ text: String, _ kind: FieldKind) {
    guard text.utf8.first == UInt8(ascii: "#"), let scope = scopes.last else {
      if kind == .canonical, !text.isAbsoluteURI { report(.warning, .value, "A canonical is absolute or #id") }
      return
    }
    let id = String(text.dropFirst())
    scope.contained.references.insert(id)
    if kind == .canonical, !id.isEmpty, scope.contained.resources[id] == nil {
      report(.error, .notFound, "No contained resource has this id")
    }
  }

  private mutating func check(_ binding: Binding, code: String) {
    if let missing = binding.set.missing, !StandardCodes.refuses(code, of: missing) {
      return noteUnchecked(binding, missing)
    }
    if binding.set.contains(code) { return }
    report(
      binding.isRequired ? .error : .warning, .codeInvalid, "The code is not in the value set \(binding.set.address)")
  }

  /// Holds a CodeableConcept, Coding or Quantity against a value set: one of its codings must be of it.
  mutating func check(_ binding: Binding, on node: FHIRNode) {
    var codings: [FHIRNode] = []
    switch node.typeName {
    case "CodeableConcept": codings = CodeableConcept(node: node).coding.map(\.node)
    case "Coding", "Quantity": codings = [node]
    // Age, Duration and references have no binding of their element's.
    default: return
    }
    if let missing = binding.set.missing { return noteUnchecked(binding, missing) }
    let coded = codings.compactMap { CodePair($0) }
    if coded.contains(where: { binding.set.contains(system: $0.system, $0.code) }) { return }
    if coded.isEmpty {
      guard binding.isRequired, !node.hasExtension else { return }
      return report(.error, .codeInvalid, "A code of the value set \(binding.set.address) is required")
    }
    let reservation = binding.isRequired ? "" : ", which holds unless it has none that fits"
    report(
      binding.isRequired ? .error : .warning, .codeInvalid,
      "No coding is of the value set \(binding.set.address)\(reservation)")
  }

  private mutating func noteUnchecked(_ binding: Binding, _ missing: String) {
    guard options.notesUnchecked else { return }
    report(
      .information, .notSupported,
      "Not checked against \(binding.set.address): that takes a terminology server (\(missing))")
  }

  // MARK: Data types

  mutating func extensionRules(_ found: Extension) {
    let hasValue = !FHIRItem(found, keepsPlaces: false).children(named: "value").isEmpty
    if hasValue == !found.extension.isEmpty {
      report(.error, .invariant, "ext-1: An extension has either a value or extensions inside")
    }
    guard let url = found.url else { return }
    if !url.isAbsoluteURI, !path.isInsideExtension { report(.error, .value, "The url of an extension is absolute") }
    if url.contains("|") { report(.error, .value, "The url of an extension names no version") }
  }

  mutating func coding(_ found: Coding) {
    guard let system = found.system, !system.isAbsoluteURI else { return }
    report(.error, .value, "A Coding's system is an absolute URI")
  }

  mutating func identifier(_ found: Identifier) {
    if let system = found.system, !system.isAbsoluteURI {
      report(.error, .value, "An Identifier's system is an absolute URI")
    }
    if found.system == "urn:ietf:rfc:3986", let value = found.value, !value.isAbsoluteURI {
      report(.error, .value, "With the system urn:ietf:rfc:3986 the value is an absolute URI")
    }
  }

  mutating func attachment(_ found: Attachment) {
    guard let size = found.size, let data = found.data else { return }
    let digits = data.utf8.filter { $0 > 0x20 && $0 != UInt8(ascii: "=") }.count
    if digits * 3 / 4 != size { report(.error, .value, "The size is not that of the data") }
  }

  /// txt-1 and txt-2.
  mutating func narrative(_ found: Narrative) {
    guard let text = found.div else { return }
    if let scope = scopes.last, !scope.contained.items.isEmpty {
      // Images and links may lead to what is contained.
      text.read { XHTMLNarrative.forEachFragment($0) { scope.contained.references.insert($0) } }
    }
    if let problem = text.read(XHTMLNarrative.problem) {
      report(.error, .invariant, "txt-1: \(problem.diagnostics)")
    } else if !text.read(XHTMLNarrative.hasContent) {
      report(.error, .invariant, "txt-2: A narrative has text or an image")
    }
  }
}

/// A code with its system, of a Coding or a Quantity.
struct CodePair {
  let system: String
  let code: String

  init?(_ node: FHIRNode) {
    let item = FHIRItem(node, keepsPlaces: false)
    guard let code = item.children(named: "code").first?.text else { return nil }
    self.code = code
    system = item.children(named: "system").first?.text ?? ""
  }
}

extension FHIRNode {
  /// Whether extensions stand at the element itself, such as a reason why its value is absent.
  var hasExtension: Bool { !FHIRItem(self, keepsPlaces: false).children(named: "extension").isEmpty }
}

extension PrimitiveSyntax {
  /// R4, "Data Types": a string is no longer than a mebibyte.
  private static let maximumStringBytes = 1 << 20

  /// Whether the text is a value of `kind`, a number's as well.
  static func isValue(_ text: UnsafeBufferPointer<UInt8>, _ kind: FieldKind) -> Bool {
    switch kind {
    case .boolean: ["true", "false"].contains(String(decoding: text, as: UTF8.self))
    case .decimal: FHIRDecimal.isNumber(text)
    case .integer, .positiveInt, .unsignedInt: isWhole(text) && isInteger(text, kind)
    case .string, .markdown: text.count <= maximumStringBytes && isValid(text, kind, hasEscapes: false)
    default: isValid(text, kind, hasEscapes: false)
    }
  }

  /// A minus at most, and no zero before other digits.
  private static func isWhole(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text[...]
    guard let first = digits.first else { return false }
    return first != UInt8(ascii: "0") || digits.count == 1
  }
}

extension String {
  /// Whether `<name` or `</name` stands in the text, as HTML's tags begin.
  fileprivate var holdsTag: Bool {
    read { bytes in
      for index in bytes.indices where bytes[index] == UInt8(ascii: "<") {
        let next = bytes.dropFirst(index + 1).first { $0 != UInt8(ascii: "/") } ?? 0
        if (next | 0x20) &- 0x61 < 26 || next == UInt8(ascii: "!") { return true }
      }
      return false
    }
  }
}
