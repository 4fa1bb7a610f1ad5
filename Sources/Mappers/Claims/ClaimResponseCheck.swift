internal import ClinicModel
internal import FHIRModels

/// Holds a ClaimResponse against the claim it answers and collects everything that does not fit.
struct ClaimResponseCheck {
  let response: ClaimResponse
  let path: String
  let claim: ClaimRecord
  private(set) var issues: [MappingError] = []

  init(response: ClaimResponse, path: String, claim: ClaimRecord) {
    self.response = response
    self.path = path
    self.claim = claim
  }

  /// The answer, or nil beside at least one issue.
  mutating func answer(_ reference: ClaimReference) -> ClaimAnswer? {
    checkHead(reference)
    guard let outcome = response.outcome.flatMap({ ClaimOutcome(rawValue: $0.rawValue) }) else {
      report(.invalid, "outcome", "expected queued, complete, error or partial")
      return nil
    }
    var adjustments: [ClaimAdjustment] = []
    let items = readItems(&adjustments)
    let general = readAdjudications(response.adjudication, "adjudication", item: nil, &adjustments)
    let benefit = checkTotals(items, general.paid)
    let payment = readPayment(benefit)
    let errors = response.error.compactMap { Self.code($0.code) }
    guard issues.isEmpty else { return nil }
    return ClaimAnswer(
      claimID: claim.id, outcome: outcome, disposition: response.disposition, preAuthReference: response.preAuthRef,
      benefit: benefit, payment: payment, items: items, adjustments: adjustments, errors: errors,
      status: status(outcome, benefit, payment))
  }

  /// Where the claim stands: money that moved decides first, then what was decided.
  private func status(_ outcome: ClaimOutcome, _ benefit: Amount?, _ payment: ClaimAnswer.Payment?) -> ClaimStatus {
    switch outcome {
    case .queued: return .acknowledged
    case .error: return .denied
    case .complete, .partial:
      if let payment, payment.amount > .zero { return payment.amount >= claim.total ? .paid : .partlyPaid }
      if let benefit { return benefit == .zero && claim.total != .zero && outcome == .complete ? .denied : .accepted }
      return outcome == .complete ? .accepted : .acknowledged
    }
  }

  // MARK: - Parts

  private mutating func checkHead(_ reference: ClaimReference) {
    if let status = response.status, status != "active" {
      report(.state, "status", "found \(status), only an active answer is applied")
    }
    if let use = response.use, use != "claim" {
      report(.unsupported, "use", "found \(use), expected claim")
    }
    let named = [reference.claimID.map { $0 == claim.id }, reference.controlNumber.map { $0 == claim.controlNumber }]
      .compactMap { $0 }
    if named.isEmpty {
      report(.missing, "request", "the answer names no claim: give Claim/<id> or the claim's control number")
    } else if named.contains(false) {
      report(.unknownReference, "request", "the answer is about another claim than \(claim.controlNumber)")
    }
  }

  private mutating func readItems(_ adjustments: inout [ClaimAdjustment]) -> [ClaimAnswer.Item] {
    var items: [ClaimAnswer.Item] = []
    for (index, item) in response.item.enumerated() {
      let place = "item[\(index)]"
      let sequence = item.itemSequence ?? 0
      let claimed = claim.items.first { $0.sequence == sequence }
      if claimed == nil {
        report(.unknownReference, "\(place).itemSequence", "the claim has no line \(sequence)")
      } else if items.contains(where: { $0.sequence == sequence }) {
        report(.invalid, "\(place).itemSequence", "line \(sequence) is answered twice")
      }
      let read = readAdjudications(item.adjudication, "\(place).adjudication", item: sequence, &adjustments)
      if let submitted = read.submitted, let claimed, submitted != claimed.charged {
        report(
          .total, "\(place).adjudication", "submitted is \(submitted), line \(sequence) charged \(claimed.charged)")
      }
      items.append(
        ClaimAnswer.Item(sequence: sequence, allowed: read.allowed, paid: read.paid, reasons: read.reasons))
    }
    return items
  }

  private struct Adjudication {
    var submitted: Amount?
    var allowed: Amount?
    var paid: Amount?
    var reasons: [Code] = []
  }

  /// The amounts by their category. `submitted`, `eligible` and `benefit` are kept apart; the rest are adjustments.
  private mutating func readAdjudications(
    _ list: [ClaimResponse.Item.Adjudication], _ place: String, item: Int?, _ adjustments: inout [ClaimAdjustment]
  ) -> Adjudication {
    var read = Adjudication()
    for (index, entry) in list.enumerated() {
      let here = "\(place)[\(index)]"
      let reason = Self.code(entry.reason)
      if let reason, !read.reasons.contains(reason) { read.reasons.append(reason) }
      guard let money = entry.amount else { continue }
      guard let value = amount(money, "\(here).amount") else { continue }
      guard let category = Self.code(entry.category) else {
        report(.missing, "\(here).category", "an amount has a category with a code")
        continue
      }
      switch category.code {
      case "submitted": set(&read.submitted, value, here)
      case "eligible": set(&read.allowed, value, here)
      case "benefit": set(&read.paid, value, here)
      default:
        var adjustment = ClaimAdjustment(category: category, amount: value)
        adjustment.itemSequence = item
        adjustment.reason = reason
        adjustments.append(adjustment)
      }
    }
    return read
  }

  private mutating func set(_ field: inout Amount?, _ value: Amount, _ place: String) {
    if field != nil { report(.invalid, "\(place).category", "the category stands twice") }
    field = value
  }

  /// What is paid in all: `total` where it is given, which the parts must make up; else the sum of the parts.
  private mutating func checkTotals(_ items: [ClaimAnswer.Item], _ general: Amount?) -> Amount? {
    var parts = items.compactMap(\.paid)
    if let general { parts.append(general) }
    for (index, item) in response.addItem.enumerated() {
      var ignored: [ClaimAdjustment] = []
      let read = readAdjudications(item.adjudication, "addItem[\(index)].adjudication", item: nil, &ignored)
      if let paid = read.paid { parts.append(paid) }
    }
    guard let sum = try? Amount.sum(parts) else {
      report(.total, "item", "the benefits overflow")
      return nil
    }
    var benefit = parts.isEmpty ? nil : sum
    for (index, total) in response.total.enumerated() {
      let place = "total[\(index)].amount"
      guard let money = total.amount, let value = amount(money, place) else { continue }
      switch Self.code(total.category)?.code {
      case "submitted" where value != claim.total:
        report(.total, place, "submitted is \(value), the claim's total is \(claim.total)")
      case "benefit":
        if !parts.isEmpty, value != sum {
          report(.total, place, "the benefit is \(value), the adjudications make \(sum)")
        }
        benefit = value
      default: break
      }
    }
    if let benefit, benefit > claim.total || benefit < .zero {
      report(.total, "total", "a benefit of \(benefit) on a claim of \(claim.total)")
    }
    return benefit
  }

  /// `payment.amount` is the benefit less adjustments that lie outside this claim (R4, ClaimResponse.payment).
  private mutating func readPayment(_ benefit: Amount?) -> ClaimAnswer.Payment? {
    guard let payment = response.payment else { return nil }
    guard let money = payment.amount else {
      report(.missing, "payment.amount", "a payment has an amount")
      return nil
    }
    guard let paid = amount(money, "payment.amount") else { return nil }
    let adjustment = payment.adjustment.flatMap { amount($0, "payment.adjustment") } ?? .zero
    if let benefit, let less = try? benefit.subtracting(adjustment), let more = try? benefit.adding(adjustment),
      paid != less, paid != more
    {
      report(
        .total, "payment.amount",
        "\(paid) is paid where the benefit is \(benefit) and the adjustment \(adjustment)")
    }
    if paid < .zero || paid > claim.total {
      report(.total, "payment.amount", "\(paid) is paid on a claim of \(claim.total)")
    }
    return ClaimAnswer.Payment(
      amount: paid, date: payment.date.flatMap { try? CalendarDate($0.text) }, reference: payment.identifier?.value)
  }

  // MARK: - Values

  /// The amount in the claim's currency; nil beside an issue.
  private mutating func amount(_ money: FHIRModels.Money, _ place: String) -> Amount? {
    guard let value = money.value else {
      report(.missing, "\(place).value", "an amount has a value")
      return nil
    }
    if let currency = money.currency, currency != claim.currency {
      report(.currency, "\(place).currency", "found \(currency), the claim is in \(claim.currency)")
      return nil
    }
    guard let cents = value.minorUnits(scale: 2), cents.magnitude < 100_000_000_000_000 else {
      report(.invalid, "\(place).value", "an amount has at most two decimals and twelve digits before them")
      return nil
    }
    return Amount(cents: cents)
  }

  /// The first coding that has a code, else the text.
  private static func code(_ concept: CodeableConcept?) -> Code? {
    guard let concept else { return nil }
    if let coding = concept.coding.first(where: { $0.code != nil }) {
      return Code(system: coding.system, code: coding.code, display: coding.display ?? concept.text)
    }
    return concept.text.map { Code(code: nil, display: $0) }
  }

  private mutating func report(_ code: MappingError.Code, _ place: String, _ message: String) {
    issues.append(MappingError(code, "\(path).\(place)", message))
  }
}
