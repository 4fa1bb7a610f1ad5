import FHIRModels

/// The commands for FHIR documents in files. They need no database and no configuration.
extension CommandDeclaration {
  private static let standardInput = "`-` reads standard input."

  package static let fhirCheck = CommandDeclaration(
    "fhir check", "Read FHIR R4 documents, write them again without loss, and validate them",
    """
    Each document is read strictly, written in its own format and compared with what was read, carried to the other
    format and back, and validated. A line for each failure names the place as FHIRPath and byte, and the reason; the
    last line says how many files passed and failed. Exits with 1 when one failed, with 5 when the only failures are
    paths that are not there.
    Below a folder every .json, .xml and .ndjson file is checked. JSON and XML are told apart by their first byte; of
    .ndjson every line is a document.
    """,
    arguments: [ArgumentDeclaration("path", "Files and folders. \(standardInput)", isRepeated: true)],
    options: [OptionDeclaration("roundtrip-only", .flag, "", "Read and write only; do not validate.")],
    examples: [
      .init("passerelle fhir check exports/", "Checks every document below the folder, on all cores."),
      .init("passerelle fhir check --json patient.json bundle.xml", "An object for each file that failed, one a line."),
    ])

  package static let fhirValidate = CommandDeclaration(
    "fhir validate", "Say what FHIR R4, and profiles, find wrong with documents",
    """
    A line for each finding: file, severity, place, reason. Warnings do not make a document invalid; `fhir check` leaves
    them out. With --json: an OperationOutcome for each file. Exits with 1 when a document is invalid.
    Profiles are applied to every document of their type, and wherever meta.profile or an extension's url names them.
    """,
    arguments: [ArgumentDeclaration("file", "Files and folders. \(standardInput)", isRepeated: true)],
    options: [
      OptionDeclaration(
        "profile", .text, "FILE", "A StructureDefinition, a ValueSet, or a Bundle of them.", isRepeated: true)
    ],
    examples: [
      .init("passerelle fhir validate patient.json", "Every finding by the base specification."),
      .init(
        "passerelle fhir validate claims/ --profile claim-profile.json", "Also what the profile says of every Claim."),
    ])

  package static let fhirConvert = CommandDeclaration(
    "fhir convert", "Write a FHIR R4 document as JSON or XML",
    "Nothing is lost either way: decimals, dates, extensions and narratives stay as they were written.",
    arguments: [ArgumentDeclaration("file", "The document. \(standardInput)")],
    options: [
      OptionDeclaration(
        "to", .choice(FHIRFormat.allCases.map(\.rawValue)), "FORMAT", "What to write.", isRequired: true),
      OptionDeclaration("compact", .flag, "", "Without line breaks and indentation."),
    ],
    examples: [
      .init("passerelle fhir convert --to xml patient.json", "The same resource as XML, on standard output."),
      .init("passerelle fhir convert --to json --compact -", "Reads standard input, writes one line."),
    ])

  package static let fhirPath = CommandDeclaration(
    "fhir path", "Evaluate a FHIRPath expression on a FHIR R4 document",
    """
    Writes each item of the result on a line of its own: a primitive as its text, an element as JSON. An empty result is
    no line. With --json: an array that also names each item's type and place.
    """,
    arguments: [
      ArgumentDeclaration("expression", "The FHIRPath expression"),
      ArgumentDeclaration("file", "The document. \(standardInput)"),
    ],
    examples: [
      .init(
        "passerelle fhir path 'name.where(use.exists()).given' patient.json",
        "The given names of all names whose use is known."),
      .init("passerelle fhir path 'entry.resource.ofType(Claim).total.value' bundle.xml", "The totals, as written."),
    ])
}
