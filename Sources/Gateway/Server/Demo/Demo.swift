import Glibc
import JSON
import PostgresClient
import Reactor

/// The gateway with sample clinics, partners, certificates and a partner that receives, all in one folder.
///
/// What it makes it makes once: a later start goes on with the same data, keys and certificates.
package struct Demo: Sendable {
  /// An absolute path.
  let folder: String
  let dsn: String
  let ephemeralPorts: Bool
  let report: @Sendable (String) -> Void

  static let environment = "demo"

  /// - Parameters:
  ///   - dsn: the connection string of a superuser or of a member of `passerelle_owner`.
  ///   - report: is told each step, in a line.
  package init(
    folder: String, dsn: String, ephemeralPorts: Bool, report: @escaping @Sendable (String) -> Void
  ) throws(CommandFailure) {
    do throws(DataFolder.Failure) { try DataFolder.makeFolder(folder) } catch {
      throw CommandFailure(.failure, error.description)
    }
    guard let path = realpath(folder, nil) else {
      throw CommandFailure(.failure, "\(folder): \(SystemFailure.last.reason)")
    }
    defer { free(path) }
    self.folder = String(cString: path)
    self.dsn = dsn
    self.ephemeralPorts = ephemeralPorts
    self.report = report
    guard self.folder.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && !"'\"\\$`".utf8.contains($0) }) else {
      throw CommandFailure(
        .failure, "\(self.folder): the demo's folder may hold no spaces or quotes, since commands are printed with it")
    }
  }

  /// Prepares everything and serves until SIGTERM or SIGINT.
  package func run() async throws(CommandFailure) {
    // Everything in the folder is for its owner alone.
    umask(0o077)
    unlink("\(folder)/demo.json")
    let ports = try DemoPorts.choose(ephemeral: ephemeralPorts)
    let certificates = DemoCertificates(folder: folder + "/certificates")
    let made = try certificates.prepare()
    if !made.isEmpty { report("made certificates: \(made.joined(separator: ", "))") }
    try write(configurationText(ports, certificates), to: "passerelle.conf")
    let configuration = try loadConfiguration()
    let partners = DemoPartners(
      certificates: certificates, keyFolder: folder + "/keys", receiverURL: "https://localhost:\(ports.receiver)",
      feedURL: "mllps://localhost:\(ports.feed)",
      environment: Self.environment, sealingKey: try SealingKey.load(configuration.gateway))
    try makeFolders()
    let patients = try await prepareDatabase(partners)
    let guide = DemoGuide(
      folder: folder, program: Self.program, samples: Self.samples, ports: ports, certificates: certificates,
      partners: partners, patients: patients)
    let keys = try keys(guide)
    do {
      try await EventLoop.withLoop { loop in try await serve(configuration, guide, keys, receivingOn: loop) }
    } catch {
      throw CommandFailure(starting: error)
    }
  }

  // MARK: Parts

  private func serve(
    _ configuration: Configuration, _ guide: DemoGuide, _ keys: [String: String], receivingOn loop: EventLoop
  ) async throws {
    let (folder, port, feedPort) = (self.folder, guide.ports.receiver, guide.ports.feed)
    let identity = TLSContext.Identity(
      chainPath: guide.certificates.certificate(.receiver), keyPath: guide.certificates.key(.receiver))
    let authority = guide.certificates.authority
    let secrets = try guide.partners.secrets()
    let receiver = try await loop.run {
      let receiver = try ReceivingPartner(loop: loop, folder: folder + "/received", secrets: secrets)
      let tls = try TLSContextBox { () throws(TLSError) in
        try TLSContext.server(
          identity: identity, clientCertificates: .required, clientAuthorities: authority, speaksHTTP: true)
      }
      guard let address = SocketAddress(ip: "127.0.0.1", port: port) else { return receiver }
      _ = try receiver.serve(at: address, tls: tls)
      return receiver
    }
    let emr = try await loop.run {
      let emr = try ReceivingEMR(loop: loop, folder: guide.fed)
      let tls = try TLSContextBox { () throws(TLSError) in
        try TLSContext.server(identity: identity, clientCertificates: .required, clientAuthorities: authority)
      }
      if let address = SocketAddress(ip: "127.0.0.1", port: feedPort) { _ = try emr.serve(at: address, tls: tls) }
      return emr
    }
    let server = try await PasserelleServer.start(configuration)
    try write(String(decoding: guide.json(keys: keys).serialized(), as: UTF8.self) + "\n", to: "demo.json")
    report(guide.text)
    try await server.run()
    unlink("\(folder)/demo.json")
    try await loop.run {
      emr.stop()
      await receiver.stop(until: .after(milliseconds: 1_000))
    }
  }

  /// Migrates, loads the clinics, sets the partners up; answers a patient of each clinic.
  private func prepareDatabase(_ partners: DemoPartners) async throws(CommandFailure) -> [(clinic: String, id: String)]
  {
    let report = report
    return try await CommandDatabase.run(Secret(dsn)) { pool in
      let applied = try await Migrator().migrate(pool)
      if !applied.isEmpty { report("migrated the database: \(applied.count) steps") }
      let made = try await Seeder().loadSamples(pool)
      if !made.isEmpty { report("loaded the sample clinics \(made.joined(separator: " and "))") }
      try await partners.prepare(pool)
      let rows = try await pool.run([
        CommandDatabase.actAsOwner,
        PostgresQuery(
          """
          select c.slug, i.patient_id from clinic.clinic c
          join lateral (select patient_id from clinic.invoice i where i.clinic_id = c.clinic_id and i.status = 'balanced'
            order by i.number limit 1) i on true
          where c.slug = any ($1::text[]) order by 1
          """, [.textArray(DemoPartners.clinics)]),
      ])[1]
      return try rows.map { (clinic: try $0.string(0), id: try $0.string(1)) }
    }
  }

  private func makeFolders() throws(CommandFailure) {
    for name in ["keys", "curl", "received"] {
      do throws(DataFolder.Failure) { try DataFolder.makeFolder("\(folder)/\(name)") } catch {
        throw CommandFailure(.failure, error.description)
      }
    }
  }

  /// Reads every partner's key and writes its file for curl.
  private func keys(_ guide: DemoGuide) throws(CommandFailure) -> [String: String] {
    var keys: [String: String] = [:]
    for holder in DemoCertificates.Holder.allCases where DemoPartners.slugs.contains(holder.name) {
      do throws(SystemFailure) {
        let text = try readWholeFile(guide.partners.keyPath(holder.name), maximumBytes: 256)
        keys[holder.name] = String(decoding: text.filter { $0 > 0x20 }, as: UTF8.self)
      } catch {
        throw CommandFailure(.failure, "\(guide.partners.keyPath(holder.name)): \(error.reason)")
      }
      try write(guide.curlConfiguration(holder, key: keys[holder.name] ?? ""), to: "curl/\(holder.name)")
    }
    return keys
  }

  private func configurationText(_ ports: DemoPorts, _ certificates: DemoCertificates) -> String {
    func role(_ name: String) -> String { Self.quoted(PostgresDSN.adding(user: name, to: dsn)) }
    return """
      # Written by `passerelle demo` at every start; `passerelle config keys` explains each key.
      [gateway]
      environment = "\(Self.environment)"
      data_folder = "\(folder)"
      base_url = "https://localhost:\(ports.https)"
      drain_seconds = 5
      [database]
      app = \(role("passerelle_app"))
      dispatcher = \(role("passerelle_dispatcher"))
      auditor = \(role("passerelle_auditor"))
      owner = \(Self.quoted(dsn))
      [http]
      listen = ["127.0.0.1:\(ports.https)"]
      certificate = "\(certificates.certificate(.server))"
      key = "\(certificates.key(.server))"
      client_ca = "\(certificates.authority)"
      [mllp "plain"]
      address = "127.0.0.1:\(ports.mllpPlain)"
      [mllp "tls"]
      address = "127.0.0.1:\(ports.mllpTLS)"
      tls = "optional"
      [operations]
      listen = "127.0.0.1:\(ports.operations)"

      """
  }

  private static func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }

  private func loadConfiguration() throws(CommandFailure) -> Configuration {
    let path = "\(folder)/passerelle.conf"
    do {
      return try ConfigurationLoader.load(
        file: (path, try readWholeFile(path, maximumBytes: ConfigurationSyntax.maximumBytes)), environment: [:])
    } catch {
      throw CommandFailure(.configuration, "\(path): \(error)")
    }
  }

  private func write(_ text: String, to name: String) throws(CommandFailure) {
    do throws(DataFolder.Failure) {
      try DataFolder.write(Array(text.utf8), to: "\(folder)/\(name)", mode: 0o600)
    } catch {
      throw CommandFailure(.failure, error.description)
    }
  }

  /// As it was called, from the root: shorter than the path behind the links of a build folder.
  private static var program: String {
    let called = CommandLine.arguments.first ?? ""
    if called.hasPrefix("/") { return called }
    guard let path = realpath(called.contains("/") ? "." : "/proc/self/exe", nil) else { return "passerelle" }
    defer { free(path) }
    let folder = String(cString: path)
    return called.contains("/") ? "\(folder)/\(called.hasPrefix("./") ? String(called.dropFirst(2)) : called)" : folder
  }

  private static var samples: String? {
    guard let path = realpath("Samples/hl7", nil) else { return nil }
    defer { free(path) }
    return String(cString: path)
  }
}

/// Connection strings of libpq.
enum PostgresDSN {
  /// The same database as another user: a later keyword wins.
  static func adding(user: String, to dsn: String) -> String {
    guard dsn.hasPrefix("postgresql://") || dsn.hasPrefix("postgres://") else { return dsn + " user=\(user)" }
    return dsn + (dsn.contains("?") ? "&" : "?") + "user=\(user)"
  }
}
