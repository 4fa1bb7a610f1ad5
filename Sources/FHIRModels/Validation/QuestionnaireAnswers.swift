// Answers held against their Questionnaire (R4, "QuestionnaireResponse").
extension ValidationWalk {
  mutating func answers(_ response: QuestionnaireResponse) {
    guard let address = response.questionnaire, let asked = questionnaire(at: address) else { return }
    let isFinished = response.status == .completed || response.status == .amended
    let frame = AnswerFrame(lists: [response.item], isFinished: isFinished)
    answers(response.item, to: asked.item, frame, in: QuestionnaireResponse.type)
  }

  private func questionnaire(at address: String) -> Questionnaire? {
    guard address.hasPrefix("#") else { return definition(at: address)?.as(Questionnaire.self) }
    let found = scopes.last?.contained.resources[String(address.dropFirst())]
    return found.flatMap { AnyResource(node: $0).as(Questionnaire.self) }
  }

  /// Holds the items of one group, or below one answer, against the questions that may stand there.
  private mutating func answers(
    _ items: [QuestionnaireResponse.Item], to questions: [Questionnaire.Item], _ frame: AnswerFrame,
    in type: TypeReference
  ) {
    var counts: [String: Int] = [:]
    for (place, item) in items.enumerated() {
      guard findings.takeStep(), let link = item.linkId else { return }
      counts[link, default: 0] += 1
      at("item", place, of: type) { walk in
        guard let question = questions.first(where: { $0.linkId == link }) else {
          return walk.report(.error, .structure, "The questionnaire has no item \(link) here")
        }
        walk.answer(item, to: question, frame)
      }
    }
    for question in questions {
      guard let link = question.linkId else { continue }
      let count = counts[link] ?? 0
      if count > 1, question.type != .group || question.repeats != true {
        report(.error, .structure, "The item \(link) stands \(count) times, and may once")
      }
      if count == 0, question.required == true, frame.isFinished, frame.isEnabled(question) {
        report(.error, .required, "The item \(link) must be answered")
      }
    }
  }

  private mutating func answer(
    _ item: QuestionnaireResponse.Item, to question: Questionnaire.Item, _ frame: AnswerFrame
  ) {
    let isEnabled = frame.isEnabled(question)
    if !isEnabled, item.hasAnswers {
      report(.error, .structure, "The item is answered, and its conditions do not hold")
    }
    if question.type == .group || question.type == .display {
      if !item.answer.isEmpty { report(.error, .structure, "A \(question.type?.rawValue ?? "") has no answer") }
      return answers(item.item, to: question.item, frame.inside(item.item), in: QuestionnaireResponse.Item.type)
    }
    if !item.item.isEmpty { report(.error, .structure, "Items below a question stand in its answer") }
    if item.answer.count > 1, question.repeats != true {
      report(.error, .structure, "The question takes one answer; there are \(item.answer.count)")
    }
    if item.answer.isEmpty, question.required == true, frame.isFinished, isEnabled {
      report(.error, .required, "The question must be answered")
    }
    for (place, answer) in item.answer.enumerated() {
      at("answer", place, of: QuestionnaireResponse.Item.type) { walk in
        walk.value(answer, of: question)
        walk.answers(
          answer.item, to: question.item, frame.inside(answer.item), in: QuestionnaireResponse.Item.Answer.type)
      }
    }
  }

  /// The type of an answer, its length, and whether it is one of those offered.
  private mutating func value(_ answer: QuestionnaireResponse.Item.Answer, of question: Questionnaire.Item) {
    guard let value = answer.valueItem else { return }
    if let allowed = question.answerTypes, !allowed.contains(value.typeName) {
      let types = allowed.sorted().joined(separator: " or ")
      return report(.error, .structure, "The answer is a \(value.typeName) where \(types) is asked for")
    }
    if let most = question.maxLength, let text = value.text, text.unicodeScalars.count > most {
      report(.error, .tooLong, "The answer is longer than \(most) characters")
    }
    let isFree = question.type == .openChoice && value.typeName == "string"
    let offered = question.answerOption.compactMap(\.valueItem)
    if !isFree, !offered.isEmpty, !offered.contains(where: { AnswerFrame.isSame(value, $0) }) {
      report(.error, .codeInvalid, "The answer is none of those that the question offers")
    }
  }
}

/// What the conditions of questions see: the items around them, the nearest first.
struct AnswerFrame {
  let lists: [[QuestionnaireResponse.Item]]
  /// Whether what must be answered is missed.
  let isFinished: Bool

  func inside(_ items: [QuestionnaireResponse.Item]) -> AnswerFrame {
    AnswerFrame(lists: [items] + lists, isFinished: isFinished)
  }

  /// Whether the conditions of a question hold (R4, "Questionnaire.item.enableWhen").
  func isEnabled(_ question: Questionnaire.Item) -> Bool {
    if question.enableWhen.isEmpty { return true }
    return question.enableBehavior == .any
      ? question.enableWhen.contains(where: holds) : question.enableWhen.allSatisfy(holds)
  }

  private func holds(_ condition: Questionnaire.Item.EnableWhen) -> Bool {
    guard let link = condition.question, let wanted = condition.answerItem, let comparison = condition.operator else {
      return true
    }
    // Where a question is repeated the nearest occurrence is meant.
    let nearest = lists.lazy.map { $0.flatMap { $0.answers(to: link) } }.first { !$0.isEmpty } ?? []
    let values = nearest.compactMap(\.valueItem)
    switch comparison {
    case .exists: return values.isEmpty != (wanted.bool ?? true)
    case .equal: return values.contains { AnswerFrame.isSame($0, wanted) }
    case .notEqual: return values.contains { !AnswerFrame.isSame($0, wanted) }
    default: return values.contains { AnswerFrame.compare($0, comparison.rawValue, wanted) }
    }
  }

  /// Whether two answers are the same: of codings their codes, of others FHIRPath's equality.
  static func isSame(_ value: FHIRItem, _ other: FHIRItem) -> Bool {
    guard let coding = value.as(Coding.self), let wanted = other.as(Coding.self) else {
      return compare(value, "=", other)
    }
    return coding.code == wanted.code && (wanted.system == nil || coding.system == wanted.system)
  }

  private static let comparisons = ["=", "<", ">", "<=", ">="].reduce(into: [String: FHIRPath]()) { known, sign in
    known[sign] = try? FHIRPath("$this \(sign) %other")
  }

  private static func compare(_ value: FHIRItem, _ sign: String, _ other: FHIRItem) -> Bool {
    var context = FHIRPathContext()
    context.variables["other"] = [FHIRPathValue(other)]
    return ((try? comparisons[sign]?.isTrue(on: value, in: context)) ?? nil) ?? false
  }
}

extension Questionnaire.Item {
  /// The types that answers may have; nil for any.
  fileprivate var answerTypes: Set<String>? {
    switch type {
    case .some(.text), .some(.string): ["string"]
    case .some(.url): ["uri"]
    case .some(.choice): offeredTypes
    case .some(.openChoice): offeredTypes.union(["string"])
    case .some(.attachment): ["Attachment"]
    case .some(.reference): ["Reference"]
    case .some(.quantity): ["Quantity"]
    case .some(.boolean), .some(.decimal), .some(.integer), .some(.date), .some(.dateTime), .some(.time):
      [type?.rawValue ?? ""]
    default: nil
    }
  }

  private var offeredTypes: Set<String> {
    let types = answerOption.compactMap { $0.valueItem?.typeName }
    return types.isEmpty ? ["Coding"] : Set(types)
  }
}

extension QuestionnaireResponse.Item {
  fileprivate var hasAnswers: Bool {
    !answer.isEmpty || item.contains(where: \.hasAnswers)
  }

  /// The answers to a question here and below.
  fileprivate func answers(to link: String) -> [QuestionnaireResponse.Item.Answer] {
    if linkId == link { return answer }
    return item.flatMap { $0.answers(to: link) } + answer.flatMap(\.item).flatMap { $0.answers(to: link) }
  }
}

extension FHIRElement {
  fileprivate var valueItem: FHIRItem? { FHIRItem(self, keepsPlaces: false).children(named: "value").first }
  fileprivate var answerItem: FHIRItem? { FHIRItem(self, keepsPlaces: false).children(named: "answer").first }
}
