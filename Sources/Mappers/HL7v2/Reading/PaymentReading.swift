import ClinicModel
import HL7Parser

/// DFT^P03 and P11: payments.
extension HL7Reading {
  /// Table 0570, and plain words for the same.
  private static let paymentMethods: [String: PaymentMethod] = [
    "CASH": .cash, "CCCA": .card, "CDAC": .card, "DEBC": .card, "VISN": .card, "CARD": .card, "CCHK": .cheque,
    "CHCK": .cheque, "TRAC": .cheque, "CHECK": .cheque, "CHEQUE": .cheque, "DDPO": .transfer, "SWFT": .transfer,
    "TRANSFER": .transfer, "REMITTANCE": .remittance,
  ]

  mutating func payment(
    _ ft1: HL7.FT1, account: AccountChange, in message: HL7Message
  ) -> PaymentChange? {
    let errorsBefore = errors.count
    let payer = payer(ft1, in: message)
    let method = paymentMethod(ft1, isOfPayer: payer != nil)
    let amount = paidAmount(ft1)
    let paidAt = instant(HL7.DTM(ft1[4].component(1)), at: ft1.at(4)).initial
    if paidAt == nil { missing(at: ft1.at(4), "when it was paid is required: FT1-4") }
    let key = name(ft1, .payment, account: account)
    guard errors.count == errorsBefore, let key, let method, let amount, let paidAt else { return nil }
    var change = PaymentChange(
      key: key, patient: account.patient, account: account.number, location: ft1.segment.location, payer: payer,
      method: method, amount: amount, paidAt: paidAt)
    change.currency = currency(ft1, 11) ?? currency(ft1, 12)
    change.reference = self.change(ft1[30].component(1), at: ft1.at(30), limit: Self.identifierBytes)
    return change
  }

  /// FT1-14 names the insurance that pays, by IN1-2 of the message or by the code map `payer`; a co-payment is the
  /// patient's in any case. Nil: the patient.
  private mutating func payer(_ ft1: HL7.FT1, in message: HL7Message) -> PayerReference? {
    guard let plan = text(ft1[14].component(1), at: ft1.at(14)),
      text(ft1[6].component(1), at: ft1.at(6))?.uppercased() != "CO"
    else { return nil }
    if let id = profile.codeMaps[.payer]?[plan]?.code { return PayerReference(recordID: id) }
    for in1 in bounded(message.all(HL7.IN1.self)) {
      if text(in1.insurancePlanID.element.part(1), at: in1.at(2)) == plan, let payer = payer(in1) { return payer }
    }
    refuse(
      .unknownKeyIdentifier, at: ft1.at(14),
      "who pays is neither an insurance of this message (IN1-2) nor in this partner's code map payer")
    return nil
  }

  private mutating func paymentMethod(_ ft1: HL7.FT1, isOfPayer: Bool) -> PaymentMethod? {
    let element = ft1[7].component(1)
    guard let word = text(element, at: ft1.at(7)) else {
      if !isOfPayer { missing(at: ft1.at(7), "how it was paid is required: FT1-7") }
      return isOfPayer ? .remittance : nil
    }
    // What insurers call their payments is their own affair.
    if isOfPayer, profile.codeMaps[.paymentMethod]?[word] == nil, Self.paymentMethods[word.uppercased()] == nil {
      return .remittance
    }
    return vocabulary(element, .paymentMethod, table: Self.paymentMethods, number: "0570", at: ft1.at(7)).initial
  }

  /// FT1-11, else FT1-10 times FT1-12.
  private mutating func paidAmount(_ ft1: HL7.FT1) -> Amount? {
    guard let (count, unit, whole) = amounts(ft1) else { return nil }
    guard whole != nil || unit != nil else {
      missing(at: ft1.at(11), "the amount that was paid is required: FT1-11")
      return nil
    }
    do throws(ClinicValueError) {
      let amount: Amount
      if let whole { amount = try Amount(whole.description) } else { amount = try count.amount(times: unit ?? .zero) }
      if amount >= .zero { return amount }
    } catch {
      refuse(.dataTypeError, at: ft1.at(11), "an amount with at most two decimals that can be counted is expected")
      return nil
    }
    refuse(
      .dataTypeError, at: ft1.at(11),
      "an amount of nothing or more is expected; a payment that is taken back is told anew with 0")
    return nil
  }
}
