import Reactor
import XCTest

final class SocketAddressTests: XCTestCase {
  func testTextsRoundTrip() throws {
    for text in ["127.0.0.1:80", "[::1]:65535", "[2001:db8::7]:0", "unix:/run/x.sock"] {
      XCTAssertEqual(try XCTUnwrap(SocketAddress(parsing: text)).description, text)
    }
    let address = try XCTUnwrap(SocketAddress(ip: "[2001:DB8::7]", port: 9))
    XCTAssertEqual(address.host, "2001:db8::7")
    XCTAssertEqual(address.with(port: 10).port, 10)
  }

  func testWhatIsNoAddressIsNil() {
    for text in ["", "localhost:80", "1.2.3:4", "1.2.3.4", "1.2.3.4:65536", "::1:80", "[::1]", "unix:", "[::g]:1"] {
      XCTAssertNil(SocketAddress(parsing: text), text)
    }
    XCTAssertNil(SocketAddress(unixPath: String(repeating: "x", count: 108)))
  }

  func testResolving() async throws {
    try await EventLoop.onLoop { loop in
      let numeric = try await Resolver.addresses(of: "192.0.2.1", port: 5, loop: loop, until: .never)
      XCTAssertEqual(numeric.map(\.description), ["192.0.2.1:5"])
      let local = try await Resolver.addresses(
        of: "localhost", port: 7, loop: loop, until: .after(milliseconds: 5_000))
      XCTAssertTrue(local.contains { ["127.0.0.1:7", "[::1]:7"].contains($0.description) }, "\(local)")
      do {
        _ = try await Resolver.addresses(of: "no such host", port: 7, loop: loop, until: .after(milliseconds: 5_000))
        XCTFail("a name with spaces has an address")
      } catch {}
    }
  }
}
