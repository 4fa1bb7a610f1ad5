import HL7Parser
import Mappers

/// Whatever the bytes: no trap. What parses as ER7 becomes XML and the same bytes again; what is taken as XML becomes
/// a message that parses, with nothing in it that could end its frame early.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHL7XML(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: data, count: count))
  if let written = try? HL7XMLReader.message(bytes) {
    precondition((try? HL7Message(parsing: written, options: lenient)) != nil)
  }
  guard let message = try? HL7Message(parsing: bytes) else { return 0 }
  var writer = HL7XMLWriter()
  writer.indentation = count.isMultiple(of: 2) ? nil : 2
  guard let document = try? writer.document(of: message) else { preconditionFailure("not written") }
  guard let back = try? HL7XMLReader.message(document) else { preconditionFailure("not read") }
  precondition(back == bytes)
  return 0
}

private let lenient: HL7Options = {
  var options = HL7Options()
  options.refusesCharsetMismatch = false
  return options
}()
