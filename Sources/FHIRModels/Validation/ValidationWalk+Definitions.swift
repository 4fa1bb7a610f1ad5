// Resources that define others: what holds between them, and so is no invariant of one element.
extension ValidationWalk {
  mutating func definition(_ node: FHIRNode) {
    switch node.typeName {
    case SearchParameter.typeName: searchParameter(SearchParameter(node: node))
    case CapabilityStatement.typeName: capabilities(CapabilityStatement(node: node))
    case StructureDefinition.typeName: structure(StructureDefinition(node: node))
    case Questionnaire.typeName: questions(Questionnaire(node: node).item, in: Questionnaire.type)
    case QuestionnaireResponse.typeName: answers(QuestionnaireResponse(node: node))
    default: break
    }
  }

  /// Reports from an element inside the one that is open.
  mutating func at(
    _ name: String, _ index: Int? = nil, of type: TypeReference, _ body: (inout ValidationWalk) -> Void
  ) {
    guard let field = PathNames.shared.fields(named: name, of: type) else { return }
    path.push(type.field(field.lowerBound))
    if let index { path.index = index }
    body(&self)
    path.pop()
  }

  /// What a canonical address outside the document leads to, as far as the caller can tell.
  func definition(at canonical: String) -> AnyResource? { options.resolve?(canonical) }

  // MARK: Search

  /// A composite has two parts, and expressions are about the types that the parameter is for.
  private mutating func searchParameter(_ parameter: SearchParameter) {
    if parameter.type == .composite, parameter.component.count < 2 {
      report(.error, .required, "A composite parameter has two components or more")
    }
    let bases = parameter.base.map(\.rawValue)
    if let expression = parameter.expression {
      at("expression", of: SearchParameter.type) { walk in
        walk.check(expression, about: bases)
      }
    }
    guard let address = parameter.derivedFrom,
      let parent = definition(at: address)?.as(SearchParameter.self)
    else { return }
    if let type = parameter.type, parent.type != type {
      report(.error, .structure, "Its type is not that of the parameter it is derived from, \(address)")
    }
    for base in parameter.base where !parent.base.contains(base) {
      report(.error, .structure, "\(base.rawValue) is no base of the parameter it is derived from, \(address)")
    }
  }

  /// An expression that does not compile is wrong; one that finds nothing in resources of the types `bases` is unusual.
  private mutating func check(_ expression: String, about bases: [String]) {
    do throws(FHIRPathError) {
      _ = try FHIRPath(expression)
    } catch {
      return report(.error, .invalid, "The expression does not compile: \(error)")
    }
    for alternative in expression.split(separator: "|") {
      let name = String(alternative.drop { $0 == " " || $0 == "(" }.prefix { $0.isLetter })
      guard Schema.shared.type(named: name)?.isResource == true,
        !bases.contains(where: { FHIRTypeNames.isA(name, $0) })
      else { continue }
      report(.warning, .invalid, "The expression is about \(name), which is none of the bases")
    }
  }

  /// A search parameter has the type that its definition says.
  private mutating func capabilities(_ statement: CapabilityStatement) {
    for (place, rest) in statement.rest.enumerated() {
      at("rest", place, of: CapabilityStatement.type) { walk in
        for (place, resource) in rest.resource.enumerated() {
          walk.at("resource", place, of: CapabilityStatement.Rest.type) { walk in
            for (place, parameter) in resource.searchParam.enumerated() {
              guard let address = parameter.definition, let type = parameter.type,
                let known = walk.definition(at: address)?.as(SearchParameter.self)?.type, known != type
              else { continue }
              walk.at("searchParam", place, of: CapabilityStatement.Rest.Resource.type) {
                $0.report(.error, .structure, "\(address) is of the type \(known.rawValue)")
              }
            }
          }
        }
      }
    }
  }

  // MARK: Profiles

  /// A profile is held against its base: elements that are there, values that the base leaves open.
  private mutating func structure(_ structure: StructureDefinition) {
    guard structure.derivation == .constraint else { return }
    for issue in library.faults(of: structure) { report(.error, .invalid, issue.diagnostics) }
  }

  // MARK: Questions

  /// A condition leads to a question of the questionnaire that is not inside what it governs.
  private mutating func questions(_ items: [Questionnaire.Item], in type: TypeReference) {
    for (place, item) in items.enumerated() {
      at("item", place, of: type) { walk in
        for condition in item.enableWhen {
          if let question = condition.question, item.item.contains(where: { $0.holds(question) }) {
            walk.report(.error, .structure, "A condition leads to a question inside the item that it governs")
          }
        }
        walk.questions(item.item, in: Questionnaire.Item.type)
      }
    }
  }
}

extension Questionnaire.Item {
  /// Whether a question is this one, or inside it.
  func holds(_ question: String) -> Bool { linkId == question || item.contains { $0.holds(question) } }
}
