import Crypto
import XCTest

final class DigestTests: XCTestCase {
  func testSHA256OfTheStandardsExamples() {
    XCTAssertEqual(
      Hex.encode(SHA256.hash("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    XCTAssertEqual(
      Hex.encode(SHA256.hash([UInt8]())), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  func testSHA256InPiecesEqualsSHA256AtOnce() {
    let bytes = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
    for cut in [0, 1, 63, 64, 65, 999, 1_000] {
      var digest = SHA256()
      digest.update(Array(bytes[..<cut]))
      bytes[cut...].withUnsafeBytes { digest.update($0) }
      let whole = digest.finish()
      XCTAssertEqual(whole, SHA256.hash(bytes), "cut at \(cut)")
    }
  }

  /// RFC 4231, test cases 1, 2 and 6.
  func testHMACOfTheStandardsExamples() {
    let cases: [(key: [UInt8], text: String, code: String)] = [
      (
        [UInt8](repeating: 0x0b, count: 20), "Hi There",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
      ),
      (
        Array("Jefe".utf8), "what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
      ),
      (
        [UInt8](repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
      ),
    ]
    for (key, text, code) in cases {
      let message = Array(text.utf8)
      XCTAssertEqual(Hex.encode(HMACSHA256.authenticationCode(for: message, key: key)), code)
      var bytes = HMACSHA256.authenticationCode(for: message, key: key)
      XCTAssertTrue(HMACSHA256.isValid(bytes, for: message, key: key))
      bytes[31] ^= 1
      XCTAssertFalse(HMACSHA256.isValid(bytes, for: message, key: key))
      XCTAssertFalse(HMACSHA256.isValid(Array(bytes.dropLast()), for: message, key: key))
    }
  }

  func testCRC32OfTheCheckString() {
    XCTAssertEqual(CRC32.checksum(Array("123456789".utf8)), 0xCBF4_3926)
    XCTAssertEqual(CRC32.checksum([UInt8]()), 0)
  }

  func testConstantTimeEquality() {
    XCTAssertTrue(constantTimeEqual([], []))
    XCTAssertTrue(constantTimeEqual([1, 2], [1, 2]))
    XCTAssertFalse(constantTimeEqual([1, 2], [1, 3]))
    XCTAssertFalse(constantTimeEqual([1, 2], [1, 2, 3]))
  }
}
