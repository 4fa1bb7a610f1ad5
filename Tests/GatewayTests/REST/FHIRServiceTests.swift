import JSON
import TestSupport
import XCTest

@testable import Gateway

final class FHIRServiceTests: XCTestCase {
  func testEveryTypeIsReadAndSearched() async throws {
    let dsn = try await FHIRFixture.dsn()
    try await FHIRFixture.withService(dsn: dsn) { client in
      for type in SearchParameterRegistry.types where type != "AuditEvent" {
        let found = try await client.resources("\(type)?_count=1000")
        XCTAssertFalse(found.isEmpty, type)
        for resource in found.prefix(20) {
          let id = try XCTUnwrap(resource["id"]?.string)
          let answer = try await client.answer("GET", "\(type)/\(id)")
          XCTAssertEqual(answer.status, 200)
          XCTAssertEqual(try JSONValue.parse(answer.body), resource, "\(type)/\(id)")
          XCTAssertEqual(answer.audit.resourceID, id)
        }
      }
    }
  }
}
