import Glibc

// fhir-codegen reduce FOLDER     the official definitions -> Sources/fhir-codegen/Definitions
// fhir-codegen generate          Definitions -> Sources/FHIRModels/Generated
// fhir-codegen check             exit 1 when a generated file is not what `generate` would write

let usage = """
  usage: fhir-codegen reduce FOLDER | generate | check     (from the root of the repository)

  """
let definitionsFolder = "Sources/fhir-codegen/Definitions"
let generatedFolder = "Sources/FHIRModels/Generated"

do {
  switch CommandLine.arguments.dropFirst().first {
  case "reduce" where CommandLine.arguments.count == 3:
    for (name, text) in try Reduction(folder: CommandLine.arguments[2]).files() {
      try Files.write("\(definitionsFolder)/\(name)", text)
    }
  case "generate" where CommandLine.arguments.count == 2:
    let files = try Generator(try Definitions(folder: definitionsFolder)).files()
    for stale in Files.names(in: generatedFolder) where files[stale] == nil {
      try Files.remove("\(generatedFolder)/\(stale)")
    }
    for (name, text) in files where (try? Files.read("\(generatedFolder)/\(name)")) != Array(text.utf8) {
      try Files.write("\(generatedFolder)/\(name)", text)
    }
  case "check" where CommandLine.arguments.count == 2:
    let files = try Generator(try Definitions(folder: definitionsFolder)).files()
    var wrong = Files.names(in: generatedFolder).filter { files[$0] == nil }
    wrong += files.keys.filter { (try? Files.read("\(generatedFolder)/\($0)")) != Array(files[$0, default: ""].utf8) }
    for name in wrong.sorted() { print("\(generatedFolder)/\(name) is not what fhir-codegen generates") }
    if !wrong.isEmpty { exit(1) }
    print("\(files.count) generated files are as fhir-codegen writes them")
  default:
    Files.complain(usage)
    exit(64)
  }
} catch {
  Files.complain("fhir-codegen: \(error)\n")
  exit(1)
}
