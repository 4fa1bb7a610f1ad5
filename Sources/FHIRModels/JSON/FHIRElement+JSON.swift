public import JSON

extension FHIRElement {
  /// Reads one document strictly: every departure from FHIR R4's shape is an error, all of them are collected.
  ///
  /// The bytes are kept as long as any part of the result: texts are read from them when asked for.
  public init(json: [UInt8]) throws(FHIRDecodingError) {
    self = try Self.decode(json: json).value
  }

  /// Reads one document as `options` say. What a lenient reading kept in spite of the schema is in `issues`.
  public static func decode(
    json: [UInt8], options: FHIRDecodingOptions = .strict
  ) throws(FHIRDecodingError) -> (value: Self, issues: [FHIRIssue]) {
    let (node, issues) = try JSONNodeDecoder.decode(json, options, as: Self.type)
    return (Self(node: node), issues)
  }

  /// The document as JSON, in the order of the specification.
  public func json(pretty: Bool = false) -> [UInt8] { node.json(pretty: pretty) }

  /// Writes the document as one value.
  public func write(to writer: inout JSONWriter) { node.write(to: &writer) }
}

extension AnyResource {
  /// Reads one resource strictly, whichever type it names.
  public init(json: [UInt8]) throws(FHIRDecodingError) {
    self = try AnyResource.decode(json: json).value
  }

  /// Reads one resource as `options` say. What a lenient reading kept in spite of the schema is in `issues`.
  public static func decode(
    json: [UInt8], options: FHIRDecodingOptions = .strict
  ) throws(FHIRDecodingError) -> (value: AnyResource, issues: [FHIRIssue]) {
    let (node, issues) = try JSONNodeDecoder.decode(json, options, as: nil)
    return (AnyResource(node: node), issues)
  }

  /// The resource as JSON, in the order of the specification.
  public func json(pretty: Bool = false) -> [UInt8] { node.json(pretty: pretty) }

  /// Writes the resource as one value.
  public func write(to writer: inout JSONWriter) { node.write(to: &writer) }
}

extension JSONNodeDecoder {
  /// Reads a document of `type`, or of the resource that it names.
  static func decode(
    _ bytes: [UInt8], _ options: FHIRDecodingOptions, as type: TypeReference?
  ) throws(FHIRDecodingError) -> (FHIRNode, [FHIRIssue]) {
    let source = Source(json: bytes, isChecked: !options.isLenient)
    let result: Result<(FHIRNode, [FHIRIssue]), FHIRDecodingError> = source.withBytes { buffer in
      do throws(FHIRDecodingError) {
        return .success(try decode(UnsafeRawBufferPointer(buffer), source, options, as: type))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private static func decode(
    _ bytes: UnsafeRawBufferPointer, _ source: Source, _ options: FHIRDecodingOptions, as type: TypeReference?
  ) throws(FHIRDecodingError) -> (FHIRNode, [FHIRIssue]) {
    var decoder: JSONNodeDecoder
    do throws(JSONError) {
      decoder = try JSONNodeDecoder(bytes, source, options)
    } catch {
      throw FHIRDecodingError(issues: [issue(error, at: nil)])
    }
    var node: FHIRNode?
    do throws(JSONError) {
      node = try decoder.document(type)
      try decoder.scanner.finish()
      // Of what was passed over at the end.
      decoder.checkUTF8()
    } catch {
      // The path stands where the reading broke off.
      let place = decoder.builder.path.expression
      throw FHIRDecodingError(issues: decoder.builder.issues + [issue(error, at: place)])
    }
    guard let node, decoder.builder.isAcceptable else {
      throw FHIRDecodingError(issues: decoder.builder.issues)
    }
    return (node, decoder.builder.issues)
  }

  private mutating func document(_ type: TypeReference?) throws(JSONError) -> FHIRNode? {
    guard try scanner.need("an object") == UInt8(ascii: "{") else {
      report(.structure, "A FHIR document is an object", at: scanner.offset)
      try scanner.skipValue()
      return nil
    }
    if let type, !type.isResource {
      builder.path.root = type.name
      return try object(type)
    }
    let start = scanner.offset
    let node = try resource()
    if let node, let type, node.type != type {
      report(.structure, "Expected a \(type.name), found a \(node.type.name)", at: start)
      return nil
    }
    return node
  }

  private static func issue(_ error: JSONError, at place: String?) -> FHIRIssue {
    let isLimit = [.tooLarge, .tooDeep, .tooManyValues, .stringTooLong, .numberTooLong].contains(error.code)
    return FHIRIssue(.fatal, isLimit ? .tooCostly : .structure, at: place, error.message, offset: error.offset)
  }
}
