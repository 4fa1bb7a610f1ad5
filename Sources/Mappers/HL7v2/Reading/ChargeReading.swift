import ClinicModel
import HL7Parser

/// DFT^P03 and P11: accounts, and what is charged to them and paid.
extension HL7Reading {
  /// PID-18, else the visit number; refused where neither is sent.
  mutating func accountOfMessage(_ message: HL7Message) -> IdentifierValue? {
    if let number = message.PID.flatMap({ accountNumber($0) }) { return number }
    if let pv1 = message.PV1, let visit = visitNumber(pv1) { return visit }
    missing(at: HL7Location("PID", field: 18), "the account is required: PID-18, or the visit PV1-19")
    return nil
  }

  /// Table 0017. A co-payment (CO) is a payment.
  enum TransactionType: String {
    case charge = "CG"
    case credit = "CD"
    case adjustment = "AJ"
    case payment = "PY"

    static let table: [String: TransactionType] = [
      "CG": .charge, "C": .charge, "CD": .credit, "AJ": .adjustment, "PY": .payment, "CO": .payment,
    ]
  }

  /// The account, then a line or a payment for each FT1.
  mutating func charges(_ message: HL7Message) -> [ClinicChange] {
    guard let (_, patient) = requiredPatient(message), let number = accountOfMessage(message) else { return [] }
    var account = AccountChange(number: number, patient: patient)
    account.encounter = visitReference(message)
    account.onlyWhereNew = true
    let segments = message.all(HL7.FT1.self)
    if segments.isEmpty { missing(at: HL7Location("FT1"), "a transaction is required: FT1") }
    guard segments.count <= Self.charges else {
      refuse(
        .valueTooLong, at: HL7Location("FT1", occurrence: Self.charges + 1), "more than \(Self.charges) transactions")
      return []
    }
    var changes: [ClinicChange] = []
    var seen: Set<FactKey> = []
    for ft1 in segments {
      guard let type = transactionType(ft1) else { continue }
      let key: FactKey
      if type == .payment {
        guard let payment = payment(ft1, account: account, in: message) else { continue }
        key = payment.key
        changes.append(.upsertPayment(payment))
      } else {
        guard let charge = charge(ft1, type, account: account) else { continue }
        key = charge.key
        changes.append(.upsertCharge(charge))
      }
      if !seen.insert(key).inserted {
        refuse(.duplicateKeyIdentifier, at: ft1.at(2), "another transaction of this message has the same name")
      }
    }
    // Nobody pays what was never charged: it is the number that is wrong.
    account.mustExist = changes.allSatisfy { if case .upsertPayment = $0 { true } else { false } }
    return [.upsertAccount(account)] + changes + history(message, of: patient, visit: account.encounter)
  }

  private mutating func charge(
    _ ft1: HL7.FT1, _ type: TransactionType, account: AccountChange
  ) -> ChargeChange? {
    var found = coded(HL7.CWE(ft1[25]), .charge, at: ft1.at(25)) ?? coded(HL7.CWE(ft1[7]), .charge, at: ft1.at(7))
    let words = text(ft1[8], at: ft1.at(8))
    if found == nil, let words { found = Code(code: nil, display: words) }
    guard let code = found else {
      missing(at: ft1.at(7), "what was done is required: FT1-7")
      return nil
    }
    // A credit or an adjustment may repeat the number of the charge that it is about.
    let side: String? =
      switch type {
      case .credit: "credit"
      case .adjustment: "adjustment"
      case .charge, .payment: nil
      }
    guard let key = name(ft1, .charge, side: side, account: account), let price = price(ft1, type) else { return nil }
    var change = ChargeChange(
      key: key, patient: account.patient, account: account.number, location: ft1.segment.location, code: code,
      description: code.display ?? words ?? code.code ?? "", quantity: price.quantity, unitPrice: price.unit,
      net: price.net)
    change.encounter = account.encounter
    change.currency = currency(ft1, 11) ?? currency(ft1, 12)
    change.servedAt = instant(HL7.DTM(ft1[4].component(1)), at: ft1.at(4))
    change.practitioner = practitioner(HL7Repeats(ft1[20]), at: ft1.at(20))
    return change
  }

  /// What names the transaction among those of its account: FT1-2, else its number, time and code.
  mutating func name(
    _ ft1: HL7.FT1, _ relation: FactKey.Relation, side: String? = nil, account: AccountChange
  ) -> FactKey? {
    let source = [profile.partner, "account", account.number.system, account.number.value]
    func key(_ item: [String]) -> FactKey {
      FactKey(relation, source: source, item: item + (side.map { [$0] } ?? []))
    }
    // Senders before version 2.5 write a plain number; the account tells whose it is.
    if let id = text(ft1[2], at: ft1.at(2), limit: Self.identifierBytes) { return key([id]) }
    let parts = [1, 4, 7, 25].map { field in text(ft1[field], at: ft1.at(field)) ?? "" }
    guard !parts[1].isEmpty else {
      missing(at: ft1.at(2), "the transaction must be named, so that it is charged once: FT1-2, or FT1-4")
      return nil
    }
    return key(["unnumbered"] + parts)
  }

  private mutating func transactionType(_ ft1: HL7.FT1) -> TransactionType? {
    let element = ft1[6].component(1)
    if text(element, at: ft1.at(6)) == nil {
      missing(at: ft1.at(6), "the kind of transaction is required: CG, CD, AJ or PY")
      return nil
    }
    return vocabulary(element, .transactionType, table: TransactionType.table, number: "0017", at: ft1.at(6)).initial
  }

  /// MO.2 within CP.1; some write it as the next component.
  mutating func currency(_ ft1: HL7.FT1, _ field: Int) -> String? {
    let inner = text(ft1[field].component(1).subcomponent(2), at: ft1.at(field, component: 1, subcomponent: 2))
    if let inner { return inner.uppercased() }
    guard let next = text(ft1[field].component(2), at: ft1.at(field, component: 2)), next.utf8.count == 3 else {
      return nil
    }
    return next.uppercased()
  }

  /// FT1-10, FT1-12 and FT1-11: how many, what one costs and what all do; nil where one of them is no number.
  mutating func amounts(_ ft1: HL7.FT1) -> (count: Quantity, unit: Quantity?, whole: Quantity?)? {
    let errorsBefore = errors.count
    let count = number(ft1[10], at: ft1.at(10)) ?? .one
    let unit = number(ft1[12], at: ft1.at(12))
    let whole = number(ft1[11], at: ft1.at(11))
    return errors.count == errorsBefore ? (count, unit, whole) : nil
  }

  /// FT1-10, FT1-11 and FT1-12, which must agree to the cent. The amount of an adjustment has its own sign.
  private mutating func price(
    _ ft1: HL7.FT1, _ type: TransactionType
  ) -> (quantity: Quantity, unit: Quantity, net: Amount)? {
    guard let amounts = amounts(ft1) else { return nil }
    var (unit, whole) = (amounts.unit, amounts.whole)
    let count = amounts.count
    var sign: Int64 = type == .credit ? -1 : 1
    if type == .adjustment {
      guard let amount = whole ?? unit else {
        missing(at: ft1.at(11), "an adjustment needs its amount: FT1-11, or FT1-12; negative where it lowers")
        return nil
      }
      if amount < .zero {
        sign = -1
        unit = unit.map { Quantity(millionths: 0 &- $0.millionths) }
        whole = whole.map { Quantity(millionths: 0 &- $0.millionths) }
      }
    }
    guard count > .zero else {
      refuse(
        .dataTypeError, at: ft1.at(10), "a quantity above nothing is expected; what is taken back is a credit (CD)")
      return nil
    }
    let quantity = Quantity(millionths: sign * count.millionths)
    do throws(ClinicValueError) {
      if let unit {
        let net = try quantity.amount(times: unit)
        if let whole, try Quantity(try count.amount(times: unit)) != whole {
          refuse(.dataTypeError, at: ft1.at(11), "the amount is not quantity (FT1-10) times price (FT1-12)")
          return nil
        }
        return (quantity, unit, net)
      }
      guard let whole else {
        warn(.requiredFieldMissing, at: ft1.at(11), "no amount: the line stands at 0.00 until the clinic prices it")
        return (quantity, .zero, .zero)
      }
      let net = try Amount(Quantity(millionths: sign * whole.millionths).description)
      // Only the amount of all: what one costs, where that comes out even; otherwise all of them are one.
      let (unitPrice, rest) = (Int128(whole.millionths) * 1_000_000)
        .quotientAndRemainder(dividingBy: Int128(count.millionths))
      if rest == 0, let price = Int64(exactly: unitPrice) { return (quantity, Quantity(millionths: price), net) }
      return (Quantity(millionths: sign * 1_000_000), whole, net)
    } catch {
      refuse(.dataTypeError, at: ft1.at(11), "an amount with at most two decimals that can be counted is expected")
      return nil
    }
  }

  private mutating func number(_ element: HL7Element, at location: HL7Location) -> Quantity? {
    guard let word = text(element, at: location) else { return nil }
    do throws(ClinicValueError) { return try Quantity(word) } catch {
      refuse(.dataTypeError, at: location, "a number with a point and at most six decimals is expected")
      return nil
    }
  }
}
