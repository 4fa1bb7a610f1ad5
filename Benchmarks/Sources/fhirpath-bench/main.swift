import FHIRModels
import Glibc
import Measuring

// fhirpath-bench [FILE]: compiles and evaluates a few expressions on a Bundle (../shared/bench/bundle.json unless given; one
// built here where that is absent). Beside them stands the same question asked through the typed accessors.

/// The best of five rounds of a tenth of a second each, in microseconds a call.
func microseconds(_ body: () -> Int) -> Double {
  var best = Double.infinity
  var sum = 0
  for _ in 0..<5 {
    var calls = 0
    let start = now()
    while now() - start < 0.1 {
      sum &+= body()
      calls += 1
    }
    best = min(best, (now() - start) * 1e6 / Double(calls))
  }
  precondition(sum != .min)
  return best
}

func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

func sample() -> [UInt8] {
  Bundle {
    $0.type = .collection
    $0.entry = (0..<400).map { (index: Int) in
      let patient = Patient {
        $0.id = "p\(index)"
        $0.name = [HumanName(use: .official, family: "Family\(index)", given: ["Amina", "Zahra"])]
        $0.gender = index % 2 == 0 ? .female : .male
        $0.birthDate = FHIRDate("1980-04-01")
      }
      return Bundle.Entry(fullUrl: "urn:x:\(index)", resource: AnyResource(patient))
    }
  }.json()
}

let path = CommandLine.arguments.dropFirst().first ?? "../shared/bench/bundle.json"
let document = contents(of: path) ?? sample()
let resource = try AnyResource(json: document)
guard let bundle = resource.as(Bundle.self) else {
  print("\(path) is no Bundle")
  exit(1)
}
let item = FHIRItem(resource, keepsPlaces: false)
let placed = FHIRItem(resource)
let patients = bundle.entry.compactMap { $0.resource?.as(Patient.self) }

let questions: [(String, (() -> Int)?)] = [
  ("entry.resource.count()", { bundle.entry.compactMap(\.resource).count }),
  (
    "entry.resource.ofType(Patient).name.given",
    { bundle.entry.compactMap { $0.resource?.as(Patient.self) }.flatMap(\.name).flatMap(\.given).count }
  ),
  (
    "entry.resource.ofType(Patient).where(gender = 'female' and birthDate < @1990-01-01).id",
    {
      bundle.entry.compactMap { $0.resource?.as(Patient.self) }
        .filter { $0.gender == .female && ($0.birthDate?.text ?? "9") < "1990-01-01" }.compactMap(\.id).count
    }
  ),
  ("descendants().count()", nil),
  ("descendants().where($this is Coding).code.distinct().count()", nil),
  ("entry.all(fullUrl.matches('^(https?|urn):[^\\\\s]+$') or fullUrl.empty())", nil),
  ("entry.resource.ofType(Observation).value.ofType(Quantity).where($this > 5 '1').count()", nil),
]

print("\(document.count) bytes, \(bundle.entry.count) entries, \(patients.count) patients")
print(
  padded("compile µs", 12) + padded("evaluate µs", 13) + padded("with places", 13) + padded("typed µs", 10)
    + "  expression")
for (text, typed) in questions {
  let compiled = try FHIRPath(text)
  let compile = microseconds { (try? FHIRPath(text)) == nil ? 0 : 1 }
  let evaluate = microseconds { (try? compiled.evaluate(on: item))?.count ?? 0 }
  let withPlaces = microseconds { (try? compiled.evaluate(on: placed))?.count ?? 0 }
  let reference = typed.map { tenths(microseconds($0)) } ?? "-"
  print(
    padded(tenths(compile), 11) + padded(tenths(evaluate), 12) + padded(tenths(withPlaces), 13) + padded(reference, 9)
      + "  " + text)
}
