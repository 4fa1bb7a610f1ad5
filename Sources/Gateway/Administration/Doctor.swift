import Glibc
package import JSON
import PostgresClient

/// One thing that `doctor` looked at.
package struct Finding: Sendable, Equatable {
  package enum State: String, Sendable { case pass, warn, fail }

  package let check: String
  package let state: State
  package let text: String
  /// What to do about it.
  package let next: String?

  static func pass(_ check: String, _ text: String) -> Finding {
    Finding(check: check, state: .pass, text: text, next: nil)
  }

  static func warn(_ check: String, _ text: String, next: String) -> Finding {
    Finding(check: check, state: .warn, text: text, next: next)
  }

  static func fail(_ check: String, _ text: String, next: String) -> Finding {
    Finding(check: check, state: .fail, text: text, next: next)
  }
}

/// Everything that `doctor` found.
package struct DoctorReport: Sendable {
  package private(set) var findings: [Finding] = []

  package init() {}

  mutating func add(_ findings: [Finding]) { self.findings += findings }
  mutating func add(_ finding: Finding) { findings.append(finding) }

  package var isHealthy: Bool { !findings.contains { $0.state == .fail } }

  package var text: String {
    var lines = findings.map { finding in
      "\(finding.state.rawValue)  \(finding.check): \(finding.text)" + (finding.next.map { "\n      → \($0)" } ?? "")
    }
    let failures = findings.count { $0.state == .fail }
    let warnings = findings.count { $0.state == .warn }
    lines.append("\(findings.count) checks, \(failures) failed, \(warnings) to look at")
    return lines.joined(separator: "\n")
  }

  package var json: JSONValue {
    [
      "healthy": .bool(isHealthy),
      "findings": .array(
        findings.map { finding in
          [
            "check": .string(finding.check), "state": .string(finding.state.rawValue), "text": .string(finding.text),
            "next": JSONValue(finding.next),
          ]
        }),
    ]
  }
}

/// Looks at everything that Passerelle stands on. Changes nothing.
package struct Doctor: Sendable {
  let configuration: Configuration
  /// Newest rows of the audit that are verified.
  let auditRows: Int

  package init(_ configuration: Configuration, auditRows: Int = 10_000) {
    self.configuration = configuration
    self.auditRows = auditRows
  }

  package func examine() async -> DoctorReport {
    var report = DoctorReport()
    report.add(.pass("configuration", "can be read, and its values fit each other"))
    report.add(dataFolder())
    report.add(certificates())
    var answers = true
    for (role, dsn) in roles {
      let found = await connection(role, dsn)
      if role == "app", found.state == .fail { answers = false }
      report.add(found)
    }
    guard answers else { return report }
    report.add(await with(configuration.database.app, "database") { try await DatabaseChecks.asApp($0) })
    guard let owner = configuration.database.owner else {
      report.add(
        .warn(
          "owner", "[database] owner is not set, so policies, partners and the audit could not be looked at",
          next: "run doctor once with PASSERELLE_DATABASE_OWNER set"))
      return report
    }
    let rows = auditRows
    let days = configuration.operations.certificateWarningDays
    report.add(
      await with(owner, "owner") { try await DatabaseChecks.asOwner($0, certificateWarningDays: days) })
    report.add(await with(owner, "audit") { try await AuditChecks.verify($0, rows: rows) })
    return report
  }

  private var roles: [(String, Secret)] {
    [
      ("app", configuration.database.app), ("dispatcher", configuration.database.dispatcher),
      ("auditor", configuration.database.auditor),
    ]
  }

  private func with(
    _ dsn: Secret, _ check: String, _ body: @escaping @Sendable (PostgresPool) async throws -> [Finding]
  ) async -> [Finding] {
    do throws(CommandFailure) {
      return try await CommandDatabase.run(dsn, body)
    } catch {
      return [.fail(check, error.message, next: "mend that first, then run doctor again")]
    }
  }

  /// Whether a role can connect, and cannot pass by row-level security.
  private func connection(_ role: String, _ dsn: Secret) async -> Finding {
    let check = "role \(role)"
    guard !dsn.isEmpty else {
      return .fail(check, "[database] \(role) is not set", next: "give its connection string")
    }
    do throws(CommandFailure) {
      return try await CommandDatabase.run(dsn) { pool in
        let row = try await pool.run(
          PostgresQuery(
            """
            select current_user, r.rolsuper or r.rolbypassrls,
              exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                where n.nspname in ('clinic', 'gateway') and pg_has_role(current_user, c.relowner, 'member'))
            from pg_roles r where r.rolname = current_user
            """))[0]
        let name = try row.string(0)
        if try row.bool(1) {
          return .fail(
            check, "connects as \(name), which may pass by row-level security",
            next: "connect as passerelle_\(role), or ALTER ROLE \(name) NOSUPERUSER NOBYPASSRLS")
        }
        if try row.bool(2) {
          return .fail(
            check, "connects as \(name), which owns Passerelle's tables",
            next: "connect as passerelle_\(role); the owner is for `migrate` and administration")
        }
        return .pass(check, "connects as \(name), which row-level security binds")
      }
    } catch {
      return .fail(check, error.message, next: "check [database] \(role) and that Postgres lets it in (pg_hba.conf)")
    }
  }
}
