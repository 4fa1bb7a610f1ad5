/// The two ways to write a resource.
public enum FHIRFormat: String, Sendable, Hashable, CaseIterable {
  case json
  case xml

  /// What the first byte that is no white space says: `{` or `[` begins JSON, `<` XML; nil for anything else.
  ///
  /// A byte order mark is passed over, for the readers to judge.
  public init?(of document: [UInt8]) {
    let start = document.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    switch document[start...].first(where: { $0 > 0x20 }) {
    case UInt8(ascii: "{"), UInt8(ascii: "["): self = .json
    case UInt8(ascii: "<"): self = .xml
    default: return nil
    }
  }
}

/// Why a resource cannot be written: values that the format has no way to say.
public struct FHIREncodingError: Error, Sendable, Equatable, CustomStringConvertible {
  public var issues: [FHIRIssue]

  public init(issues: [FHIRIssue]) { self.issues = issues }

  public var description: String { issues.map(\.description).joined(separator: "\n") }
}

extension AnyResource {
  /// Reads one resource in `format` as `options` say. What a lenient reading kept is in `issues`.
  public static func decode(
    _ document: [UInt8], as format: FHIRFormat, options: FHIRDecodingOptions = .strict
  ) throws(FHIRDecodingError) -> (value: AnyResource, issues: [FHIRIssue]) {
    switch format {
    case .json: try decode(json: document, options: options)
    case .xml: try decode(xml: document, options: options)
    }
  }

  /// The resource in `format`.
  public func encoded(as format: FHIRFormat, pretty: Bool = false) throws(FHIREncodingError) -> [UInt8] {
    switch format {
    case .json: json(pretty: pretty)
    case .xml: try xml(pretty: pretty)
    }
  }
}
