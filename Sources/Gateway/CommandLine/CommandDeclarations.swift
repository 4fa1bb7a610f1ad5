/// The commands of the program as people call them. A declaration becomes a command when its body is added to
/// `Sources/passerelle/Commands.swift`; until then it is neither in the help nor callable.
extension CommandDeclaration {
  package static let configKeys = CommandDeclaration(
    "config keys", "List every key of the configuration with its default",
    "Without an option: a commented file to start from.",
    options: [OptionDeclaration("format", .choice(["file", "markdown"]), "FORM", "How to list them.")],
    examples: [
      .init("passerelle config keys > passerelle.conf", "Begins a configuration file in which everything is a comment.")
    ])

  package static let configCheck = CommandDeclaration(
    "config check", "Say everything that is wrong with the configuration",
    "Reads the file, the environment and the secrets that they name; connects to nothing.",
    examples: [.init("passerelle config check --config passerelle.conf", "Exits with 3 when something is wrong.")])

  package static let serve = CommandDeclaration(
    "serve", "Run the gateway", "Runs until SIGTERM or Ctrl-C, then drains. SIGHUP reloads certificates.",
    examples: [.init("passerelle serve --config passerelle.conf", "Serves FHIR, HL7 and deliveries as configured.")])

  package static let demo = CommandDeclaration(
    "demo", "Run the gateway with two sample clinics, five partners and a partner that receives",
    """
    Migrates, loads the sample clinics, makes a certificate authority with certificates and keys for every partner, then
    serves and prints commands to paste. All of it stays in the folder, so that a second start goes on from there.
    `make run` starts a private Postgres for it and gives its connection string.
    """,
    options: [
      OptionDeclaration("data", .text, "FOLDER", "Where everything is kept; else .passerelle."),
      OptionDeclaration(
        "database", .text, "DSN", "Connection string of a superuser or of the owner.", isRequired: true),
      OptionDeclaration(
        "ephemeral-ports", .flag, "", "Let the system choose free ports instead of 8443, 2575, 2576, …"),
    ],
    examples: [
      .init(
        "passerelle demo --data .passerelle --database 'host=/tmp/psl user=postgres dbname=postgres'",
        "Serves on loopback addresses until Ctrl-C.")
    ])

  package static let demoInvoice = CommandDeclaration(
    "demo invoice", "Issue an invoice, as the clinic's own software would",
    """
    Writes an invoice for a patient whose insurer is a partner, and issues it. The commit owes the insurer a claim and
    the accounting partner a UBL invoice: watch them with `passerelle deliveries list`.
    """,
    options: [OptionDeclaration("clinic", .text, "SLUG", "The clinic; else casablanca.")],
    examples: [
      .init("passerelle demo invoice --clinic paris --config .passerelle/passerelle.conf", "Says what it owes to whom.")
    ])

  package static let demoAnswer = CommandDeclaration(
    "demo answer", "Write what the insurer would answer to its latest claim",
    """
    Prints a FHIR ClaimResponse that pays the clinic's latest unanswered claim in full. It changes nothing: post it with
    the insurer's key and certificate, and the claim becomes paid and the invoice's open amount falls.
    """,
    options: [OptionDeclaration("clinic", .text, "SLUG", "The clinic; else casablanca.")],
    examples: [
      .init(
        "passerelle demo answer --clinic paris --config .passerelle/passerelle.conf",
        "The ClaimResponse; `curl --data-binary @-` posts it.")
    ])

  package static let migrate = CommandDeclaration(
    "migrate", "Bring the database's schemas to this version",
    "Needs [database] owner. Safe to repeat and to interrupt: each step is one transaction.",
    options: [
      OptionDeclaration("status", .flag, "", "Only say which steps are applied; exits with 1 when some are missing.")
    ],
    examples: [
      .init("passerelle migrate", "Applies what is missing and says what it applied."),
      .init("passerelle migrate --status", "Changes nothing."),
    ])

  package static let seed = CommandDeclaration(
    "seed", "Make the sample clinics, or fill a clinic with made-up patients",
    "Needs [database] owner. Numbers go on where the clinic stands; the same numbers always give the same patients.",
    options: [
      OptionDeclaration(
        "samples", .flag, "", "Make the two sample clinics, casablanca and paris, if they are not there."),
      OptionDeclaration("clinic", .text, "SLUG", "The clinic to fill."),
      OptionDeclaration("patients", .integer(1...10_000_000), "N", "How many patients to add."),
    ],
    examples: [
      .init("passerelle seed --samples", "Makes two clinics of 72 patients each."),
      .init(
        "passerelle seed --clinic casablanca --patients 1000", "Adds a thousand patients with what belongs to them."),
    ])

  private static let partnerOptions: [OptionDeclaration] = [
    OptionDeclaration("name", .text, "NAME", "The name that people read."),
    OptionDeclaration(
      "kind", .choice(PartnerKind.allCases.map(\.rawValue)), "KIND", "Decides what it is sent; else other."),
    OptionDeclaration("clinic", .text, "SLUG", "A clinic that it may see.", isRepeated: true),
    OptionDeclaration("scope", .text, "SCOPE", "What it may do, such as system/Patient.rs.", isRepeated: true),
    OptionDeclaration(
      "requires", .choice(PartnerRequirement.allCases.map(\.rawValue)), "PROOF", "What it must show; else both."),
    OptionDeclaration("from", .text, "CIDR", "Where it may call from; else anywhere.", isRepeated: true),
    OptionDeclaration("rate", .integer(0...60_000_000), "N", "Calls a minute; 0 is unlimited."),
    OptionDeclaration(
      "certificate", .text, "FILE", "PEM file: its certificate, known by its public key.", isRepeated: true),
    OptionDeclaration(
      "san", .text, "NAME", "Alternative name of its certificate: DNS:host, URI:…, email:… or IP:….", isRepeated: true),
    OptionDeclaration("spki", .text, "SHA256", "Fingerprint of its public key, in hexadecimal.", isRepeated: true),
    OptionDeclaration(
      "sender", .text, "APP/FACILITY[@CLINIC]", "MSH-3 and MSH-4 of its HL7 messages.", isRepeated: true),
    OptionDeclaration(
      "hl7-profile", .text, "FILE", "How its HL7 messages are taken, as JSON: see docs/operations.md; or none."),
    OptionDeclaration(
      "payer", .text, "CLINIC=PAYER", "An insurer's id or name among that clinic's payers.", isRepeated: true),
    OptionDeclaration(
      "delivery-url", .text, "URL", "Where deliveries go: https://…, or mllps://host:port for HL7 feeds."),
    OptionDeclaration(
      "delivery-format", .text, "FORMAT", "fhir-claim, ubl-2.1; hl7-adt, hl7-siu, hl7-dft for HL7 feeds.",
      isRepeated: true),
    OptionDeclaration("delivery-ca", .text, "FILE", "Who signs that server's certificate; none for the system's."),
    OptionDeclaration("delivery-certificate", .text, "FILE", "Our client certificate there, or none."),
    OptionDeclaration("delivery-key", .text, "FILE", "Its private key, or none."),
    OptionDeclaration("delivery-private-networks", .flag, "", "That server may stand in a private network."),
  ]

  package static let partnerAdd = CommandDeclaration(
    "partner add", "Register a partner",
    "Needs [database] owner. Scopes are SMART App Launch 2: system/<Type or *>.<letters of cruds>, passerelle/hl7v2.c.",
    arguments: [ArgumentDeclaration("slug", "Short name: a-z 0-9 -")], options: partnerOptions,
    examples: [
      .init(
        "passerelle partner add emr --name 'City EMR' --kind emr --clinic casa --scope system/Patient.rs --requires key",
        "Lets the EMR read and search patients of one clinic with an API key."),
      .init(
        "passerelle partner add his --kind hospital --clinic casa --sender HIS/NORTH --san DNS:his.example --requires certificate",
        "Takes HL7 messages of that sender over TLS."),
      .init(
        "passerelle partner add ward --kind emr --clinic casa --delivery-url mllps://emr.example:2575 --delivery-format hl7-adt --delivery-format hl7-siu",
        "Tells that EMR of every change of patients, visits and appointments."),
    ])

  package static let partnerUpdate = CommandDeclaration(
    "partner update", "Change a partner; what is not given stays",
    "Clinics, scopes, networks and formats given replace those that stand; certificates and senders are added.",
    arguments: [ArgumentDeclaration("slug", "The partner")],
    options: partnerOptions + [
      OptionDeclaration("revoke-san", .text, "NAME", "A name that no longer counts.", isRepeated: true),
      OptionDeclaration("revoke-spki", .text, "SHA256", "A fingerprint that no longer counts.", isRepeated: true),
      OptionDeclaration("resume-deliveries", .flag, "", "Deliver again after the partner had them paused."),
    ],
    examples: [
      .init("passerelle partner update emr --scope system/*.rs", "Lets it read everything from within two seconds on.")
    ])

  package static let partnerList = CommandDeclaration(
    "partner list", "List partners with what they may do",
    examples: [.init("passerelle partner list --json", "As JSON.")])

  package static let partnerShow = CommandDeclaration(
    "partner show", "Show one partner", arguments: [ArgumentDeclaration("slug", "The partner")],
    examples: [.init("passerelle partner show emr", "Its clinics, scopes, certificates, live keys and deliveries.")])

  package static let partnerDisable = CommandDeclaration(
    "partner disable", "Keep a partner out, keeping its settings",
    arguments: [ArgumentDeclaration("slug", "The partner")],
    examples: [.init("passerelle partner disable emr", "Refused from within two seconds on; deliveries wait.")])

  package static let partnerEnable = CommandDeclaration(
    "partner enable", "Let a disabled partner in again", arguments: [ArgumentDeclaration("slug", "The partner")],
    examples: [.init("passerelle partner enable emr", "With the settings that it had.")])

  package static let keyCreate = CommandDeclaration(
    "key create", "Make an API key for a partner; it is shown once",
    arguments: [ArgumentDeclaration("partner", "The partner's slug")],
    options: [
      OptionDeclaration("scope", .text, "SCOPE", "Narrows what the key may do.", isRepeated: true),
      OptionDeclaration("from", .text, "CIDR", "Narrows where it may be used.", isRepeated: true),
      OptionDeclaration("days", .integer(1...3_650), "N", "Ends after so many days; else never."),
    ],
    examples: [.init("passerelle key create emr --days 365", "Prints the key; only its hash is kept.")])

  package static let keyList = CommandDeclaration(
    "key list", "List a partner's keys, their ends and last uses",
    arguments: [ArgumentDeclaration("partner", "The partner's slug")],
    examples: [.init("passerelle key list emr", "Shows ids, never secrets.")])

  package static let keyRevoke = CommandDeclaration(
    "key revoke", "End a key at once",
    arguments: [ArgumentDeclaration("id", "The key's id: the part after the environment")],
    examples: [.init("passerelle key revoke 0A1b2C3d4E5", "The next request with it is refused.")])

  package static let secretCreate = CommandDeclaration(
    "secret create", "Make the secret that signs a partner's deliveries; it is shown once",
    """
    Needs [database] owner and the same data_folder or sealing_key as the gateway. The secret that stands stays live
    beside the new one, and every delivery carries a signature by both, so that the partner may change over when it likes.
    """,
    arguments: [ArgumentDeclaration("partner", "The partner's slug")],
    examples: [
      .init(
        "passerelle secret create books", "Prints whsec_…, as Standard Webhooks has it; deliveries are signed with it.")
    ])

  package static let secretRetire = CommandDeclaration(
    "secret retire", "End the older one of a partner's two secrets, after a change-over",
    arguments: [ArgumentDeclaration("partner", "The partner's slug")],
    examples: [.init("passerelle secret retire books", "From the next delivery on only the newer one signs.")])

  package static let messagesList = CommandDeclaration(
    "messages list", "List received HL7 messages, the newest first",
    options: [
      OptionDeclaration("limit", .integer(1...1_000), "N", "At most so many; else 50.")
    ] + chosenMessages,
    examples: [.init("passerelle messages list --state failed", "What could not be applied, with its reason.")])

  private static let chosenMessages = [
    OptionDeclaration("clinic", .text, "SLUG", "Of one clinic."),
    OptionDeclaration("state", .choice(MessageState.allCases.map(\.rawValue)), "STATE", "In one state."),
    OptionDeclaration("type", .text, "TYPE", "Of one event, such as ADT^A08, or of all those of ADT."),
    OptionDeclaration("partner", .text, "SLUG", "From one partner."),
    OptionDeclaration("control-id", .text, "ID", "With this MSH-10."),
    OptionDeclaration("since", .text, "TIME", "Received then or later: 2026-11-02 or 2026-11-02T08:00:00Z."),
    OptionDeclaration("until", .text, "TIME", "Received before then."),
  ]

  package static let messagesShow = CommandDeclaration(
    "messages show", "Show one message as it was received", arguments: [ArgumentDeclaration("id", "The message's id")],
    examples: [.init("passerelle messages show 42", "Its bytes, its answer and what it changed.")])

  package static let messagesReprocess = CommandDeclaration(
    "messages reprocess", "Read and apply messages again, after what was wrong has been put right",
    """
    Names them by id, or chooses them by state, type, partner and time; they are taken in the order in which they came.
    What a later event has written since stays as it is. With --dry-run nothing is kept: every row that would change is
    shown, column by column, with what it holds and what it would hold. That is patients' data.
    """,
    arguments: [ArgumentDeclaration("id", "The messages' ids", isRequired: false, isRepeated: true)],
    options: [
      OptionDeclaration("dry-run", .flag, "", "Show what would change and change nothing."),
      OptionDeclaration("limit", .integer(1...1_000_000), "N", "At most so many; else 1000."),
    ] + chosenMessages,
    examples: [
      .init("passerelle messages reprocess 42", "Applies it if its error is mended."),
      .init(
        "passerelle messages reprocess --type ADT^A08 --partner his --since 2026-11-02 --dry-run",
        "What a mended mapping would change."),
    ])

  package static let deliveriesList = CommandDeclaration(
    "deliveries list", "List outbound deliveries",
    options: [
      OptionDeclaration("state", .choice(["waiting", "sending", "delivered", "dead"]), "STATE", "In one state."),
      OptionDeclaration("partner", .text, "SLUG", "To one partner."),
      OptionDeclaration("clinic", .text, "SLUG", "Of one clinic."),
      OptionDeclaration("limit", .integer(1...10_000), "N", "At most so many; else 50."),
    ],
    examples: [.init("passerelle deliveries list --state dead", "What was given up, with its reason.")])

  package static let deliveriesShow = CommandDeclaration(
    "deliveries show", "Show one delivery with every try", arguments: [ArgumentDeclaration("id", "The delivery's id")],
    options: [OptionDeclaration("body", .flag, "", "Also the document itself: it holds a patient's data.")],
    examples: [.init("passerelle deliveries show 7", "Its document, its tries and their answers.")])

  package static let deliveriesRetry = CommandDeclaration(
    "deliveries retry", "Try dead deliveries again, with the same key and bytes",
    arguments: [ArgumentDeclaration("id", "The deliveries' ids", isRepeated: true)],
    examples: [.init("passerelle deliveries retry 7 8", "Puts both back in their partner's order.")])

  package static let doctor = CommandDeclaration(
    "doctor", "Check the database, its roles and policies, certificates and folders",
    "Changes nothing. Each check passes, warns or fails, and says what to do next.",
    options: [
      OptionDeclaration("audit-rows", .integer(0...100_000_000), "N", "Newest audit rows to verify; else 10000.")
    ],
    examples: [.init("passerelle doctor", "Exits with 6 when something must be mended.")])
}
