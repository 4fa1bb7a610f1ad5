import HL7Parser
import XCTest
import XML

@testable import Mappers

final class HL7XMLTests: XCTestCase {
  private func xml(_ er7: String, indentation: Int? = nil) throws -> String {
    var writer = HL7XMLWriter()
    writer.indentation = indentation
    return String(decoding: try writer.document(of: HL7Message(parsing: Array(er7.utf8))), as: UTF8.self)
  }

  /// ER7 to XML, indented and not, and back: the same bytes.
  private func assertIdentity(_ bytes: [UInt8], file: StaticString = #filePath, line: UInt = #line) throws {
    let message = try HL7Message(parsing: bytes)
    for indentation in [nil, 2] {
      var writer = HL7XMLWriter()
      writer.indentation = indentation
      let document = try writer.document(of: message)
      let back = try HL7XMLReader.message(document)
      XCTAssertEqual(
        String(decoding: back, as: UTF8.self), String(decoding: bytes, as: UTF8.self),
        String(decoding: document, as: UTF8.self), file: file, line: line)
      XCTAssertEqual(back, bytes, file: file, line: line)
    }
  }

  private let header = "MSH|^~\\&|A|B|||20260101||ADT^A01^ADT_A01|1|P|2.5.1\r"

  func testElementsBearTheNamesOfTheVersion() throws {
    let text = try xml(header + "EVN|A01|2026\rPID|1||42^^^C&1.2&ISO^MR~43||Berrada^Salma\rPV1||I\rPR1|1||9^x\rROL|1\r")
    XCTAssertTrue(
      text.hasPrefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?><ADT_A01 xmlns=\"urn:hl7-org:v2xml\"><MSH>"))
    XCTAssertTrue(text.contains("<MSH.1>|</MSH.1><MSH.2>^~\\&amp;</MSH.2><MSH.3><HD.1>A</HD.1></MSH.3>"), text)
    XCTAssertTrue(
      text.contains(
        "<PID.3><CX.1>42</CX.1><CX.4><HD.1>C</HD.1><HD.2>1.2</HD.2><HD.3>ISO</HD.3></CX.4><CX.5>MR</CX.5></PID.3>"
          + "<PID.3><CX.1>43</CX.1></PID.3><PID.5><XPN.1><FN.1>Berrada</FN.1></XPN.1><XPN.2>Salma</XPN.2></PID.5>"),
      text)
    XCTAssertTrue(text.contains("<ADT_A01.PROCEDURE><PR1>"), text)
    XCTAssertTrue(text.hasSuffix("</ROL></ADT_A01.PROCEDURE></ADT_A01>"), text)
    XCTAssertFalse(text.contains("passerelle"), "nothing of our own where ER7 is regular")
  }

  func testOBXIsNamedByItsValueType() throws {
    let observations = "MSH|^~\\&|||||2026||ORU^R01^ORU_R01|1|P|2.5.1\rPID|1\rOBR|1\rOBX|1|CE|1||a^b\rOBX|2|NM|1||7\r"
    let text = try xml(observations + "OBX|3|FT|1||one\\.br\\two & \\T\\ three\r")
    XCTAssertTrue(text.contains("<OBX.5><CE.1>a</CE.1><CE.2>b</CE.2></OBX.5>"), text)
    XCTAssertTrue(text.contains("<OBX.5>7</OBX.5>"), text)
    XCTAssertTrue(
      text.contains(
        "<OBX.5>one<escape V=\".br\"/>two <raw xmlns=\"urn:passerelle:er7\">&amp;</raw> &amp; three</OBX.5>"), text)
    XCTAssertTrue(text.contains("<ORU_R01.PATIENT_RESULT><ORU_R01.PATIENT><PID>"), text)
    XCTAssertTrue(text.contains("<ORU_R01.OBSERVATION><OBX>"), text)
  }

  func testOddFormsComeBackByteForByte() throws {
    let odd = [
      "PID|||a~~b~|||", "PID|^|^^x^|\"\"|\"\"^\"\"&a|A^\"\"", "PID|&|a&b|&&c&", "PID|~|~~", "PID", "PID|",
      "ZPD|1|a^b&c~d|\"\"|", "PV1|a^b|c&d|e^f&g^", "OBX|1|FT|||a^b&c~d\\H\\e\\N\\|x",
      "OBX|1|ST|||\\F\\\\S\\\\T\\\\R\\\\E\\|\\X0D0A\\|\\Zx\\|\\|a\\b|\\\\|\\\\\\|x\\y|\\P\\|\\Cx1y\\",
      "NTE|1||a\tb|\u{1}\u{7F}x",
      "NTE|1||\"\"\\.br\\|\\.br\\\"\"|\\X2222\\|x\"\"", "NTE|1||Salma \u{FFFE} é 漢 😀| |  a  ", "NTE|1||line\nfeed",
      "OBX|1|a b|||x^y", "OBX|1|*|||x^y", "MFE|1|||a^b|CE", "QPD|a^b|c|d^e", "PID|#|a#b",
    ]
    for segment in odd { try assertIdentity(Array((header + segment + "\r").utf8)) }
    try assertIdentity(Array((header + odd.joined(separator: "\r") + "\r").utf8))
    let other = "MSH#*'!%@|A|\r".replacingOccurrences(of: "|", with: "#")
    try assertIdentity(Array((other + "PID#a*b'c%d!T!!P!@#x|y^z~\\F\\\r").utf8))
    try assertIdentity(Array("MSH|^\rPID|a^b|c~d\\F\\&\r".utf8))
    try assertIdentity(Array("MSH|^~\\&#|A\rPID|a#|\\P\\|#\r".utf8))
  }

  func testLineEndsAndWhatStandsAroundComeBack() throws {
    let lines = ["MSH|^~\\&|A||||||ZZZ^Z99|1|P|2.3", "PID|1", "ZXX|2", "NTE|3"]
    for terminator in ["\r", "\n", "\r\n", "\r\r"] {
      try assertIdentity(Array(lines.joined(separator: terminator).utf8))
      try assertIdentity(Array((lines.joined(separator: terminator) + terminator).utf8))
    }
    try assertIdentity(Array("\u{FEFF}\r\n \(lines[0])\r\n\r\n\(lines[1])\n\(lines[2])\r  \r".utf8))
    try assertIdentity(Array(lines[0].utf8))
  }

  func testCharsetsComeBack() throws {
    let latin = Array("MSH|^~\\&|A||||||ADT^A01|1|P|2.3||||||8859/1\rPID|1||||Ren".utf8) + [0xE9, 0x0D]
    try assertIdentity(latin)
    let undeclared = Array("MSH|^~\\&|A||||||ADT^A01|1|P|2.3\rPID|1||||Ren".utf8) + [0xE9, 0x0D]
    try assertIdentity(undeclared)
    try assertIdentity([0xEF, 0xBB, 0xBF] + latin)
    let greek = Array("MSH|^~\\&|A||||||ADT^A01|1|P|2.3||||||8859/7\rPID|1||||".utf8) + [0xC1, 0x85, 0x0D]
    try assertIdentity(greek)
    let document = try xml("MSH|^~\\&|A||||||ADT^A01|1|P|2.3||||||UNICODE UTF-8\rPID|1||||漢\r")
    XCTAssertThrowsError(
      try HL7XMLReader.message(Array(document.replacingOccurrences(of: "UNICODE UTF-8", with: "8859/1").utf8))
    ) { XCTAssertTrue("\($0)".contains("U+6F22"), "\($0)") }
  }

  func testXMLOfOthersIsRead() throws {
    let document = """
      <?xml version="1.0" encoding="UTF-8"?>
      <ADT_A01 xmlns="urn:hl7-org:v2xml">
        <MSH> <MSH.1>|</MSH.1> <MSH.2>^~\\&amp;</MSH.2>
          <MSH.9> <MSG.1>ADT</MSG.1> <MSG.2>A01</MSG.2> </MSH.9>
        </MSH>
        <!-- a group --> <ADT_A01.X>
        <PID> <PID.3> <CX.1>4|2^&amp;<escape V="H"/>x</CX.1>
            <CX.4> <HD.2>1.2</HD.2> </CX.4> </PID.3>
          <PID.3><CX.1>""</CX.1></PID.3> <PID.5>a\u{9}b</PID.5> </PID>
        </ADT_A01.X>
      </ADT_A01>
      """
    XCTAssertEqual(
      String(decoding: try HL7XMLReader.message(Array(document.utf8)), as: UTF8.self),
      "MSH|^~\\&|||||||ADT^A01\rPID|||4\\F\\2\\S\\\\T\\\\H\\x^^^&1.2~\"\"||a\\X09\\b\r")
  }

  func testWhatIsNoMessageIsRefusedWithItsLine() {
    let msh = "<MSH><MSH.1>|</MSH.1><MSH.2>^~\\&amp;</MSH.2></MSH>"
    let raw = "<raw xmlns=\"urn:passerelle:er7\""
    let refused = [
      ("<A/>", "no segment"), ("<ACK/>", "no segment"), ("<A><PID/></A>", "first segment is MSH"),
      ("<A>\(msh)\(msh)</A>", "second MSH"), ("<A>\(msh)x</A>", "text where"),
      ("<A>\(msh)<PID>x</PID></A>", "text where"),
      ("<A>\(msh)<PID><PV1.1/></PID></A>", "field of PID"), ("<A>\(msh)<PID><PID.x/></PID></A>", "field of PID"),
      ("<A>\(msh)<PID><PID.0/></PID></A>", "field of PID"), ("<A>\(msh)<PID><PID.2/><PID.1/></PID></A>", "their order"),
      ("<A>\(msh)<PID><PID.9999999/></PID></A>", "further on"),
      ("<A>\(msh)<PID><PID.1><CX.2/><CX.1/></PID.1></PID></A>", "out of order"),
      ("<A>\(msh)<PID><PID.1><CX.1><HD.1><A.2/></HD.1></CX.1></PID.1></PID></A>", "deeper"),
      ("<A>\(msh)<PID><PID.1>x<CX.1/></PID.1></PID></A>", "text before"),
      ("<A>\(msh)<PID><PID.1><CX.1/>x</PID.1></PID></A>", "text where"),
      ("<A>\(msh)<PID><PID.1><escape/></PID.1></PID></A>", "without V"),
      ("<A>\(msh)<PID><PID.1><escape V=\"a|b\"/></PID.1></PID></A>", "V of <escape>"),
      ("<A>\(msh)<PID><PID.1><escape V=\"&#13;EVN\"/></PID.1></PID></A>", "V of <escape>"),
      ("<A>\(msh)<PID><PID.1>\(raw)>|</raw></PID.1></PID></A>", "<raw>"),
      ("<A>\(msh)<PID><PID.1>\(raw) hex=\"0D\"/></PID.1></PID></A>", "<raw>"),
      ("<A>\(msh)<PID><PID.1>\(raw) hex=\"0A\"/>EVN</PID.1><PID.2/></PID></A>", "of its own"),
      ("<A>\(msh)<PID><PID.1>\(raw) hex=\"0\"/></PID.1></PID></A>", "<raw>"),
      ("<A><MSH><MSH.1>|</MSH.1><MSH.2>||</MSH.2></MSH></A>", "punctuation"), ("<A><MSH/></A>", "MSH begins"),
      ("<A xmlns=\"urn:x\"><MSH/></A>", "namespace"), ("<A>\(msh)", "XML"), ("", "XML"), ("<!DOCTYPE A><A/>", "XML"),
      ("<A>\(msh)<gap xmlns=\"urn:passerelle:er7\" hex=\"41\"/></A>", "hex"),
    ]
    for (document, reason) in refused {
      XCTAssertThrowsError(try HL7XMLReader.message(Array(document.utf8)), document) {
        XCTAssertTrue("\($0)".contains(reason), "\(document): \($0)")
      }
    }
  }
}
