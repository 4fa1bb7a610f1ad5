import FHIRModels
import JSON

/// Whatever the bytes: no trap; what parses is written and read again as the same value; a FHIR resource that decodes is
/// written, and decodes to its like.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: data, count: count))
  if let value = try? JSONValue.parse(bytes) {
    let again = try? JSONValue.parse(value.serialized())
    precondition(again == value, "a value differs from what was written of it")
  }
  if let resource = try? AnyResource(json: bytes) {
    precondition((try? JSONValue.parse(bytes)) != nil, "a resource was read from what is not JSON")
    let written = resource.json()
    let again = try? AnyResource(json: written)
    precondition(again == resource, "a resource differs from what was written of it")
    precondition(again?.json() == written)
  }
  return 0
}
