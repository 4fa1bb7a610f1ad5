import CLinux
import Glibc
import PostgresClient
import Reactor

/// What `doctor` asks the database.
///
/// Isolation: tasks of the pool's loop.
enum DatabaseChecks {
  static let skewWarningMilliseconds: Int64 = 1_000
  static let skewFailureMilliseconds: Int64 = 30_000

  static func asApp(_ pool: PostgresPool) async throws -> [Finding] {
    [
      try await schema(pool), try await durability(pool), try await clock(pool), try await version(pool),
    ]
  }

  static func asOwner(_ pool: PostgresPool, certificateWarningDays: Int) async throws -> [Finding] {
    var findings = [try await rowSecurity(pool), try await partitions(pool)]
    findings += try await zones(pool)
    findings += try await deliveries(pool)
    findings += try await profiles(pool)
    return findings + (try await partners(pool, certificateWarningDays))
  }

  // MARK: As the runtime role

  private static func schema(_ pool: PostgresPool) async throws -> Finding {
    do {
      try await Migrator().check(pool)
      return .pass("schema", "at step \(Migration.all.last?.number ?? 0), this program's")
    } catch let error as MigrationError {
      let next =
        error.code == .databaseIsNewer
        ? "run the newer program, or restore an older backup" : "run `passerelle migrate`"
      return .fail("schema", error.description, next: next)
    }
  }

  private static func durability(_ pool: PostgresPool) async throws -> Finding {
    let row = try await pool.run(
      PostgresQuery(
        """
        select current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),
          current_setting('data_checksums')
        """))[0]
    let (fsync, pages, commit) = (try row.string(0), try row.string(1), try row.string(2))
    guard fsync == "on", pages == "on", commit != "off" else {
      return .fail(
        "durability", "fsync \(fsync), full_page_writes \(pages), synchronous_commit \(commit)",
        next: "turn all three on: an acknowledged message or audit row could be lost with the power")
    }
    guard try row.string(3) == "on" else {
      return .warn(
        "durability", "fsync, full_page_writes and synchronous_commit are on, data_checksums off",
        next: "stop Postgres and run pg_checksums --enable, so that a failing disk is noticed")
    }
    return .pass("durability", "fsync, full_page_writes, synchronous_commit and data_checksums are on")
  }

  private static func clock(_ pool: PostgresPool) async throws -> Finding {
    let before = clinux_wall_nanoseconds()
    let theirs = try await pool.run(
      PostgresQuery("select (extract(epoch from clock_timestamp()) * 1000)::bigint"))[0].int(0)
    let ours = (before + clinux_wall_nanoseconds()) / 2 / 1_000_000
    let skew = abs(Int64(theirs) - ours)
    let text = "\(skew) ms between this machine and the database"
    if skew >= skewFailureMilliseconds {
      return .fail("clock", text, next: "run a time service (chrony) on both: expiries and audit depend on it")
    }
    if skew >= skewWarningMilliseconds { return .warn("clock", text, next: "run a time service (chrony) on both") }
    return .pass("clock", text)
  }

  private static func version(_ pool: PostgresPool) async throws -> Finding {
    let row = try await pool.run(
      PostgresQuery("select current_setting('server_version_num')::integer, current_setting('server_version')"))[0]
    guard try row.int(0) >= 150_000 else {
      return .fail("postgres", "version \(try row.string(1))", next: "Passerelle needs Postgres 15 or newer")
    }
    return .pass("postgres", "version \(try row.string(1))")
  }

  // MARK: As the owner

  /// Every table that holds a clinic's rows, partitions included.
  private static func rowSecurity(_ pool: PostgresPool) async throws -> Finding {
    let rows = try await pool.run(
      PostgresQuery(
        """
        select n.nspname || '.' || c.relname, c.relrowsecurity and c.relforcerowsecurity
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('clinic', 'gateway') and c.relkind in ('r', 'p')
          and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'clinic_id')
        order by 1
        """))
    var open: [String] = []
    for row in rows where !(try row.bool(1)) { open.append(try row.string(0)) }
    guard open.isEmpty, rows.rowCount > 0 else {
      return .fail(
        "row-level security", rows.isEmpty ? "there are no tables" : "not forced on \(open.joined(separator: ", "))",
        next: rows.isEmpty
          ? "run `passerelle migrate`" : "ALTER TABLE … ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    }
    return .pass("row-level security", "forced on all \(rows.rowCount) tables that hold a clinic's rows")
  }

  private static func partitions(_ pool: PostgresPool) async throws -> Finding {
    let missing = try await pool.run(
      PostgresQuery(
        """
        select p.name || to_char(m.month, '"_"YYYYMM')
        from (values ('hl7_message'), ('audit_event')) as p (name),
          (select date_trunc('month', now() at time zone 'UTC') + make_interval(months => s) as month
           from generate_series(0, 1) s) m
        where to_regclass('gateway.' || p.name || to_char(m.month, '"_"YYYYMM')) is null order by 1
        """))
    guard missing.isEmpty else {
      let names = try missing.map { try $0.string(0) }.joined(separator: ", ")
      return .warn(
        "partitions", "missing: \(names); rows go to the default partition meanwhile",
        next: "select gateway.ensure_partitions() as the owner")
    }
    return .pass("partitions", "this month's and the next one's are there")
  }

  /// A zone that this machine does not know would put every time of its clinic wrong.
  private static func zones(_ pool: PostgresPool) async throws -> [Finding] {
    let clinics = try await pool.run([
      CommandDatabase.actAsOwner,
      PostgresQuery("select slug, time_zone from clinic.clinic where deleted_at is null order by slug"),
    ])[1]
    var findings: [Finding] = []
    for row in clinics where ZoneFiles.offsets(named: try row.string(1)) == nil {
      findings.append(
        .fail(
          "time zone", "clinic '\(try row.string(0))' is in '\(try row.string(1))', which \(ZoneFiles.folder) lacks",
          next: "install the package tzdata, or mend clinic.time_zone"))
    }
    return findings.isEmpty ? [.pass("time zone", "known for all \(clinics.rowCount) clinics")] : findings
  }

  private static func profiles(_ pool: PostgresPool) async throws -> [Finding] {
    let rows = try await pool.run([
      CommandDatabase.actAsOwner,
      PostgresQuery("select slug, hl7_profile::text from gateway.partner where hl7_profile <> '{}' order by slug"),
    ])[1]
    var findings: [Finding] = []
    for row in rows {
      guard let fault = HL7PartnerProfile(stored: try row.string(1)).fault else { continue }
      let slug = try row.string(0)
      findings.append(
        .fail(
          "hl7-profiles", "the profile of '\(slug)': \(fault); its messages are kept and answered AE",
          next: "`passerelle partner update \(slug) --hl7-profile FILE`, then `passerelle messages reprocess`"))
    }
    return findings.isEmpty ? [.pass("hl7-profiles", "\(rows.rowCount) of partners read")] : findings
  }

  private static func deliveries(_ pool: PostgresPool) async throws -> [Finding] {
    let rows = try await pool.run([
      CommandDatabase.actAsOwner,
      PostgresQuery(
        """
        select partner, count, extract(epoch from now() - oldest)::bigint / 3600 from gateway.delivery_counts()
        where state = 'dead'
        """),
      PostgresQuery(
        """
        select slug, coalesce(deliveries_paused_reason, 'by hand') from gateway.partner
        where deliveries_paused_at is not null
        """),
    ])
    var findings: [Finding] = []
    for row in rows[1] {
      findings.append(
        .warn(
          "deliveries", "\(try row.int(1)) dead letters for '\(try row.string(0))', the oldest \(try row.int(2)) h old",
          next: "`passerelle deliveries list --state dead --partner \(try row.string(0))`, then `deliveries retry`"))
    }
    for row in rows[2] {
      findings.append(
        .warn(
          "deliveries", "paused for '\(try row.string(0))': \(try row.string(1))",
          next: "`passerelle partner update \(try row.string(0)) --resume-deliveries` when it is ready"))
    }
    return findings.isEmpty ? [.pass("deliveries", "no dead letters, no partner paused")] : findings
  }

  private static func partners(_ pool: PostgresPool, _ warningDays: Int) async throws -> [Finding] {
    let rows = try await pool.run([
      CommandDatabase.actAsOwner,
      PostgresQuery(
        """
        select p.slug, p.credential, p.scopes, p.delivery_certificate_path, p.delivery_key_path, p.delivery_ca_path,
          exists (select from gateway.api_key k where k.partner_id = p.id and k.revoked_at is null
            and (k.expires_at is null or k.expires_at > now())),
          exists (select from gateway.partner_certificate c where c.partner_id = p.id and c.revoked_at is null)
        from gateway.partner p where p.enabled order by p.slug
        """),
    ])[1]
    var findings: [Finding] = []
    for row in rows {
      let slug = try row.string(0)
      let credential = try row.string(1)
      if credential != "certificate", !(try row.bool(6)), !(try row.strings(2)).isEmpty {
        findings.append(
          .warn("partner \(slug)", "must show a key and has none", next: "`passerelle key create \(slug)`"))
      }
      if credential != "key", !(try row.bool(7)) {
        findings.append(
          .warn(
            "partner \(slug)", "must show a certificate and has none",
            next: "`passerelle partner update \(slug) --certificate FILE`"))
      }
      for scope in try row.strings(2) where (try? Scope(scope)) == nil {
        findings.append(
          .fail(
            "partner \(slug)", "its scope \(scope.debugDescription) cannot be read and grants nothing",
            next: "`passerelle partner update \(slug) --scope …`"))
      }
      if let certificate = try row.optionalString(3), let key = try row.optionalString(4) {
        findings.append(identity("partner \(slug)", certificate, key, warningDays))
      }
      if let authority = try row.optionalString(5), (try? PeerCertificate.read(path: authority)) == nil {
        findings.append(
          .fail(
            "partner \(slug)", "\(authority) holds no certificate of an authority",
            next: "`passerelle partner update \(slug) --delivery-ca FILE`"))
      }
    }
    return findings.isEmpty ? [.pass("partners", "\(rows.rowCount) enabled, each with what it must show")] : findings
  }

  private static func identity(_ check: String, _ certificate: String, _ key: String, _ days: Int) -> Finding {
    do throws(TLSError) {
      let context = try TLSContext.client(identity: .init(chainPath: certificate, keyPath: key))
      guard let own = context.certificate else {
        return .fail(check, "\(certificate) holds no certificate", next: "give a PEM file")
      }
      return Doctor.dates("\(check), our certificate for deliveries", own, days)
    } catch {
      return .fail(check, error.detail, next: "`passerelle partner update` with both files")
    }
  }
}
