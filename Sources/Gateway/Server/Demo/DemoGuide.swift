import JSON

/// What the demo tells whoever started it: where everything is, and commands that work as they are pasted.
struct DemoGuide: Sendable {
  let folder: String
  /// The path of this program, for the commands.
  let program: String
  /// The folder of sample messages; nil where it is not found.
  let samples: String?
  let ports: DemoPorts
  let certificates: DemoCertificates
  let partners: DemoPartners
  /// A patient of each clinic: slug and id.
  let patients: [(clinic: String, id: String)]

  var configurationPath: String { "\(folder)/passerelle.conf" }
  var base: String { "https://localhost:\(ports.https)" }
  /// Where the EMR keeps the messages of its HL7 feed.
  var fed: String { "\(folder)/received/emr" }
  func curlPath(_ slug: String) -> String { "\(folder)/curl/\(slug)" }

  /// A file for `curl -K` with a partner's key, certificate and the demo's authority: no secret on a command line.
  func curlConfiguration(_ holder: DemoCertificates.Holder, key: String) -> String {
    """
    # curl -K this: the partner \(holder.name) of the demo
    silent
    show-error
    fail-with-body
    cacert = "\(certificates.authority)"
    cert = "\(certificates.certificate(holder))"
    key = "\(certificates.key(holder))"
    header = "Authorization: Bearer \(key)"
    write-out = "\\n"

    """
  }

  /// `demo.json`, for programs.
  func json(keys: [String: String]) -> JSONValue {
    var all = JSONObject()
    for slug in DemoPartners.slugs {
      guard let holder = DemoCertificates.Holder.allCases.first(where: { $0.name == slug }) else { continue }
      all[slug] = [
        "key": JSONValue(keys[slug]), "certificate": .string(certificates.certificate(holder)),
        "private_key": .string(certificates.key(holder)), "curl": .string(curlPath(slug)),
      ]
    }
    return [
      "fhir_base": .string("\(base)/fhir"), "clinics": .array(DemoPartners.clinics.map { .string($0) }),
      "ca": .string(certificates.authority), "mllp_plain": .string("127.0.0.1:\(ports.mllpPlain)"),
      "mllp_tls": .string("127.0.0.1:\(ports.mllpTLS)"), "operations": .string("http://127.0.0.1:\(ports.operations)"),
      "partners": .object(all), "receiver": .string("https://localhost:\(ports.receiver)"),
      "received": .string("\(folder)/received"), "feed": .string("mllps://localhost:\(ports.feed)"),
      "fed": .string(fed), "configuration": .string(configurationPath),
      "program": .string(program),
    ]
  }

  var text: String {
    """

    Passerelle serves two sample clinics: casablanca (physiotherapy, MAD) and paris (dentistry, EUR).

      FHIR R4      \(base)/fhir/casablanca and \(base)/fhir/paris
      HL7 v2       127.0.0.1:\(ports.mllpPlain) plain, 127.0.0.1:\(ports.mllpTLS) TLS, \(base)/hl7v2/casablanca
      deliveries   to a receiving partner on https://localhost:\(ports.receiver), which keeps them in \(folder)/received
      HL7 feed     to the EMR on mllps://localhost:\(ports.feed), which keeps its messages in \(fed)
      operations   http://127.0.0.1:\(ports.operations)/readyz and /metrics
      data         \(folder)

    Paste these into another terminal:

    \(sections.map { "# \($0.title)\n" + $0.commands.joined(separator: "\n") }.joined(separator: "\n\n"))

    Ctrl-C stops everything; the next start goes on with the same data, keys and certificates.

    """
  }

  private var sections: [(title: String, commands: [String])] {
    let emr = "curl -K \(curlPath("emr"))"
    var all: [(title: String, commands: [String])] = [
      (
        "Search patients by name, as the EMR: client certificate and API key lie in the file that curl reads",
        ["\(emr) '\(base)/fhir/casablanca/Patient?family=b&_count=3&_sort=family'"]
      ),
      (
        "Read a patient of each clinic, then what one was billed",
        patients.map { "\(emr) \(base)/fhir/\($0.clinic)/Patient/\($0.id)" }
          + patients.suffix(1).map { "\(emr) '\(base)/fhir/\($0.clinic)/Invoice?patient=\($0.id)'" }
      ),
    ]
    if let samples {
      let hospital = DemoCertificates.Holder.hospital
      all.append(
        (
          "Admit a patient by HL7 v2 over TLS, book her an appointment over HTTPS, and find her by FHIR",
          [
            "\(program) hl7 send \(samples)/adt_a01_admit.hl7 --to localhost:\(ports.mllpTLS) --ca \(certificates.authority)"
              + " --certificate \(certificates.certificate(hospital)) --key \(certificates.key(hospital))",
            "curl -K \(curlPath("hospital")) -H 'Content-Type: application/hl7-v2'"
              + " --data-binary @\(samples)/siu_s12_book.hl7 \(base)/hl7v2/casablanca | tr '\\r' '\\n'",
            "\(emr) '\(base)/fhir/casablanca/Patient?family=Berrada'",
            "\(program) messages list --config \(configurationPath)",
          ]
        ))
      all.append(
        (
          "See what the EMR was told of her: its HL7 feed brings ADT and SIU over MLLP with TLS, in order",
          [
            "sleep 1; cat $(ls -tr \(fed)/*.hl7) | tr '\\r' '\\n' | grep -E '^(MSH|PID|SCH)'",
            "\(program) deliveries list --partner emr --config \(configurationPath)",
          ]
        ))
    }
    all += [
      (
        "Issue an invoice: the insurer gets a FHIR claim, the accountant a UBL invoice",
        [
          "\(program) demo invoice --clinic paris --config \(configurationPath)",
          "sleep 2; ls -l \(folder)/received",
          "\(program) deliveries list --config \(configurationPath)",
        ]
      ),
      (
        "Answer that claim as the insurer: the claim becomes paid, and the invoice's open amount falls",
        [
          "\(program) demo answer --clinic paris --config \(configurationPath) |"
            + " curl -K \(curlPath("insurer")) -H 'Content-Type: application/fhir+json' --data-binary @-"
            + " \(base)/fhir/paris/ClaimResponse"
        ]
      ),
      (
        "Who looked at what, as the auditor",
        ["curl -K \(curlPath("auditor")) '\(base)/fhir/casablanca/AuditEvent?_count=3'"]
      ),
      (
        "How the gateway is",
        [
          "curl -s http://127.0.0.1:\(ports.operations)/readyz; echo",
          "curl -s http://127.0.0.1:\(ports.operations)/metrics | grep requests_total | grep -v ' 0$'",
          "\(program) doctor --config \(configurationPath)",
        ]
      ),
    ]
    return all
  }
}
