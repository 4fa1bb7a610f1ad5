import XCTest

@testable import Gateway

final class ScopeTests: XCTestCase {
  func testTheGrammarBothWays() throws {
    for text in [
      "system/Patient.rs", "system/*.r", "system/Invoice.cruds", "system/AuditEvent.s", "passerelle/hl7v2.c",
    ] {
      XCTAssertEqual(try Scope(text).description, text)
    }
    let refused = [
      "", "Patient.rs", "system/", "system/Patient", "system/Patient.", "system/.rs", "system/Patient.sr",
      "system/Patient.rr",
      "system/Patient.x", "system/Patient.RS", "system/patient.rs", "system/Pat ient.rs", "system/Patient.rs ",
      "user/Patient.rs",
      "patient/Patient.rs", "System/Patient.rs", "system/Patient.read", "system/Patient.write", "system/Patient.*",
      "system/**.r", "system/*Patient.r", "system/Patient.rs?status=active", "system/Patient.r.s", "system//Patient.r",
      "system/Patiént.r", "system/P.r", "openid", "passerelle/hl7v2.r", "passerelle/hl7v2", "system/Patient.r\u{301}",
    ]
    for text in refused { XCTAssertThrowsError(try Scope(text), text) }
    XCTAssertThrowsError(try Scope("system/Patinet.r", knownTypes: ["Patient"])) {
      XCTAssertEqual(
        "\($0)", "scope \"system/Patinet.r\": unknown resource type Patinet; did you mean Patient?")
    }
    XCTAssertThrowsError(try ScopeSet(parsing: "system/Patient.r  system/Claim.r"))
    XCTAssertThrowsError(try ScopeSet(parsing: Array(repeating: "system/A.r", count: 257).joined(separator: " ")))
    XCTAssertTrue(try ScopeSet(parsing: "").isEmpty)
  }

  /// Every set of letters, on a type or on all, against every interaction on two types.
  func testEveryGrantAgainstEveryInteraction() throws {
    for raw in UInt8(1)..<32 {
      let granted = Permissions(rawValue: raw)
      for target in ["Patient", "*"] {
        let scopes = try ScopeSet(parsing: "system/\(target).\(granted)")
        XCTAssertEqual(scopes.description, "system/\(target).\(granted)")
        for interaction in Interaction.allCases {
          let has = granted.contains(interaction.permission)
          XCTAssertEqual(
            scopes.allows(interaction, on: "Patient"), has && (target == "*" || !interaction.isSystemWide),
            "\(scopes) \(interaction)")
          XCTAssertEqual(scopes.allows(interaction, on: "Invoice"), has && target == "*", "\(scopes) \(interaction)")
        }
        XCTAssertFalse(scopes.mayPostHL7v2)
      }
    }
  }

  func testAKeyNarrowsAndNeverWidens() throws {
    let cases: [(String, String, String)] = [
      ("system/*.rs", "system/Patient.cruds", "system/Patient.rs"), ("system/Patient.rs", "system/Invoice.rs", ""),
      ("system/*.r system/Patient.s", "system/*.rs", "system/*.r system/Patient.s"),
      ("system/Patient.rs passerelle/hl7v2.c", "system/*.cruds", "system/Patient.rs"),
      ("system/*.r passerelle/hl7v2.c", "passerelle/hl7v2.c", "passerelle/hl7v2.c"), ("system/*.r", "", ""),
    ]
    for (partner, key, both) in cases {
      let left = try ScopeSet(parsing: partner)
      let right = try ScopeSet(parsing: key)
      XCTAssertEqual(left.intersection(right).description, both)
      XCTAssertEqual(right.intersection(left).description, both)
      for interaction in Interaction.allCases {
        for type in ["Patient", "Invoice", "Claim"] {
          XCTAssertEqual(
            left.intersection(right).allows(interaction, on: type),
            left.allows(interaction, on: type) && right.allows(interaction, on: type),
            "\(partner) | \(key) | \(interaction) \(type)")
        }
      }
    }
  }
}
