import XML

extension FHIRResource {
  /// Reads one XML document strictly: every departure from FHIR R4's shape is an error, all of them are collected.
  public init(xml: [UInt8]) throws(FHIRDecodingError) {
    self = try Self.decode(xml: xml).value
  }

  /// Reads one XML document as `options` say. What a lenient reading kept in spite of the schema is in `issues`.
  public static func decode(
    xml: [UInt8], options: FHIRDecodingOptions = .strict
  ) throws(FHIRDecodingError) -> (value: Self, issues: [FHIRIssue]) {
    let (node, issues) = try XMLNodeDecoder.decode(xml, options, as: Self.type)
    return (Self(node: node), issues)
  }

  /// The resource as XML, in the order of the specification.
  ///
  /// - Throws: what XML cannot say, each with its place: characters it has not, a narrative that is not well-formed.
  public func xml(pretty: Bool = false) throws(FHIREncodingError) -> [UInt8] {
    try XMLNodeEncoder.encode(node, pretty: pretty)
  }
}

extension AnyResource {
  /// Reads one resource strictly from XML, whichever type it names.
  public init(xml: [UInt8]) throws(FHIRDecodingError) {
    self = try AnyResource.decode(xml: xml).value
  }

  /// Reads one resource from XML as `options` say. What a lenient reading kept in spite of the schema is in `issues`.
  public static func decode(
    xml: [UInt8], options: FHIRDecodingOptions = .strict
  ) throws(FHIRDecodingError) -> (value: AnyResource, issues: [FHIRIssue]) {
    let (node, issues) = try XMLNodeDecoder.decode(xml, options, as: nil)
    return (AnyResource(node: node), issues)
  }

  /// The resource as XML, in the order of the specification.
  ///
  /// - Throws: what XML cannot say, each with its place: characters it has not, a narrative that is not well-formed.
  public func xml(pretty: Bool = false) throws(FHIREncodingError) -> [UInt8] {
    try XMLNodeEncoder.encode(node, pretty: pretty)
  }
}

extension XMLNodeDecoder {
  /// Reads a resource of `type`, or of the type that the root names.
  static func decode(
    _ document: [UInt8], _ options: FHIRDecodingOptions, as type: TypeReference?
  ) throws(FHIRDecodingError) -> (FHIRNode, [FHIRIssue]) {
    var decoder: XMLNodeDecoder
    do throws(XMLError) {
      decoder = try XMLNodeDecoder(document, options)
    } catch {
      throw FHIRDecodingError(issues: [issue(error, at: nil)])
    }
    var node: FHIRNode?
    do throws(XMLError) {
      node = try decoder.resourceDocument()
    } catch {
      let place = decoder.builder.path.expression
      throw FHIRDecodingError(issues: decoder.builder.issues + [issue(error, at: place)])
    }
    if let found = node, let type, found.type != type {
      decoder.report(.structure, "Expected a \(type.name), found a \(found.type.name)", at: 0)
      node = nil
    }
    guard let node, decoder.builder.isAcceptable else {
      throw FHIRDecodingError(issues: decoder.builder.issues)
    }
    return (node, decoder.builder.issues)
  }

  private static func issue(_ error: XMLError, at place: String?) -> FHIRIssue {
    FHIRIssue(
      .fatal, error.code == .limit ? .tooCostly : .structure, at: place, error.message, offset: error.byteOffset)
  }
}
