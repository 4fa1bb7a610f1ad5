import XCTest

@testable import Gateway

final class DeliveryURLTests: XCTestCase {
  func testURLs() throws {
    let cases: [(String, String, UInt16, String)] = [
      ("https://partner.example", "partner.example", 443, "/"),
      ("HTTPS://Partner.Example:8443/in?x=1", "partner.example", 8443, "/in?x=1"),
      ("https://partner.example?x", "partner.example", 443, "/?x"),
      ("https://[2001:db8::1]:9/a", "2001:db8::1", 9, "/a"), ("https://192.0.2.1/", "192.0.2.1", 443, "/"),
    ]
    for (text, host, port, target) in cases {
      let url = try DeliveryURL(text)
      XCTAssertEqual([url.host, url.target], [host, target], text)
      XCTAssertEqual(url.port, port, text)
    }
    let feed = try DeliveryURL("mllps://EMR.example:2576")
    XCTAssertEqual([feed.scheme.rawValue, feed.host, "\(feed.port)"], ["mllps", "emr.example", "2576"])
    XCTAssertEqual(try DeliveryURL("MLLPS://emr.example/").port, 2575)
    for text in [
      "mllp://emr.example:2575", "mllps://emr.example/in", "mllps://emr.example?x", "mllps://",
      "", "http://partner.example/", "https://", "https:///x", "https://user:secret@partner.example/",
      "https://partner.example/#a", "https://partner.example:0/", "https://partner.example:65536/",
      "https://partner.example:/", "https://[::1/", "https://[partner]/", "https://[::1]x/", "https://par tner/",
      "https://partner.example/é", "https://a%2e/", "https://a:b:c/", "ftp://partner.example/",
      "https://" + String(repeating: "a", count: 254) + "/", "https://a/\r\nX: y",
    ] { XCTAssertThrowsError(try DeliveryURL(text), text) }
  }

  func testPublicAddresses() throws {
    for text in ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"] {
      XCTAssertTrue(try XCTUnwrap(IPAddress(text)).isPublic, text)
    }
    for text in [
      "127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
      "255.255.255.255", "::", "::1", "fe80::1", "fd00:ec2::254", "ff02::1", "::ffff:10.0.0.1", "2002:a00:1::",
      "64:ff9b::a00:1", "2001:db8::1", "198.18.0.1",
    ] { XCTAssertFalse(try XCTUnwrap(IPAddress(text)).isPublic, text) }
  }
}

final class WebhookSecretTests: XCTestCase {
  /// The example of the Standard Webhooks libraries.
  func testTheSignatureOfTheSpecification() throws {
    let secrets = try XCTUnwrap(WebhookSecrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    let body = Array(#"{"test": 2432232314}"#.utf8)
    let signature = secrets.signature(id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: body)
    XCTAssertEqual(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    XCTAssertTrue(
      secrets.accepts("v2,x \(signature)", id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: body))
    XCTAssertFalse(secrets.accepts(signature, id: "other", timestamp: 1_614_265_330, body: body))
    XCTAssertFalse(
      secrets.accepts(signature, id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_331, body: body))
  }

  func testSealedSecretsBelongToTheirPartner() throws {
    let key = [UInt8](repeating: 1, count: 32)
    let text = try WebhookSecrets.generate() + " " + WebhookSecrets.generate()
    let sealed = try WebhookSecrets.seal(text, partner: "one", key: key)
    let opened = try WebhookSecrets(sealed: sealed, partner: "one", key: key)
    XCTAssertEqual(opened, WebhookSecrets(text))
    XCTAssertEqual(opened.signature(id: "a", timestamp: 1, body: []).split(separator: " ").count, 2)
    XCTAssertThrowsError(try WebhookSecrets(sealed: sealed, partner: "two", key: key))
    XCTAssertThrowsError(try WebhookSecrets.seal("secret", partner: "one", key: key))
    for bad in ["", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] { XCTAssertNil(WebhookSecrets(bad)) }
  }

  func testRetryAfter() {
    XCTAssertEqual(DeliverySender.seconds("120", now: 0), 120)
    XCTAssertEqual(DeliverySender.seconds("Sun, 06 Nov 1994 08:49:37 GMT", now: 784_111_770), 7)
    XCTAssertEqual(DeliverySender.seconds("Sun, 06 Nov 1994 08:49:37 GMT", now: 784_111_800), 0)
    for bad in [nil, "", "-1", "soon", "12345678901234567890"] { XCTAssertNil(DeliverySender.seconds(bad, now: 0)) }
  }
}
