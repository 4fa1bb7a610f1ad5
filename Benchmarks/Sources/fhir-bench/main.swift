import FHIRModels
import Glibc
import Measuring

// fhir-bench [FOLDER [NAME]]: how many MB/s FHIRModels reads and writes of the JSON files of FOLDER and of three documents
// built here, beside the JSON.parse and JSON.stringify of the machine's node in the same run. One thread.
// FOLDER is ../shared/bench where nothing is given, NAME picks one document. Run from the root of the repository.

struct Document {
  let name: String
  let path: String
  let json: [UInt8]
}

func mega(_ rate: Double) -> String { String(Int(rate)) }

func ratio(_ part: Int, _ whole: Int) -> String {
  let tenths = (part * 10 + whole / 2) / whole
  return "\(tenths / 10).\(tenths % 10) x"
}

/// Parses strictly, then reads every element once through its typed accessor.
func parseAndRead(_ json: [UInt8]) -> Int {
  guard let resource = try? AnyResource(json: json) else { return 0 }
  var sum = 1
  resource.read(&sum)
  return sum
}

func measureJSON(_ document: Document) throws {
  let json = document.json
  let resource = try AnyResource(json: json)
  let built = resource.detached()
  let written = resource.json().count
  let beside = node(document.path)
  row(
    document.name,
    [
      String(json.count), mega(rate(json.count) { (try? AnyResource(json: json)) == nil ? 0 : 1 }),
      mega(rate(json.count) { parseAndRead(json) }), mega(rate(written) { built.json().count }),
      mega(rate(written) { resource.json().count }), beside.map { mega($0.parse) } ?? "-",
      beside.map { mega($0.write) } ?? "-",
    ])
}

func measureXML(_ document: Document) throws {
  let resource = try AnyResource(json: document.json)
  let built = resource.detached()
  let xml = try resource.xml()
  let read = try AnyResource(xml: xml)
  row(
    document.name,
    [
      String(xml.count), mega(rate(xml.count) { (try? AnyResource(xml: xml)) == nil ? 0 : 1 }),
      mega(rate(xml.count) { (try? built.xml().count) ?? 0 }), mega(rate(xml.count) { (try? read.xml().count) ?? 0 }),
    ])
}

func measureMemory(_ document: Document) throws {
  let json = document.json
  let built = try AnyResource(json: json).detached()
  let xml = try built.xml()
  let parse = allocations { (try? AnyResource(json: json)) == nil ? 0 : 1 }
  let read = allocations { parseAndRead(json) }
  let write = allocations { built.json().count }
  let parseXML = allocations { (try? AnyResource(xml: xml)) == nil ? 0 : 1 }
  let writeXML = allocations { (try? built.xml().count) ?? 0 }
  row(
    document.name,
    [
      String(parse.blocks), ratio(parse.peak + json.count, json.count), String(read.blocks), String(write.blocks),
      ratio(write.peak, json.count), String(parseXML.blocks), ratio(parseXML.peak + xml.count, xml.count),
      String(writeXML.blocks),
    ])
}

let folder = CommandLine.arguments.dropFirst().first ?? "../shared/bench"
let began = now()
_ = FHIRSchema.resourceTypes.count
print("field tables ready after \(Int((now() - began) * 1e6)) us")

let scratch = "/tmp/fhir-bench-\(getpid())"
var documents: [Document] = []
for (index, sample) in samples().enumerated() {
  let path = "\(scratch)-\(index).json"
  if let file = fopen(path, "wb") {
    fwrite(sample.json, 1, sample.json.count, file)
    fclose(file)
  }
  documents.append(Document(name: sample.name, path: path, json: sample.json))
}
for name in ["patient", "invoice", "claim", "bundle"] {
  let path = "\(folder)/\(name).json"
  guard let json = contents(of: path) else {
    print("\(path) is not there")
    continue
  }
  documents.append(Document(name: "\(name).json", path: path, json: json))
}
if let only = CommandLine.arguments.dropFirst(2).first { documents.removeAll { $0.name != only } }
row("JSON, MB/s", ["bytes", "parse", "parse, read", "write built", "write parsed", "node parse", "node write"])
for document in documents { try measureJSON(document) }
row("XML, MB/s", ["bytes", "parse", "write built", "write parsed"])
for document in documents { try measureXML(document) }
row(
  "allocations",
  ["parse", "peak/size", "parse, read", "write built", "peak/size", "parse XML", "peak/size", "write XML"])
for document in documents { try measureMemory(document) }
for index in samples().indices { unlink("\(scratch)-\(index).json") }
