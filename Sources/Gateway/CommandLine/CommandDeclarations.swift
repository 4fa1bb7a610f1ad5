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
    "demo", "Run the gateway with sample clinics, a partner and a private database",
    "Keeps its data in the folder between runs and prints commands to paste.",
    options: [OptionDeclaration("folder", .text, "FOLDER", "Where to keep the data; else .passerelle.")],
    examples: [.init("passerelle demo", "Starts everything on loopback addresses.")])

  package static let migrate = CommandDeclaration(
    "migrate", "Bring the database's schemas to this version",
    "Needs [database] owner. Safe to repeat and to interrupt.",
    examples: [.init("passerelle migrate", "Applies what is missing and says what it applied.")])

  package static let seed = CommandDeclaration(
    "seed", "Fill a clinic with made-up patients", "The same numbers give the same patients.",
    options: [
      OptionDeclaration("clinic", .text, "SLUG", "The clinic to fill.", isRequired: true),
      OptionDeclaration("patients", .integer(1...10_000_000), "N", "How many patients.", isRequired: true),
      OptionDeclaration("seed", .integer(0...Int.max), "N", "Another number gives other patients; else 1."),
    ],
    examples: [
      .init("passerelle seed --clinic casa --patients 1000", "Adds a thousand patients with what belongs to them.")
    ])

  package static let partnerAdd = CommandDeclaration(
    "partner add", "Register a partner",
    arguments: [ArgumentDeclaration("slug", "Short name: a-z 0-9 -")],
    options: [
      OptionDeclaration("name", .text, "NAME", "The name that people read.", isRequired: true),
      OptionDeclaration("clinic", .text, "SLUG", "A clinic that it may see.", isRequired: true, isRepeated: true),
      OptionDeclaration(
        "scope", .text, "SCOPE", "What it may do, such as system/Patient.rs.", isRequired: true, isRepeated: true),
      OptionDeclaration(
        "requires", .choice(PartnerRequirement.allCases.map(\.rawValue)), "PROOF", "What it must show; else both."),
      OptionDeclaration("from", .text, "CIDR", "Where it may call from; else anywhere.", isRepeated: true),
      OptionDeclaration("rate", .integer(1...60_000_000), "N", "Calls a minute; else unlimited."),
      OptionDeclaration(
        "san", .text, "NAME", "Subject alternative name of its certificate: DNS:host, URI:…, email:… or IP:….",
        isRepeated: true),
      OptionDeclaration("spki", .text, "SHA256", "Fingerprint of its public key, in hexadecimal.", isRepeated: true),
    ],
    examples: [
      .init(
        "passerelle partner add emr --name 'City EMR' --clinic casa --scope system/Patient.rs --requires key",
        "Lets the EMR read and search patients of one clinic with an API key.")
    ])

  package static let partnerList = CommandDeclaration(
    "partner list", "List partners with what they may do",
    examples: [.init("passerelle partner list --json", "As JSON.")])

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

  package static let hl7Send = CommandDeclaration(
    "hl7 send", "Send HL7 v2 messages over MLLP and show the answers",
    arguments: [ArgumentDeclaration("file", "Files of one message each", isRepeated: true)],
    options: [
      OptionDeclaration("to", .text, "HOST:PORT", "The listener.", isRequired: true),
      OptionDeclaration("ca", .text, "FILE", "Speaks TLS and trusts this authority."),
      OptionDeclaration("cert", .text, "FILE", "Client certificate."),
      OptionDeclaration("key", .text, "FILE", "Its private key."),
    ],
    examples: [.init("passerelle hl7 send adt.hl7 --to 127.0.0.1:2575", "Exits with 1 when an answer is not positive.")]
  )

  package static let messagesList = CommandDeclaration(
    "messages list", "List received HL7 messages, the newest first",
    options: [
      OptionDeclaration("clinic", .text, "SLUG", "Of one clinic."),
      OptionDeclaration("state", .choice(["applied", "error", "refused"]), "STATE", "In one state."),
      OptionDeclaration("limit", .integer(1...10_000), "N", "At most so many; else 50."),
    ],
    examples: [.init("passerelle messages list --state error", "What could not be applied, with its reason.")])

  package static let messagesShow = CommandDeclaration(
    "messages show", "Show one message as it was received", arguments: [ArgumentDeclaration("id", "The message's id")],
    examples: [.init("passerelle messages show 42", "Its bytes, its answer and what it changed.")])

  package static let messagesReprocess = CommandDeclaration(
    "messages reprocess", "Apply messages again that were stored with an error",
    arguments: [ArgumentDeclaration("id", "The messages' ids", isRepeated: true)],
    examples: [.init("passerelle messages reprocess 42", "Applies it if its error is mended.")])

  package static let deliveriesList = CommandDeclaration(
    "deliveries list", "List outbound deliveries",
    options: [
      OptionDeclaration("state", .choice(["waiting", "sending", "delivered", "dead"]), "STATE", "In one state."),
      OptionDeclaration("partner", .text, "SLUG", "To one partner."),
      OptionDeclaration("limit", .integer(1...10_000), "N", "At most so many; else 50."),
    ],
    examples: [.init("passerelle deliveries list --state dead", "What was given up, with its reason.")])

  package static let deliveriesShow = CommandDeclaration(
    "deliveries show", "Show one delivery with every try", arguments: [ArgumentDeclaration("id", "The delivery's id")],
    examples: [.init("passerelle deliveries show 7", "Its document, its tries and their answers.")])

  package static let deliveriesRetry = CommandDeclaration(
    "deliveries retry", "Try dead deliveries again, with the same key and bytes",
    arguments: [ArgumentDeclaration("id", "The deliveries' ids", isRepeated: true)],
    examples: [.init("passerelle deliveries retry 7 8", "Puts both back in their partner's order.")])

  package static let doctor = CommandDeclaration(
    "doctor", "Check the database, its roles and policies, certificates and folders",
    "Changes nothing.", examples: [.init("passerelle doctor", "Exits with 6 when something must be mended.")])
}
