import Glibc

// fhir-codegen reduce FOLDER       the official FHIR definitions -> Sources/fhir-codegen/Definitions
// fhir-codegen reduce-profiles FOLDER   the specification's examples -> Sources/fhir-codegen/Definitions
// fhir-codegen reduce-hl7 FOLDER   collections of HL7 v2 definitions -> Sources/fhir-codegen/Definitions/hl7v2
// fhir-codegen generate            Definitions -> Sources/FHIRModels/Generated, Sources/HL7Parser/Generated and the
//                                  readers of Benchmarks
// fhir-codegen check               exit 1 when a generated file is not what `generate` would write

let usage = """
  usage: fhir-codegen reduce FOLDER | reduce-profiles FOLDER | reduce-hl7 FOLDER | generate | check     (from the root of the repository)

  """
let definitionsFolder = "Sources/fhir-codegen/Definitions"
let hl7DefinitionsFolder = definitionsFolder + "/hl7v2"

/// What each folder of generated files holds.
func generated() throws -> [(folder: String, files: [String: String])] {
  let fhir = try Generator(try Definitions(folder: definitionsFolder))
  return [
    ("Sources/FHIRModels/Generated", try fhir.files()),
    ("Benchmarks/Sources/fhir-bench/Generated", fhir.readers()),
    (
      "Sources/HL7Parser/Generated",
      try HL7Generator(definitions: try HL7Definitions(folder: hl7DefinitionsFolder)).files()
    ),
  ]
}

do {
  switch CommandLine.arguments.dropFirst().first {
  case "reduce" where CommandLine.arguments.count == 3:
    for (name, text) in try Reduction(folder: CommandLine.arguments[2]).files() {
      try Files.write("\(definitionsFolder)/\(name)", text)
    }
  case "reduce-profiles" where CommandLine.arguments.count == 3:
    for (name, text) in try ProfileReduction(folder: CommandLine.arguments[2]).files() {
      try Files.write("\(definitionsFolder)/\(name)", text)
    }
  case "reduce-hl7" where CommandLine.arguments.count == 3:
    for (name, text) in try HL7Reduction(folder: CommandLine.arguments[2]).files() {
      try Files.write("\(hl7DefinitionsFolder)/\(name)", text)
    }
  case "generate" where CommandLine.arguments.count == 2:
    for (folder, files) in try generated() {
      for stale in Files.names(in: folder) where files[stale] == nil {
        try Files.remove("\(folder)/\(stale)")
      }
      for (name, text) in files where (try? Files.read("\(folder)/\(name)")) != Array(text.utf8) {
        try Files.write("\(folder)/\(name)", text)
      }
    }
  case "check" where CommandLine.arguments.count == 2:
    var wrong: [String] = []
    var count = 0
    for (folder, files) in try generated() {
      count += files.count
      let stale = Files.names(in: folder).filter { files[$0] == nil }
      let changed = files.keys.filter { (try? Files.read("\(folder)/\($0)")) != Array(files[$0, default: ""].utf8) }
      wrong += (stale + changed).map { "\(folder)/\($0)" }
    }
    for path in wrong.sorted() { print("\(path) is not what fhir-codegen generates") }
    if !wrong.isEmpty { exit(1) }
    print("\(count) generated files are as fhir-codegen writes them")
  default:
    Files.complain(usage)
    exit(64)
  }
} catch {
  Files.complain("fhir-codegen: \(error)\n")
  exit(1)
}
