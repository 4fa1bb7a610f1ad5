import XCTest

@testable import Gateway

final class CredentialTests: XCTestCase {
  func testAKeyReadsBackAndMatchesOnlyItself() throws {
    let key = try APIKey.generate(environment: "demo")
    let other = try APIKey.generate(environment: "demo")
    let text = key.reveal()
    XCTAssertEqual(text.utf8.count, "psl_demo_".utf8.count + 11 + 1 + 43 + 6)
    XCTAssertEqual(try APIKey(parsing: text), key)
    XCTAssertTrue(key.matches(hash: key.hash))
    XCTAssertFalse(key.matches(hash: other.hash))
    XCTAssertFalse(key.matches(hash: []))
    XCTAssertNotEqual(key.id, other.id)
    XCTAssertFalse("\(key)".contains(text.suffix(49)))
    XCTAssertFalse(String(reflecting: key).contains(text.suffix(49)))
  }

  func testEverySingleChangedByteIsNoticedBeforeALookUp() throws {
    let text = try APIKey.generate(environment: "live").reveal()
    let bytes = Array(text.utf8)
    for index in bytes.indices {
      for replacement in [UInt8(ascii: "0"), UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"), 0]
      where replacement != bytes[index] {
        var changed = bytes
        changed[index] = replacement
        XCTAssertThrowsError(try APIKey(parsing: String(decoding: changed, as: UTF8.self)), "byte \(index)")
      }
    }
    for wrong in [
      "", "psl", "psl_live", text + "0", String(text.dropLast()), " " + text, text + " ", text + "\n",
      text.uppercased(),
      "pslx" + text.dropFirst(3), String(repeating: "psl_", count: 100_000), text.replacing("live", with: "l"),
    ] { XCTAssertThrowsError(try APIKey(parsing: wrong), String(wrong.prefix(80))) }
  }

  func testBase62IsFixedInLengthAndOrder() {
    XCTAssertEqual(Base62.encode([0, 0, 0, 0], length: 6), "000000")
    XCTAssertEqual(Base62.encode([255, 255, 255, 255], length: 6), "4gfFC3")
    XCTAssertEqual(Base62.encode([UInt8](repeating: 255, count: 32), length: 43).utf8.count, 43)
    XCTAssertEqual(Base62.encode([61], length: 2), "0z")
    XCTAssertEqual(Base62.encode([62], length: 2), "10")
  }

  func testWhereAKeyMayStand() throws {
    let key = try APIKey.generate(environment: "live")
    let text = key.reveal()
    XCTAssertEqual(try PresentedKey.extract(authorization: [], xAPIKey: []), .none)
    XCTAssertEqual(try PresentedKey.extract(authorization: ["Bearer " + text], xAPIKey: []), .key(key))
    XCTAssertEqual(try PresentedKey.extract(authorization: ["bEARER  " + text], xAPIKey: []), .key(key))
    XCTAssertEqual(try PresentedKey.extract(authorization: [], xAPIKey: [text]), .key(key))
    let refused: [(authorization: [String], xAPIKey: [String], failure: PresentedKey.Failure)] = [
      (["Bearer " + text], [text], .ambiguous), ([], [text, text], .ambiguous),
      (["Bearer " + text, "Bearer " + text], [], .ambiguous), ([""], [""], .ambiguous),
      (["Basic " + text], [], .malformed), ([text], [], .malformed), (["Bearer"], [], .malformed),
      (["Bearer "], [], .malformed), (["Bearer\t" + text], [], .malformed), ([""], [], .malformed),
      ([], [""], .malformed),
      (["Bearer " + text + " "], [], .malformed), (["Bearer " + text + ", Bearer " + text], [], .malformed),
      (["Bearer eyJhbGciOiJIUzI1NiJ9.e30.x"], [], .malformed), ([], ["Bearer " + text], .malformed),
    ]
    for (authorization, xAPIKey, failure) in refused {
      XCTAssertThrowsError(try PresentedKey.extract(authorization: authorization, xAPIKey: xAPIKey)) {
        XCTAssertEqual($0 as? PresentedKey.Failure, failure, "\(authorization) \(xAPIKey)")
      }
    }
  }

  func testARecordEndsAndIsRevoked() throws {
    let key = try APIKey.generate(environment: "live")
    var record = APIKeyRecord(id: key.id, partnerID: "p", hash: key.hash, expiresAt: 100)
    XCTAssertTrue(record.accepts(key, now: 99))
    XCTAssertFalse(record.accepts(key, now: 100))
    record.expiresAt = nil
    XCTAssertTrue(record.accepts(key, now: .max))
    record.isRevoked = true
    XCTAssertFalse(record.accepts(key, now: 0))
    XCTAssertFalse(APIKeyRecord(id: "other", partnerID: "p", hash: key.hash).accepts(key, now: 0))
    XCTAssertFalse(APIKeyRecord(id: key.id, partnerID: "p", hash: []).accepts(key, now: 0))
  }

  func testCertificatesMatchExactlyAndNeverByHalf() {
    let spki = [UInt8](repeating: 7, count: 32)
    let certificate = PresentedCertificate(
      dnsNames: ["EMR.example.org", "*.example.org"], uris: ["urn:partner:1"], addresses: [IPAddress("10.0.0.1")!],
      publicKeySHA256: spki, isForClients: true)
    let matching: [CertificateRule] = [
      .dnsName("emr.EXAMPLE.org"), .dnsName("*.example.org"), .uri("urn:partner:1"),
      .address(IPAddress("::ffff:10.0.0.1")!),
      .publicKey(sha256: spki),
    ]
    let different: [CertificateRule] = [
      .dnsName("a.example.org"), .dnsName("example.org"), .dnsName(""), .dnsName("urn:partner:1"),
      .uri("URN:partner:1"),
      .uri("emr.example.org"), .uri(""), .address(IPAddress("10.0.0.2")!), .publicKey(sha256: []),
      .publicKey(sha256: Array(spki.dropLast())), .dnsName("emr.example.org\u{0}"),
    ]
    for rule in matching { XCTAssertTrue(rule.matches(certificate), "\(rule)") }
    for rule in different { XCTAssertFalse(rule.matches(certificate), "\(rule)") }
    var forServers = certificate
    forServers.isForClients = false
    for rule in matching { XCTAssertFalse(rule.matches(forServers), "\(rule)") }
    var empty = PresentedCertificate(publicKeySHA256: [], isForClients: true)
    empty.dnsNames = [""]
    for rule in different { XCTAssertFalse(rule.matches(empty), "\(rule)") }
  }

  func testAlternativeNamesAsTheTablesWriteThem() throws {
    XCTAssertEqual(CertificateRule(alternativeName: "DNS:a.example"), .dnsName("a.example"))
    XCTAssertEqual(CertificateRule(alternativeName: "URI:urn:a:b"), .uri("urn:a:b"))
    XCTAssertEqual(CertificateRule(alternativeName: "email:a@b.example"), .email("a@b.example"))
    XCTAssertEqual(CertificateRule(alternativeName: "IP:::1"), .address(try XCTUnwrap(IPAddress("::1"))))
    for wrong in ["", "a.example", "DNS:", "dns:a", "CN:a", "IP:a", "DNS:a b", "DNS:a\u{0}", "DNS:é", ":a"] {
      XCTAssertNil(CertificateRule(alternativeName: wrong), wrong)
    }
    let certificate = PresentedCertificate(emails: ["a@b.example"], publicKeySHA256: [], isForClients: true)
    XCTAssertTrue(CertificateRule.email("a@b.example").matches(certificate))
    for other in [CertificateRule.email("A@b.example"), .email(""), .dnsName("a@b.example"), .uri("a@b.example")] {
      XCTAssertFalse(other.matches(certificate))
    }
  }

  func testACertificateOfTwoPartnersIsNobodys() {
    let certificate = PresentedCertificate(dnsNames: ["a"], uris: ["u"], publicKeySHA256: [], isForClients: true)
    let rules: [(partnerID: String, rule: CertificateRule)] = [
      ("p", .dnsName("a")), ("p", .uri("u")), ("q", .uri("x")),
    ]
    XCTAssertEqual(CertificateMatch.match(certificate, rules: rules), .partner("p"))
    XCTAssertEqual(CertificateMatch.match(certificate, rules: rules + [("q", .uri("u"))]), .ambiguous)
    XCTAssertEqual(CertificateMatch.match(certificate, rules: [("q", .uri("x"))]), .unknown)
    XCTAssertEqual(CertificateMatch.match(nil, rules: rules), .none)
  }

  func testAddressesAndBlocks() throws {
    let inside: [(String, String)] = [
      ("10.0.0.0/8", "10.255.1.2"), ("10.0.0.0/8", "::ffff:10.1.2.3"), ("0.0.0.0/0", "8.8.8.8"),
      ("192.168.1.7", "192.168.1.7"),
      ("2001:db8::/32", "2001:db8:ffff::1"), ("::/0", "2001:db8::1"), ("::/0", "1.2.3.4"), ("::1", "::1"),
      ("::ffff:10.0.0.0/104", "10.9.9.9"), ("2001:db8:0:1::/64", "2001:db8:0:1:ffff::"), ("1.2.3.4/31", "1.2.3.5"),
    ]
    let outside: [(String, String)] = [
      ("10.0.0.0/8", "11.0.0.0"), ("0.0.0.0/0", "::1"), ("0.0.0.0/0", "2001:db8::1"), ("2001:db8::/32", "2001:db9::"),
      ("192.168.1.7", "192.168.1.6"), ("::1", "127.0.0.1"), ("2001:db8:0:1::/64", "2001:db8:0:2::"),
    ]
    for (block, address) in inside {
      XCTAssertTrue(try XCTUnwrap(CIDR(block)).contains(try XCTUnwrap(IPAddress(address))), "\(block) \(address)")
    }
    for (block, address) in outside {
      XCTAssertFalse(try XCTUnwrap(CIDR(block)).contains(try XCTUnwrap(IPAddress(address))), "\(block) \(address)")
    }
    for wrong in [
      "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.1/8", "10.0.0/8", "010.0.0.0/8",
      "::/129",
      "10.0.0.0/8/8", "fe80::1%eth0", "10.0.0.0 ", "::g", "10.0.0.0/-1", "1.2.3.4\u{0}", "[::1]", "0x0a.0.0.0",
    ] { XCTAssertNil(CIDR(wrong), wrong) }
    for text in ["10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32", "::/0", "1.2.3.4/32"] {
      XCTAssertEqual(CIDR(text)?.description, text)
    }
    XCTAssertEqual(IPAddress("::ffff:1.2.3.4"), IPAddress("1.2.3.4"))
    XCTAssertEqual(IPAddress("2001:0DB8::0001")?.description, "2001:db8::1")
    XCTAssertTrue(IPAddress("127.9.9.9")?.isLoopback ?? false)
    XCTAssertFalse(IPAddress("::2")?.isLoopback ?? true)
  }
}
