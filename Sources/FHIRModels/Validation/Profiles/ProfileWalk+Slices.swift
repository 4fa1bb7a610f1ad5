// Slicing: which slice an item is of, and what each slice then says (R4, "Profiling", section 5.1.0.14).
extension ProfileWalk {
  /// Deals the items of a sliced element to its slices and holds them against those.
  mutating func slices(_ items: [FHIRItem], _ element: ProfileElement, in parent: FHIRItem) {
    guard let slicing = slicing(of: element), isKnown(slicing, element) else {
      report(
        (parent.path ?? parent.typeName) + "." + element.name, .information, .notSupported,
        "Nothing here tells the slices apart: they are not checked")
      return
    }
    var dealt: [[FHIRItem]] = Array(repeating: [], count: element.slices.count)
    var lastSlice = -1
    var sawUnsliced = false
    for item in items {
      guard findings.takeStep() else { return }
      guard let place = element.slices.indices.first(where: { matches(item, element.slices[$0], slicing) }) else {
        sawUnsliced = true
        if slicing.rules == .closed {
          report(item, .error, .structure, "This item is of no slice of \(element.name), and the slicing is closed")
        }
        continue
      }
      dealt[place].append(item)
      if slicing.isOrdered, place < lastSlice {
        report(item, .error, .structure, "The slices of \(element.name) stand in another order than the profile's")
      }
      if slicing.rules == .openAtEnd, sawUnsliced {
        report(item, .error, .structure, "Items of no slice of \(element.name) stand only at the end")
      }
      lastSlice = max(lastSlice, place)
    }
    for (slice, mine) in zip(element.slices, dealt) {
      count(mine.count, slice, in: parent)
      for item in mine { check(item, slice) }
      if !slice.slices.isEmpty { slices(mine, slice, in: parent) }
    }
  }

  /// How the slices differ: as the profile says, or as FHIR says of extensions and choices where it is silent.
  private func slicing(of element: ProfileElement) -> ProfileElement.Slicing? {
    if let slicing = element.slicing {
      if !slicing.discriminators.isEmpty { return slicing }
      return element.slices.allSatisfy(\.isToldByType) ? .byType(slicing) : nil
    }
    if element.name == "extension" || element.name == "modifierExtension" { return .byAddress }
    return element.slices.allSatisfy(\.isToldByType) ? .byType(nil) : nil
  }

  /// Whether the profiles that tell slices apart were given.
  private func isKnown(_ slicing: ProfileElement.Slicing, _ element: ProfileElement) -> Bool {
    slicing.discriminators.filter { $0.kind == .profile }.allSatisfy { discriminator in
      var elements = element.slices
      for step in discriminator.path where step != .resolve { elements = elements.flatMap { below($0, step) } }
      let uses = elements.flatMap(\.types)
      let profiles = uses.flatMap { discriminator.path.last == .resolve ? $0.targetProfiles : $0.profiles }
      return profiles.allSatisfy { library.profile($0) != nil || ProfileLibrary.baseType($0) != nil }
    }
  }

  private mutating func matches(
    _ item: FHIRItem, _ slice: ProfileElement, _ slicing: ProfileElement.Slicing
  ) -> Bool {
    for discriminator in slicing.discriminators {
      let isMatch =
        switch discriminator.kind {
        case .value: isValue(item, slice, discriminator.path[...])
        case .exists: exists(item, slice, discriminator.path)
        case .type: isType(item, slice, discriminator.path)
        case .profile: isOfProfile(item, slice, discriminator.path)
        }
      if !isMatch { return false }
    }
    return true
  }

  // MARK: Values

  /// Whether what stands at `path` is what the slice fixes there.
  private mutating func isValue(
    _ item: FHIRItem, _ element: ProfileElement, _ path: ArraySlice<ProfileElement.Discriminator.Step>
  ) -> Bool {
    guard findings.takeStep() else { return false }
    if let wanted = element.fixed ?? element.pattern {
      if path.isEmpty { return element.fixed != nil ? item == wanted : PatternMatch.holds(item, wanted) }
      // A pattern further up tells what stands below it.
      let values = follow(path, from: [wanted])
      if !values.isEmpty {
        let found = follow(path, from: [item])
        return values.allSatisfy { value in found.contains { PatternMatch.holds($0, value) } }
      }
    }
    guard let step = path.first else { return isTold(item, element) }
    if step == .child("url"), item.typeName == "Extension", element.child("url")?.fixed == nil {
      return item.as(Extension.self)?.url.map { $0 == element.extensionAddress(library) } ?? false
    }
    let items = follow(path.prefix(1), from: [item])
    let below = self.below(element, step)
    // A slice that says nothing there is not told by it; one that forbids it is told by its absence.
    if below.isEmpty { return true }
    if below.contains(where: { $0.max == 0 }) { return items.isEmpty }
    return items.contains { found in below.contains { isValue(found, $0, path.dropFirst()) } }
  }

  /// At the end of a path without a value: a binding, or what is fixed of the parts.
  private mutating func isTold(_ item: FHIRItem, _ element: ProfileElement) -> Bool {
    if let binding = element.binding, binding.set.missing == nil {
      if item.isPrimitive { return item.text.map { binding.set.contains($0) } ?? false }
      return item.node.map { PatternMatch.isCoded($0, in: binding.set) } ?? false
    }
    let telling = element.children.filter(\.isTelling)
    guard !telling.isEmpty else { return false }
    for child in telling {
      let items = item.children(named: child.name)
      if items.isEmpty, child.min ?? 0 == 0, child.fixed == nil, child.pattern == nil { continue }
      guard items.contains(where: { isValue($0, child, []) }) else { return false }
    }
    return true
  }

  /// What a slice says of the elements that a step leads to: in its own tree, or in that of its type's profile.
  private func below(_ element: ProfileElement, _ step: ProfileElement.Discriminator.Step) -> [ProfileElement] {
    switch step {
    case .child(let name):
      if let child = element.child(name) { return [child] + child.slices }
      return element.types.flatMap(\.profiles).compactMap { library.profile($0)?.root.child(name) }
    case .extension(let address):
      guard let extensions = element.child("extension") else { return [] }
      return extensions.allSlices.filter { $0.extensionAddress(library) == address }
    case .ofType(let name):
      return element.slices.filter { $0.types.contains { $0.code == name } } + [element]
    case .resolve:
      return element.types.flatMap(\.targetProfiles).compactMap { library.profile($0)?.root }
    }
  }

  // MARK: Existence, type, profile

  private func exists(
    _ item: FHIRItem, _ slice: ProfileElement, _ path: [ProfileElement.Discriminator.Step]
  ) -> Bool {
    let isThere = !follow(path[...], from: [item]).isEmpty
    var elements = [slice]
    for step in path { elements = elements.flatMap { below($0, step) } }
    if elements.contains(where: { $0.max == 0 }) { return !isThere }
    return elements.contains { $0.min ?? 0 > 0 } ? isThere : false
  }

  private func isType(
    _ item: FHIRItem, _ slice: ProfileElement, _ path: [ProfileElement.Discriminator.Step]
  ) -> Bool {
    var elements = [slice]
    var names: [String] = []
    for (place, step) in path.enumerated() {
      if step == .resolve, place == path.count - 1 {
        // The type of what is referred to can be told by the reference's text.
        let wanted = elements.flatMap(\.types).flatMap(\.targetProfiles)
        names = wanted.compactMap { ProfileLibrary.baseType($0) ?? library.profile($0)?.typeName }
        let references = follow(path.dropLast(), from: [item]).compactMap { $0.as(Reference.self) }
        return references.contains { reference in
          targetType(of: reference).map { type in names.contains { FHIRTypeNames.isA(type, $0) } } ?? false
        }
      }
      elements = elements.flatMap { below($0, step) }
    }
    names = elements.flatMap(\.types).map(\.code)
    return follow(path[...], from: [item]).contains { found in names.contains { FHIRTypeNames.isA(found.typeName, $0) }
    }
  }

  private mutating func isOfProfile(
    _ item: FHIRItem, _ slice: ProfileElement, _ path: [ProfileElement.Discriminator.Step]
  ) -> Bool {
    var elements = [slice]
    for step in path where step != .resolve { elements = elements.flatMap { below($0, step) } }
    let uses = elements.flatMap(\.types)
    let profiles = path.last == .resolve ? uses.flatMap(\.targetProfiles) : uses.flatMap(\.profiles)
    for found in follow(path[...], from: [item]) {
      for profile in profiles {
        if let type = ProfileLibrary.baseType(profile) {
          if FHIRTypeNames.isA(found.typeName, type) { return true }
        } else if library.profile(profile) != nil, conforms(found, to: profile) {
          return true
        }
      }
    }
    return false
  }

  /// The items that a path leads to.
  private func follow(
    _ path: ArraySlice<ProfileElement.Discriminator.Step>, from items: [FHIRItem]
  ) -> [FHIRItem] {
    path.reduce(items) { items, step in
      items.flatMap { item -> [FHIRItem] in
        switch step {
        case .child(let name): return item.children(named: name)
        case .extension(let address):
          return item.children(named: "extension").filter { $0.as(Extension.self)?.url == address }
        case .ofType(let name): return item.typeName == name ? [item] : []
        case .resolve:
          let resource = item.as(Reference.self).flatMap { target(of: $0) }
          return resource.map { [FHIRItem($0, keepsPlaces: true)] } ?? []
        }
      }
    }
  }
}

extension ProfileElement.Slicing {
  /// Extensions differ by their url unless a profile says otherwise.
  static let byAddress = Self(
    discriminators: [.init(kind: .value, path: [.child("url")])], isOrdered: false, rules: .open)

  static func byType(_ stated: Self?) -> Self {
    Self(
      discriminators: [.init(kind: .type, path: [])], isOrdered: stated?.isOrdered ?? false,
      rules: stated?.rules ?? .open)
  }
}

extension ProfileElement {
  /// Whether a slice of a choice: its type alone tells it from others.
  var isToldByType: Bool {
    sliceName.map { name in name.hasPrefix(self.name) && name.count > self.name.count && !types.isEmpty } ?? false
  }

  /// Whether an item can be told by this element or what is below.
  var isTelling: Bool { fixed != nil || pattern != nil || binding != nil || children.contains(where: \.isTelling) }

  /// The url that an extension of this element has.
  func extensionAddress(_ library: ProfileLibrary) -> String? {
    if let fixed = child("url")?.fixed?.text { return fixed }
    guard let profile = types.first(where: { !$0.profiles.isEmpty })?.profiles.first else { return nil }
    return library.profile(profile)?.root.child("url")?.fixed?.text ?? String(profile.prefix { $0 != "|" })
  }
}
