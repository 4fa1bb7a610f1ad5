// What a profile says of values: fixed and pattern values, ranges, lengths, bindings.
extension ProfileWalk {
  mutating func values(of item: FHIRItem, _ element: ProfileElement) {
    if let fixed = element.fixed, item != fixed {
      report(item, .error, .value, "The value is fixed by the profile, and this is another")
    }
    if let pattern = element.pattern, !PatternMatch.holds(item, pattern) {
      report(item, .error, .value, "The value does not hold the profile's pattern")
    }
    if let least = element.minValue, isTrue(ProfileWalk.isBelow, item, least) {
      report(item, .error, .value, "The value is below the least that the profile allows")
    }
    if let most = element.maxValue, isTrue(ProfileWalk.isAbove, item, most) {
      report(item, .error, .value, "The value is above the most that the profile allows")
    }
    if let length = element.minLength, let text = item.text, text.unicodeScalars.count < length {
      report(item, .error, .value, "The text is shorter than \(length) characters")
    }
    if let length = element.maxLength, let text = item.text, text.unicodeScalars.count > length {
      report(item, .error, .tooLong, "The text is longer than \(length) characters")
    }
    if item.isPrimitive, item.text == nil { absence(of: item, element) }
  }

  /// What a profile says where a primitive has extensions alone.
  private mutating func absence(of item: FHIRItem, _ element: ProfileElement) {
    if element.mustHaveValue {
      report(item, .error, .required, "The profile wants a value here, not extensions alone")
    }
    let alternatives = element.valueAlternatives
    if !alternatives.isEmpty, !item.extensions.contains(where: { alternatives.contains($0.url ?? "") }) {
      report(
        item, .error, .required,
        "Without a value one of these extensions must stand here: \(alternatives.joined(separator: ", "))")
    }
  }

  // FHIRPath's order knows numbers, dates of differing precision, and quantities of differing units.
  private static let isBelow = try? FHIRPath("$this < %bound")
  private static let isAbove = try? FHIRPath("$this > %bound")

  /// Values without an order are neither below nor above.
  private func isTrue(_ comparison: FHIRPath?, _ item: FHIRItem, _ bound: FHIRItem) -> Bool {
    var context = FHIRPathContext()
    context.variables["bound"] = [FHIRPathValue(bound)]
    return ((try? comparison?.isTrue(on: item, in: context)) ?? nil) ?? false
  }

  mutating func check(_ binding: Binding, _ item: FHIRItem) {
    guard binding.set.missing == nil else {
      if options.notesUnchecked {
        report(
          item, .information, .notSupported,
          "Not checked against \(binding.set.address): that takes a terminology server")
      }
      return
    }
    let severity: IssueSeverity = binding.isRequired ? .error : .warning
    if item.isPrimitive {
      if let text = item.text, !binding.set.contains(text) {
        report(item, severity, .codeInvalid, "The code is not in the value set \(binding.set.address)")
      }
      return
    }
    guard let node = item.node, ["CodeableConcept", "Coding", "Quantity"].contains(item.typeName) else { return }
    if PatternMatch.isCoded(node, in: binding.set) { return }
    let hasCode = item.typeName != "CodeableConcept" || !item.children(named: "coding").isEmpty
    if !hasCode, !binding.isRequired { return }
    report(item, severity, .codeInvalid, "No coding is of the value set \(binding.set.address)")
  }
}

/// Whether an item holds at least what a pattern says (R4, "ElementDefinition.pattern[x]").
enum PatternMatch {
  static func holds(_ item: FHIRItem, _ pattern: FHIRItem) -> Bool {
    if pattern.isPrimitive {
      guard item.isPrimitive, item.text == pattern.text else { return false }
      return pattern.children.allSatisfy { wanted in item.children.contains { holds($0, wanted) } }
    }
    // Each list item of the pattern must be met by some item; what the pattern leaves out may be anything.
    return pattern.children.allSatisfy { wanted in
      guard let name = wanted.field?.elementName else { return false }
      return item.children(named: name).contains { $0.typeName == wanted.typeName && holds($0, wanted) }
    }
  }

  static func isCoded(_ node: FHIRNode, in set: CodeSet) -> Bool {
    let codings = node.typeName == "CodeableConcept" ? CodeableConcept(node: node).coding.map(\.node) : [node]
    return codings.contains { CodePair($0).map { set.contains(system: $0.system, $0.code) } ?? false }
  }
}
