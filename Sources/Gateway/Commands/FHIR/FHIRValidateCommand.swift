import FHIRModels
import JSON

extension FHIRCommands {
  @Sendable package static func validate(_ context: CommandContext) async throws(CommandFailure) {
    let inputs = FHIRFiles.all(context.arguments.all("file"))
    let profiles = try FHIRProfileFiles(context.arguments.all("profile"))
    for issue in profiles.validator.profileIssues {
      context.output.result(json: ["profileIssue": json(issue)], text: "\(issue.severity.rawValue): \(issue)")
    }
    var (valid, invalid) = (0, 0)
    await inParallel(inputs.files, { inputs.issues(in: $0) { findings(in: $0, profiles) } }) { file, findings in
      if findings.areValid { valid += 1 } else { invalid += 1 }
      if context.output.isJSON {
        let outcome = (try? JSONValue.parse(OperationOutcome(findings: findings).json())) ?? .null
        context.output.result(json: ["file": .string(file), "outcome": outcome], text: "")
      } else if !findings.isEmpty {
        context.output.result(
          json: .null,
          text: findings.map { "\(shown(file)): \($0.severity.rawValue): \($0)" }.joined(separator: "\n"))
      }
    }
    context.output.result(
      json: ["valid": .init(valid), "invalid": .init(invalid)], text: "\(valid) valid, \(invalid) invalid")
    // The lines have said it all.
    if invalid > 0 { throw CommandFailure(inputs.exitCode(failed: invalid), "") }
  }

  private static func findings(in document: [UInt8], _ profiles: FHIRProfileFiles) -> [FHIRIssue] {
    guard let format = FHIRFormat(of: document) else {
      return [FHIRIssue(.fatal, .structure, FHIRFiles.refusal(of: document), offset: 0)]
    }
    do throws(FHIRDecodingError) {
      let resource = try AnyResource.decode(document, as: format).value
      let addresses = profiles.addresses(for: resource.resourceType)
      return profiles.validator.validate(resource, against: addresses).located(in: document, as: format)
    } catch {
      return error.issues
    }
  }
}

/// The profiles that a command line names, ready to validate with.
struct FHIRProfileFiles: Sendable {
  let validator: FHIRValidator
  private let addresses: [String: [String]]

  /// Each file is a StructureDefinition, a ValueSet, another definition that documents name by its url (a Questionnaire, a
  /// SearchParameter), or a Bundle of them.
  init(_ paths: [String]) throws(CommandFailure) {
    var structures: [StructureDefinition] = []
    var sets: [ValueSet] = []
    var named: [String: AnyResource] = [:]
    for path in paths {
      // What a definition itself lacks is its author's matter: it is used as far as it goes.
      let (resource, _) = try FHIRFiles.resource(path, .lenient)
      let all = resource.as(Bundle.self)?.entry.compactMap(\.resource) ?? [resource]
      let addressed = all.compactMap { definition in
        FHIRItem(definition).children(named: "url").first?.text.map { ($0, definition) }
      }
      for (url, definition) in addressed { named[url] = definition }
      structures += all.compactMap { $0.as(StructureDefinition.self) }
      sets += all.compactMap { $0.as(ValueSet.self) }
      guard !addressed.isEmpty else {
        throw CommandFailure(
          .failure,
          "\(path) is a \(resource.resourceType) without url; --profile takes definitions (a StructureDefinition, a "
            + "ValueSet, a Questionnaire) or a Bundle of them")
      }
    }
    var options = ValidationOptions()
    options.resolve = { [named] address in named[String(address.prefix { $0 != "|" })] }
    validator = FHIRValidator(profiles: structures, valueSets: sets, options: options)
    var addresses: [String: [String]] = [:]
    for structure in structures {
      if let type = structure.type, let url = structure.url { addresses[type, default: []].append(url) }
    }
    self.addresses = addresses
  }

  /// The profiles that a resource of this type is held against.
  func addresses(for type: String) -> [String] { addresses[type] ?? [] }
}
