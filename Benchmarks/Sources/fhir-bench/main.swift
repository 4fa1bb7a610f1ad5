import FHIRModels
import Glibc

// fhir-bench [FOLDER]: reads and writes the JSON files of FOLDER, and says how many MB/s of JSON that is.
// FOLDER is ../shared/bench where nothing is given; three documents built here are measured everywhere.

func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func read(_ path: String) -> [UInt8]? {
  guard let file = fopen(path, "rb") else { return nil }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
  return bytes
}

/// The best of five rounds of a fifth of a second each, in MB/s.
func rate(_ bytes: Int, _ body: () -> Int) -> Double {
  var best = 0.0
  for _ in 0..<5 {
    var done = 0
    let start = now()
    while now() - start < 0.2 {
      for _ in 0..<max(1, 200_000 / bytes) { done += body() }
    }
    best = max(best, Double(done) / (now() - start) / 1e6)
  }
  return best
}

func padded(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.utf8.count)) + text
}

func measure(_ name: String, _ json: [UInt8]) throws {
  let resource = try AnyResource(json: json)
  let built = resource.detached()
  let written = resource.json().count
  let parse = rate(json.count) { (try? AnyResource(json: json)) == nil ? 0 : json.count }
  let rewrite = rate(written) { resource.json().count }
  let write = rate(written) { built.json().count }
  let columns = [parse, rewrite, write].map { padded(String(Int($0)), 10) }.joined()
  print(padded(name, 16) + padded(String(json.count), 10) + columns)
}

func samples() -> [(String, [UInt8])] {
  let patient = Patient {
    $0.id = "p1"
    $0.identifier = [Identifier(use: .official, system: "urn:oid:1.2.3", value: "0042")]
    $0.name = [HumanName(use: .official, family: "Alaoui", given: ["Amina", "Zahra"], prefix: ["Mme"])]
    $0.telecom = [ContactPoint(system: .phone, value: "+212 600 000 000", use: .mobile)]
    $0.gender = .female
    $0.birthDate = FHIRDate("1980-04-01")
    $0.address = [Address(line: ["12, rue de l'Écluse", "\"Villa\""], city: "Casablanca", country: "MA")]
  }
  let invoice = Invoice {
    $0.id = "i1"
    $0.status = .issued
    $0.subject = Reference(reference: "Patient/p1")
    $0.lineItem = (1...5).map { (line: Int) in
      Invoice.LineItem(
        sequence: line, chargeItem: .codeableConcept(CodeableConcept(text: "Act \(line)")),
        priceComponent: [
          Invoice.LineItem.PriceComponent(
            type: .base, amount: Money(value: FHIRDecimal(minorUnits: 25_000, scale: 2), currency: "MAD"))
        ])
    }
  }
  let bundle = Bundle {
    $0.type = .collection
    $0.entry = (0..<500).map { index in
      index % 2 == 0
        ? Bundle.Entry(fullUrl: "urn:x:\(index)", resource: AnyResource(patient))
        : Bundle.Entry(fullUrl: "urn:x:\(index)", resource: AnyResource(invoice))
    }
  }
  return [
    ("own patient", patient.json(pretty: true)), ("own invoice", invoice.json(pretty: true)),
    ("own bundle", bundle.json()),
  ]
}

let folder = CommandLine.arguments.dropFirst().first ?? "../shared/bench"
print(
  padded("MB/s of JSON", 16) + padded("bytes", 10) + padded("parse", 10) + padded("rewrite", 10) + padded("write", 10))
for (name, json) in samples() { try measure(name, json) }
for name in ["patient", "invoice", "claim", "bundle"] {
  guard let json = read("\(folder)/\(name).json") else {
    print("\(folder)/\(name).json is not there")
    continue
  }
  try measure("\(name).json", json)
}
