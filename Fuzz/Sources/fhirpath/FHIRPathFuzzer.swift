import FHIRModels

private let document = FHIRItem(
  Patient {
    $0.id = "p"
    $0.active = true
    $0.name = [HumanName(use: .official, family: "Alaoui", given: ["Amina", "Zahra"]), HumanName(text: "A")]
    $0.birthDate = FHIRDate("1980-04")
    $0.contact = [Patient.Contact(name: HumanName(family: "x"))]
    $0.extension = [Extension(url: "u", value: .quantity(Quantity(value: FHIRDecimal("1.50"), unit: "mg", code: "mg")))]
  })

private let context: FHIRPathContext = {
  var context = FHIRPathContext()
  context.now = FHIRInstant("2026-01-01T00:00:00Z")
  context.limits.steps = 20_000
  context.limits.items = 5_000
  context.limits.stringLength = 100_000
  return context
}()

/// Whatever the expression: no trap and no hang; it is refused, or it is evaluated within its limits, to the same each
/// time.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFHIRPath(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: data, count: count), as: UTF8.self)
  guard let expression = try? FHIRPath(text) else { return 0 }
  let first = try? expression.evaluate(on: document, in: context)
  let second = try? expression.evaluate(on: document, in: context)
  precondition(first?.count == second?.count, "the same expression gave two results")
  return 0
}
