import ClinicModel
import Mappers
import XCTest

final class ClaimsResponseTests: XCTestCase {
  private func claim() throws -> ClaimRecord {
    let paris = Billing.paris()
    return try Billing.claim(
      Billing.invoice(
        [try Billing.item(1, "1", "28.92", exempt: UBLSample.care), try Billing.item(2, "1", "100")], clinic: paris))
  }

  private func money(_ value: String, _ currency: String = "EUR") -> String {
    "{\"value\":\(value),\"currency\":\"\(currency)\"}"
  }

  private func adjudication(_ category: String, _ value: String, reason: String? = nil) -> String {
    let reason = reason.map { ",\"reason\":{\"coding\":[{\"code\":\"\($0)\"}]}" } ?? ""
    return "{\"category\":{\"coding\":[{\"code\":\"\(category)\"}]}\(reason),\"amount\":\(money(value))}"
  }

  /// A response that pays 20.24 and 50.00 of the claim; each part can be given otherwise.
  private func response(
    status: String = "active", use: String = "claim", outcome: String = "complete",
    request: String = "{\"reference\":\"Claim/claim-1\"}", items: [String]? = nil, totals: String? = nil,
    payment: String? = nil, more: String = ""
  ) -> String {
    let items =
      items ?? [
        "{\"itemSequence\":1,\"adjudication\":[\(adjudication("submitted", "28.92")),"
          + "\(adjudication("eligible", "28.92")),\(adjudication("copay", "8.68")),"
          + "\(adjudication("benefit", "20.24"))]}",
        "{\"itemSequence\":2,\"adjudication\":[\(adjudication("eligible", "50")),"
          + "\(adjudication("benefit", "50.00", reason: "ar002"))]}",
      ]
    let totals =
      totals ?? "\(adjudication("submitted", "128.92")),\(adjudication("benefit", "70.24"))"
    let payment =
      payment
      ?? "{\"type\":{\"text\":\"complete\"},\"date\":\"2026-03-20\",\"amount\":\(money("70.24")),\"identifier\":{\"value\":\"V-7\"}}"
    return """
      {"resourceType":"ClaimResponse","status":"\(status)","type":{"text":"professional"},"use":"\(use)",\
      "patient":{"reference":"Patient/patient-1"},"created":"2026-03-19","insurer":{"display":"Mutuelle"},\
      "request":\(request),"outcome":"\(outcome)","disposition":"Réglé"\
      \(items.isEmpty ? "" : ",\"item\":[\(items.joined(separator: ","))]")\
      \(totals.isEmpty ? "" : ",\"total\":[\(totals)]")\(payment.isEmpty ? "" : ",\"payment\":\(payment)")\(more)}
      """
  }

  private func answer(_ json: String) throws -> ClaimAnswer {
    try ClaimResponseMapper(json: Array(json.utf8)).answer(to: claim())
  }

  private func issues(_ json: String) throws -> [MappingError] {
    do {
      _ = try answer(json)
      return []
    } catch let error as ClaimAnswerError {
      return error.issues
    }
  }

  private func assertIssue(
    _ code: MappingError.Code, _ field: String, _ json: String, file: StaticString = #filePath, line: UInt = #line
  ) throws {
    let issues = try issues(json)
    XCTAssertTrue(
      issues.contains { $0.code == code && $0.field == field }, "\(issues)", file: file, line: line)
  }

  func testPaidAnswer() throws {
    let answer = try answer(response())
    XCTAssertEqual(answer.outcome, .complete)
    XCTAssertEqual(answer.disposition, "Réglé")
    XCTAssertEqual(answer.benefit, Amount(cents: 7024))
    XCTAssertEqual(answer.payment?.amount, Amount(cents: 7024))
    XCTAssertEqual(answer.payment?.date, CalendarDate(year: 2026, month: 3, day: 20))
    XCTAssertEqual(answer.payment?.reference, "V-7")
    XCTAssertEqual(answer.status, .partlyPaid)
    XCTAssertEqual(answer.items.map(\.allowed), [Amount(cents: 2892), Amount(cents: 5000)])
    XCTAssertEqual(answer.items.map(\.paid), [Amount(cents: 2024), Amount(cents: 5000)])
    XCTAssertEqual(answer.items[1].reasons, [Code(code: "ar002")])
    XCTAssertEqual(answer.adjustments.map(\.category.code), ["copay"])
    XCTAssertEqual(answer.adjustments.first?.itemSequence, 1)
    let record = answer.record(row: Billing.row("response-1"), receivedAt: Billing.issued)
    XCTAssertEqual(record.claimID, "claim-1")
    XCTAssertEqual(record.paid, Amount(cents: 7024))
  }

  func testWhereTheClaimStands() throws {
    let bare = { (outcome: String) in self.response(outcome: outcome, items: [], totals: "", payment: "") }
    XCTAssertEqual(try answer(bare("queued")).status, .acknowledged)
    XCTAssertEqual(try answer(bare("complete")).status, .accepted)
    XCTAssertEqual(try answer(bare("partial")).status, .acknowledged)
    XCTAssertEqual(try answer(bare("error")).status, .denied)
    XCTAssertEqual(
      try answer(response(items: [], totals: adjudication("benefit", "0"), payment: "")).status, .denied)
    XCTAssertEqual(
      try answer(response(items: [], totals: adjudication("benefit", "9"), payment: "")).status, .accepted)
    let full = "{\"type\":{\"text\":\"complete\"},\"amount\":\(money("128.92"))}"
    XCTAssertEqual(try answer(response(items: [], totals: "", payment: full)).status, .paid)
  }

  func testErrorsOfTheInsurer() throws {
    let error = ",\"error\":[{\"itemSequence\":2,\"code\":{\"coding\":[{\"code\":\"a002\"}]}}]"
    let answer = try answer(response(outcome: "error", items: [], totals: "", payment: "", more: error))
    XCTAssertEqual(answer.errors, [Code(code: "a002")])
    XCTAssertEqual(answer.status, .denied)
    XCTAssertNil(answer.benefit)
  }

  func testTheClaimIsNamedByReferenceOrControlNumber() throws {
    let byNumber = response(request: "{\"identifier\":{\"value\":\"C000042\"}}")
    XCTAssertEqual(try ClaimResponseMapper(json: Array(byNumber.utf8)).reference.controlNumber, "C000042")
    XCTAssertEqual(try issues(byNumber), [])
    let absolute = response(request: "{\"reference\":\"https://gateway.example/fhir/x/Claim/claim-1/_history/2\"}")
    XCTAssertEqual(try ClaimResponseMapper(json: Array(absolute.utf8)).reference.claimID, "claim-1")
    try assertIssue(
      .unknownReference, "ClaimResponse.request", response(request: "{\"reference\":\"Claim/claim-2\"}"))
    try assertIssue(
      .unknownReference, "ClaimResponse.request",
      response(request: "{\"reference\":\"Claim/claim-1\",\"identifier\":{\"value\":\"C000043\"}}"))
    try assertIssue(.missing, "ClaimResponse.request", response(request: "{\"display\":\"yours\"}"))
  }

  func testInABundleThePathLeadsThere() throws {
    func bundle(_ entries: String...) -> String {
      "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":["
        + entries.map { "{\"resource\":\($0)}" }.joined(separator: ",") + "]}"
    }
    let patient = "{\"resourceType\":\"Patient\",\"id\":\"p\"}"
    XCTAssertEqual(try issues(bundle(patient, response())), [])
    try assertIssue(.state, "Bundle.entry[1].resource.status", bundle(patient, response(status: "cancelled")))
    try assertIssue(.unsupported, "Bundle.entry", bundle(patient))
    try assertIssue(.unsupported, "Bundle.entry", bundle(response(), response()))
    try assertIssue(.unsupported, "Patient", patient)
  }

  func testSumsThatDoNotHold() throws {
    try assertIssue(
      .total, "ClaimResponse.total[0].amount", response(totals: adjudication("submitted", "128.93")))
    try assertIssue(.total, "ClaimResponse.total[0].amount", response(totals: adjudication("benefit", "70.25")))
    try assertIssue(
      .total, "ClaimResponse.payment.amount",
      response(payment: "{\"type\":{\"text\":\"c\"},\"amount\":\(money("70.25"))}"))
    try assertIssue(
      .total, "ClaimResponse.payment.amount",
      response(items: [], totals: "", payment: "{\"type\":{\"text\":\"c\"},\"amount\":\(money("128.93"))}"))
    try assertIssue(
      .total, "ClaimResponse.payment.amount",
      response(items: [], totals: "", payment: "{\"type\":{\"text\":\"c\"},\"amount\":\(money("-1"))}"))
    try assertIssue(
      .total, "ClaimResponse.item[0].adjudication",
      response(items: ["{\"itemSequence\":1,\"adjudication\":[\(adjudication("submitted", "28.93"))]}"], totals: ""))
    let less =
      "{\"type\":{\"text\":\"c\"},\"amount\":\(money("60.24")),\"adjustment\":\(money("10"))}"
    XCTAssertEqual(try answer(response(payment: less)).payment?.amount, Amount(cents: 6024))
  }

  func testCurrenciesLinesAndValues() throws {
    try assertIssue(
      .currency, "ClaimResponse.payment.amount.currency",
      response(payment: "{\"type\":{\"text\":\"c\"},\"amount\":\(money("70.24", "MAD"))}"))
    let line = { (sequence: String, value: String) in
      "{\"itemSequence\":\(sequence),\"adjudication\":[\(self.adjudication("benefit", value))]}"
    }
    try assertIssue(
      .unknownReference, "ClaimResponse.item[0].itemSequence", response(items: [line("3", "1")], totals: ""))
    try assertIssue(
      .invalid, "ClaimResponse.item[1].itemSequence", response(items: [line("1", "1"), line("1", "1")], totals: ""))
    try assertIssue(
      .invalid, "ClaimResponse.item[0].adjudication[0].amount.value",
      response(items: [line("1", "1.005")], totals: ""))
    try assertIssue(
      .invalid, "ClaimResponse.item[0].adjudication[0].amount.value",
      response(items: [line("1", "1e18")], totals: ""))
    XCTAssertEqual(
      try answer(response(items: [line("1", "1.50e1")], totals: "", payment: "")).benefit, Amount(cents: 1500))
  }

  func testAllIssuesAreCollected() throws {
    let found = try issues(
      response(status: "draft", use: "preauthorization", request: "{\"reference\":\"Claim/other\"}"))
    XCTAssertEqual(
      found.map(\.field), ["ClaimResponse.status", "ClaimResponse.use", "ClaimResponse.request"])
  }

  func testWhatIsNotFHIRIsRefusedAtItsPlace() throws {
    try assertIssue(.invalid, "ClaimResponse.outcome", response(outcome: "splendid"))
    XCTAssertFalse(try issues("{").isEmpty)
    XCTAssertFalse(try issues("").isEmpty)
    XCTAssertFalse(try issues(response(more: ",\"colour\":\"red\"")).isEmpty)
    XCTAssertFalse(
      try issues(response(payment: "{\"type\":{\"text\":\"c\"},\"date\":\"2026-02-30\",\"amount\":\(money("1"))}"))
        .isEmpty)
  }
}
