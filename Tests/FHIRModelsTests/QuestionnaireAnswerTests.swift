import FHIRModels
import XCTest

/// Answers held against their Questionnaire, rule by rule.
final class QuestionnaireAnswerTests: XCTestCase {
  private let questionnaire = """
    {"resourceType":"Questionnaire","url":"https://clinic.test/q","status":"active","item":[
    {"linkId":"smoker","type":"boolean","required":true},
    {"linkId":"packs","type":"integer","required":true,"enableWhen":[
      {"question":"smoker","operator":"=","answerBoolean":true}]},
    {"linkId":"name","type":"string","maxLength":5},
    {"linkId":"colour","type":"choice","answerOption":[{"valueCoding":{"system":"urn:c","code":"red"}},
      {"valueCoding":{"system":"urn:c","code":"blue"}}]},
    {"linkId":"other","type":"open-choice","repeats":true,"answerOption":[{"valueCoding":{"code":"a"}}]},
    {"linkId":"group","type":"group","repeats":true,"item":[
      {"linkId":"dose","type":"decimal"},
      {"linkId":"why","type":"text","enableWhen":[{"question":"dose","operator":">","answerDecimal":10}]}]}]}
    """

  /// What is found in answers to it: `items`, of a response that is finished or not.
  private func findings(_ items: String..., status: String = "completed") throws -> [String] {
    let asked = try AnyResource(json: Array(questionnaire.utf8))
    var options = ValidationOptions()
    options.resolve = { $0 == "https://clinic.test/q" ? asked : nil }
    let response =
      "{\"resourceType\":\"QuestionnaireResponse\",\"questionnaire\":\"https://clinic.test/q\",\"status\":\"\(status)\","
      + "\"item\":[\(items.joined(separator: ","))]}"
    return FHIRValidator(options: options).validate(try AnyResource(json: Array(response.utf8)))
      .filter { $0.severity == .error }
      .map { "\($0.code.rawValue) \(($0.expression ?? "-").dropFirst("QuestionnaireResponse.".count))" }
  }

  private func item(_ link: String, _ answers: String...) -> String {
    "{\"linkId\":\"\(link)\",\"answer\":[\(answers.map { "{\($0)}" }.joined(separator: ","))]}"
  }

  private let smokes = #"{"linkId":"smoker","answer":[{"valueBoolean":true}]}"#
  private let smokesNot = #"{"linkId":"smoker","answer":[{"valueBoolean":false}]}"#

  func testWhatMustBeAnswered() throws {
    XCTAssertEqual(try findings(smokesNot), [])
    XCTAssertEqual(try findings(smokes, item("packs", "\"valueInteger\":2")), [])
    XCTAssertEqual(try findings(smokes).count, 1)
    XCTAssertEqual(try findings(smokes, status: "in-progress"), [])
    XCTAssertEqual(try findings(item("name", "\"valueString\":\"a\"")).count, 1)
  }

  func testConditions() throws {
    XCTAssertEqual(try findings(smokesNot, item("packs", "\"valueInteger\":2")), ["structure item[1]"])
    func group(_ dose: String) -> String {
      "{\"linkId\":\"group\",\"item\":[\(item("dose", "\"valueDecimal\":\(dose)")),\(item("why", "\"valueString\":\"x\""))]}"
    }
    // In a group that repeats, the nearest answer is meant.
    XCTAssertEqual(try findings(smokesNot, group("10.5"), group("20")), [])
    XCTAssertEqual(try findings(smokesNot, group("20"), group("10.0")), ["structure item[2].item[1]"])
  }

  func testItemsAndTheirNumber() throws {
    XCTAssertEqual(try findings(smokesNot, item("nothing", "\"valueBoolean\":true")), ["structure item[1]"])
    XCTAssertEqual(try findings(smokesNot, smokesNot).count, 1)
    XCTAssertEqual(
      try findings(smokesNot, item("name", "\"valueString\":\"a\"", "\"valueString\":\"b\"")), ["structure item[1]"])
    XCTAssertEqual(
      try findings(smokesNot, item("other", "\"valueString\":\"a\"", "\"valueString\":\"b\"")), [])
  }

  func testValues() throws {
    XCTAssertEqual(try findings(item("smoker", "\"valueString\":\"yes\"")), ["structure item[0].answer[0]"])
    XCTAssertEqual(
      try findings(smokesNot, item("name", "\"valueString\":\"123456\"")), ["too-long item[1].answer[0]"])
    let red = "\"valueCoding\":{\"system\":\"urn:c\",\"code\":\"red\"}"
    XCTAssertEqual(try findings(smokesNot, item("colour", red)), [])
    XCTAssertEqual(
      try findings(smokesNot, item("colour", red.replacingOccurrences(of: "red", with: "green"))),
      ["code-invalid item[1].answer[0]"])
    XCTAssertEqual(
      try findings(smokesNot, item("colour", "\"valueString\":\"red\"")), ["structure item[1].answer[0]"])
  }

  func testConditionsThatLeadInward() throws {
    let json = """
      {"resourceType":"Questionnaire","status":"active","item":[{"linkId":"g","type":"group",
      "enableWhen":[{"question":"in","operator":"=","answerBoolean":true}],
      "item":[{"linkId":"in","type":"boolean"}]}]}
      """
    let found = FHIRValidator().validate(try AnyResource(json: Array(json.utf8))).filter { $0.severity == .error }
    XCTAssertEqual(found.map(\.expression), ["Questionnaire.item[0]"])
    // Two conditions, and nothing said of how they go together: que-12.
    let two = json.replacingOccurrences(of: "\"in\",\"operator\"", with: "\"x\",\"operator\"").replacingOccurrences(
      of: "\"enableWhen\":[",
      with: "\"enableWhen\":[{\"question\":\"y\",\"operator\":\"exists\",\"answerBoolean\":true},")
    let rules = FHIRValidator().validate(try AnyResource(json: Array(two.utf8))).filter { $0.severity == .error }
    XCTAssertEqual(rules.map { String($0.diagnostics.prefix(6)) }, ["que-12"])
  }
}
