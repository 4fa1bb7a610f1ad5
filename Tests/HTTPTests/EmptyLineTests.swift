import HTTP
import XCTest

final class EmptyLineTests: XCTestCase {
  /// Found by fuzzing: a byte behind the forgiven empty line went unread when the line came in two pieces.
  func testTheForgivenEmptyLineMayComeInPieces() throws {
    for text in ["\r\n\n6", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"] {
      XCTAssertEqual(Self.outcome(text, step: 1), Self.outcome(text, step: text.utf8.count), text)
    }
    XCTAssertEqual(Self.outcome("\r\n\n6", step: 1), "refused")
  }

  private static func outcome(_ text: String, step: Int) -> String {
    var parser = HTTPRequestParser()
    let bytes = Array(text.utf8)
    do throws(HTTPRefusal) {
      for start in stride(from: 0, to: bytes.count, by: step) {
        parser.receive(bytes[start..<min(bytes.count, start + step)])
        if try parser.nextHead() != nil { return "head" }
      }
      return "more"
    } catch {
      return "refused"
    }
  }
}
