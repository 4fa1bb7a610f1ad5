/// The commands over HL7 v2 messages; none needs a gateway or a database.
extension CommandDeclaration {
  private static let messageFiles = [
    ArgumentDeclaration("file", "Files or folders; - is standard input", isRepeated: true)
  ]

  private static let asVersion = OptionDeclaration(
    "as", .text, "VERSION", "Read by this version, such as 2.5.1; else by MSH-12.")

  private static let toOutput = OptionDeclaration(
    "output", .text, "PATH", "Write to this file, or of many into this folder.")

  private static let compact = OptionDeclaration("compact", .flag, "", "Without indentation.")

  private static let overFolders = """
    A file holds one message, several, a batch (FHS, BHS) or MLLP frames. One file is shown. Of several files, or of a
    folder, each failure is a line with its reason, and the last line says how many passed and how many failed; the exit
    code is 1 when any failed. Files of a folder that hold no HL7 are passed over.
    """

  package static let hl7Parse = CommandDeclaration(
    "hl7 parse", "Show HL7 v2 messages as a tree of paths, names and values",
    "\(overFolders)\nEach message is also put together again from its parts and must be the same, byte for byte.",
    arguments: messageFiles, options: [asVersion],
    examples: [
      .init("passerelle hl7 parse adt.hl7", "Lines such as: PID-5.1.1 Surname: Berrada."),
      .init("passerelle hl7 parse adt.hl7 --json", "The same for programs."),
      .init("passerelle hl7 parse inbox/", "Which of many files do not parse, and why."),
    ])

  package static let hl7Validate = CommandDeclaration(
    "hl7 validate", "Judge HL7 v2 messages by the definitions of their version",
    """
    Segments and groups, required fields, repetitions, lengths, data types and HL7's own tables. A finding is severity
    (E error, W warning), code of table 0357, place and what would be right, as ERR has them.
    \(overFolders)
    """, arguments: messageFiles,
    options: [
      asVersion,
      OptionDeclaration("strict", .flag, "", "Codes of suggested tables too; warnings fail as errors do."),
    ],
    examples: [
      .init("passerelle hl7 validate adt.hl7", "A line for each finding; exits with 1 when one is an error."),
      .init("passerelle hl7 validate inbox/ --as 2.5.1", "Whether a folder of messages keeps to version 2.5.1."),
    ])

  package static let hl7ToXML = CommandDeclaration(
    "hl7 to-xml", "Write HL7 v2 messages in XML, by HL7's XML encoding rules",
    """
    Elements are those of the version's message structure, its groups, segments, fields and data types. What only the
    pipes have (other line ends than CR, delimiters without their escape) is kept in elements of the namespace
    urn:passerelle:er7, so that `hl7 from-xml` gives back every byte.
    \(overFolders)
    """, arguments: messageFiles,
    options: [
      asVersion,
      toOutput,
      OptionDeclaration("standard", .flag, "", "Only elements of the encoding rules; from-xml may then differ."),
      compact,
    ],
    examples: [
      .init("passerelle hl7 to-xml adt.hl7", "Prints <ADT_A01 xmlns=\"urn:hl7-org:v2xml\">…"),
      .init("passerelle hl7 to-xml inbox/ --output xml/", "Writes a file for each message."),
    ])

  package static let hl7FromXML = CommandDeclaration(
    "hl7 from-xml", "Write HL7 v2 messages in XML with pipes again (ER7)",
    "The charset is the one that MSH.18 names. In a folder, files without <MSH.1> are passed over.",
    arguments: messageFiles,
    options: [toOutput],
    examples: [.init("passerelle hl7 from-xml adt.xml --output adt.hl7", "Writes MSH|^~\\&|…")])

  package static let hl7ToFHIR = CommandDeclaration(
    "hl7 to-fhir", "Write HL7 v2 messages as FHIR Bundles, by HL7's v2-to-FHIR mapping tables",
    """
    Also of messages whose content the clinic does not keep. A Bundle of type message: MessageHeader, Patient, Encounter,
    Observation and what else the message holds, with ids that follow from the content.
    \(overFolders)
    """, arguments: messageFiles,
    options: [
      OptionDeclaration("zone", .text, "OFFSET", "Of times without one, such as +01:00; else MSH-7's, else UTC."),
      toOutput,
      compact,
    ],
    examples: [
      .init("passerelle hl7 to-fhir oru.hl7", "Prints the Bundle."),
      .init("passerelle hl7 to-fhir inbox/ --output fhir/ --zone +01:00", "Writes a file for each message."),
    ])

  package static let hl7Send = CommandDeclaration(
    "hl7 send", "Send HL7 v2 messages over MLLP and show the answers",
    """
    Each message is answered before the next goes, unless --pipeline lets some go ahead. An answer must bear the
    message's control id (MSA-2); one that is late or another's ends the connection. When a connection ends, another is
    made and what has no answer goes out again, with the same control id.
    """, arguments: messageFiles,
    options: [
      OptionDeclaration("to", .text, "HOST:PORT", "The listener.", isRequired: true),
      OptionDeclaration("tls", .flag, "", "Speak TLS, trusting the system's authorities unless --ca names others."),
      OptionDeclaration("ca", .text, "FILE", "Speak TLS and trust this authority."),
      OptionDeclaration("certificate", .text, "FILE", "Client certificate."),
      OptionDeclaration("key", .text, "FILE", "Its private key."),
      OptionDeclaration("count", .integer(1...10_000_000), "N", "Send so many times, each with its own control id."),
      OptionDeclaration("rate", .integer(1...1_000_000), "N", "At most so many a second."),
      OptionDeclaration("pipeline", .integer(1...1_000), "N", "Send so many ahead of their answers; else 1."),
      OptionDeclaration(
        "tries", .integer(1...100), "N", "Connections that may end before a message has its answer; else 5."),
    ],
    examples: [
      .init("passerelle hl7 send adt.hl7 --to 127.0.0.1:2575", "Exits with 1 when an answer is not positive."),
      .init(
        "passerelle hl7 send adt.hl7 --to 127.0.0.1:2575 --count 1000 --pipeline 16",
        "How many a second a listener takes, and how fast it answers."),
    ])

  package static let hl7Listen = CommandDeclaration(
    "hl7 listen", "Receive HL7 v2 messages over MLLP, show and answer them: to test senders",
    """
    Applies nothing and needs no database; by default only this machine can connect. Answers follow MSH-15 and MSH-16;
    what cannot be read is answered AE with the reason in ERR.
    """,
    options: [
      OptionDeclaration("on", .text, "IP:PORT", "Where to listen; else 127.0.0.1:2575. Port 0 takes a free one."),
      OptionDeclaration("certificate", .text, "FILE", "Speak TLS with this certificate."),
      OptionDeclaration("key", .text, "FILE", "Its private key."),
      OptionDeclaration("ca", .text, "FILE", "Ask each peer for a certificate of this authority."),
      OptionDeclaration("answer", .choice(["AA", "AE", "AR", "none"]), "CODE", "What to answer; else AA."),
      OptionDeclaration("count", .integer(1...10_000_000), "N", "End after so many messages; else never."),
      OptionDeclaration("store", .text, "FOLDER", "Keep each message in a file of this folder."),
      OptionDeclaration("brief", .flag, "", "A line for each message, without its text."),
    ],
    examples: [
      .init("passerelle hl7 listen", "Shows what comes to 127.0.0.1:2575, until Ctrl-C."),
      .init("passerelle hl7 listen --on 127.0.0.1:0 --count 1 --answer AE", "Refuses one message, then ends."),
    ])
}
