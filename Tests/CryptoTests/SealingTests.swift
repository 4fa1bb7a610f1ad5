import Crypto
import XCTest

final class SealingTests: XCTestCase {
  private let key = [UInt8](0..<32)

  func testWhatWasSealedOpensUnderTheSameKeyAndContextOnly() throws {
    for size in [0, 1, 15, 16, 17, 4_096] {
      let plaintext = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
      let sealed = try AES256GCM.seal(plaintext, key: key, context: [1])
      XCTAssertEqual(sealed.count, size + 28)
      XCTAssertEqual(try AES256GCM.open(sealed, key: key, context: [1]), plaintext)
      XCTAssertThrowsError(try AES256GCM.open(sealed, key: key, context: [2]))
      XCTAssertThrowsError(try AES256GCM.open(sealed, key: key.reversed(), context: [1]))
    }
  }

  func testEveryChangedByteIsNoticed() throws {
    let sealed = try AES256GCM.seal([1, 2, 3], key: key)
    for index in sealed.indices {
      var changed = sealed
      changed[index] ^= 0x10
      XCTAssertThrowsError(try AES256GCM.open(changed, key: key)) {
        XCTAssertEqual(($0 as? CryptoError)?.code, .notAuthentic)
      }
    }
    for length in 0..<sealed.count { XCTAssertThrowsError(try AES256GCM.open(Array(sealed.prefix(length)), key: key)) }
  }

  func testTwoSealsOfOneTextDiffer() throws {
    XCTAssertNotEqual(try AES256GCM.seal([9], key: key), try AES256GCM.seal([9], key: key))
  }

  func testAKeyOfTheWrongLengthIsNamed() {
    XCTAssertThrowsError(try AES256GCM.seal([1], key: [1, 2])) {
      XCTAssertEqual(($0 as? CryptoError)?.code, .wrongLength)
    }
  }

  /// GCM specification (McGrew and Viega), test case 14: a zero block under a zero key and nonce.
  func testOpensTheSpecificationsExample() throws {
    let ciphertext = try XCTUnwrap(Hex.decode("cea7403d4d606b6e074ec5d3baf39d18"))
    let tag = try XCTUnwrap(Hex.decode("d0d1c8a799996bf0265b98b5d48ab919"))
    let sealed = [UInt8](repeating: 0, count: 12) + ciphertext + tag
    XCTAssertEqual(
      try AES256GCM.open(sealed, key: [UInt8](repeating: 0, count: 32)), [UInt8](repeating: 0, count: 16))
  }
}
