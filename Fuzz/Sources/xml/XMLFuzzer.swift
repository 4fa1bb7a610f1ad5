import FHIRModels

/// Whatever the bytes: no trap; a refusal names a byte of the document; a resource that decodes is written as XML and
/// as JSON, and both decode to its like. A lenient reading survives too.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzXML(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: data, count: count))
  do throws(FHIRDecodingError) {
    let resource = try AnyResource(xml: bytes)
    let written = try? resource.xml()
    precondition(written != nil, "what XML said cannot be written as XML")
    let again = written.flatMap { try? AnyResource(xml: $0) }
    precondition(again == resource, "a resource differs from what was written of it")
    precondition((try? AnyResource(json: resource.json())) == resource, "a resource differs across formats")
  } catch {
    for issue in error.issues {
      precondition((0...count).contains(issue.offset ?? -1), "an issue names no byte of the document")
    }
    if let (kept, _) = try? AnyResource.decode(xml: bytes, options: .lenient) { _ = try? kept.xml() }
  }
  return 0
}
