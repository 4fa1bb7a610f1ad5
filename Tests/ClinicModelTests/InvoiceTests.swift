import ClinicModel
import TestSupport
import XCTest

final class InvoiceTests: XCTestCase {
  private func item(
    _ sequence: Int, _ quantity: String, _ price: String, discount: String = "0", exempt: String? = nil
  ) throws -> InvoiceItemRecord {
    var item = InvoiceItemRecord(
      row: RowMeta(clinicID: "c", id: "i\(sequence)"), invoiceID: "f", sequence: sequence, description: "line",
      quantity: try Quantity(quantity), unitPrice: try Quantity(price), net: .zero)
    item.discount = try Amount(discount)
    item.exemptionReason = exempt
    return item
  }

  private func invoice(_ items: [InvoiceItemRecord]) throws -> InvoiceRecord {
    var invoice = InvoiceRecord(
      row: RowMeta(clinicID: "c", id: "f"), kind: .invoice, status: .issued, patientID: "p", currency: "EUR")
    invoice.items = items
    let totals = try InvoiceTotals(items: items)
    (invoice.totalNet, invoice.totalTax, invoice.totalGross) = (totals.net, totals.tax, totals.gross)
    return invoice
  }

  private let day = CalendarDate(year: 2026, month: 3, day: 1)

  func testMixedFrenchInvoiceAddsUp() throws {
    let rates = try TaxRegime.france.rates(region: nil, on: XCTUnwrap(day))
    let items = try InvoiceTotals.price(
      [item(1, "1", "120.00", exempt: "VATEX-EU-132-1C"), item(2, "3", "33.335", discount: "0.01")], rates: rates)
    XCTAssertEqual(items[1].net, Amount(cents: 10_000))
    let invoice = try invoice(items)
    XCTAssertEqual(invoice.totalGross, Amount(cents: 24_000))
    XCTAssertEqual(try InvoiceTotals(items: items).groups.map(\.category), [.exempt, .standard])
    XCTAssertEqual(try invoice.discrepancies(), [])
  }

  func testQuebecTaxesAreRoundedOnTheInvoiceBase() throws {
    let rates = try TaxRegime.canada.rates(region: "QC", on: XCTUnwrap(day))
    let items = try InvoiceTotals.price((1...7).map { try item($0, "1", "10.05") }, rates: rates)
    let totals = try InvoiceTotals(items: items)
    // 70.35 × 5 % = 3.5175 and × 9.975 % = 7.0174…; seven lines rounded apart would make 3.50 and 7.00.
    XCTAssertEqual(totals.groups.map(\.amount), [Amount(cents: 352), Amount(cents: 702)])
    XCTAssertEqual(try invoice(items).discrepancies(), [])
  }

  func testEveryRandomInvoiceAddsUp() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed: seed)
    func next(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
    for round in 0..<500 {
      let rates = try TaxRegime.canada.rates(
        region: ["QC", "ON", "BC", "SK", "AB"][next(5)], on: XCTUnwrap(day))
      let items = try (1...(1 + next(30))).map { sequence in
        try item(
          sequence, "\(next(5)).\(next(999_999))", "\(next(300)).\(next(9999))", exempt: next(3) == 0 ? "exempt" : nil)
      }
      let found = try invoice(InvoiceTotals.price(items, rates: rates)).discrepancies()
      XCTAssertEqual(found, [], "seed \(seed), round \(round)")
    }
  }

  func testCreditNoteMirrorsItsInvoice() throws {
    let rates = try TaxRegime.france.rates(region: nil, on: XCTUnwrap(day))
    let plus = try InvoiceTotals.price([item(1, "1", "10.05"), item(2, "1", "10.05")], rates: rates)
    let minus = try InvoiceTotals.price([item(1, "-1", "10.05"), item(2, "-1", "10.05")], rates: rates)
    XCTAssertEqual(try InvoiceTotals(items: minus).gross, -(try InvoiceTotals(items: plus).gross))
    XCTAssertEqual(try invoice(minus).discrepancies(), [])
  }

  func testEachDiscrepancyIsNamed() throws {
    let rates = try TaxRegime.france.rates(region: nil, on: XCTUnwrap(day))
    var broken = try invoice(InvoiceTotals.price([item(1, "2", "50"), item(2, "1", "10", exempt: "x")], rates: rates))
    broken.items[0].net = Amount(cents: 9_999)
    broken.items[1].sequence = 3
    broken.items[1].exemptionReason = nil
    broken.totalGross = Amount(cents: 1)
    broken.amountPaid = Amount(cents: 2)
    XCTAssertEqual(
      try broken.discrepancies(),
      [
        .lineNet(sequence: 1, expected: Amount(cents: 10_000), found: Amount(cents: 9_999)),
        .taxBase(sequence: 1, taxCode: "VAT", expected: Amount(cents: 9_999), found: Amount(cents: 10_000)),
        .sequence(expected: 2, found: 3),
        .exemption(sequence: 3),
        .totalNet(expected: Amount(cents: 10_999), found: Amount(cents: 11_000)),
        .totalGross(expected: Amount(cents: 12_999), found: Amount(cents: 1)),
        .overpaid(total: Amount(cents: 1), paid: Amount(cents: 2)),
      ])
  }

  func testCanadianRatesByProvinceAndDay() throws {
    func text(_ region: String, _ day: String) throws -> String {
      try TaxRegime.canada.rates(region: region, on: CalendarDate(day)).map { "\($0.code) \($0.percent)" }
        .joined(separator: " + ")
    }
    XCTAssertEqual(try text("NS", "2025-03-31"), "HST 15")
    XCTAssertEqual(try text("NS", "2025-04-01"), "HST 14")
    XCTAssertEqual(try text("QC", "2026-01-01"), "GST 5 + QST 9.975")
    XCTAssertEqual(try text("SK", "2026-01-01"), "GST 5 + PST 6")
    XCTAssertThrowsError(try text("ZZ", "2026-01-01"))
  }
}
