/// How large a document may be before `XMLReader` refuses it.
public struct XMLLimits: Hashable, Sendable {
  /// Bytes of the whole document.
  public var bytes: Int
  /// Elements inside one another; the root is 1.
  public var depth: Int
  /// Elements of the whole document.
  public var elements: Int
  /// Attributes and namespace declarations of one element. The check for duplicates compares each with each.
  public var attributesPerElement: Int
  /// Different names of elements, attributes and namespaces: each is kept as long as the reader.
  public var names: Int
  /// Bytes of one run of character data, after references are resolved.
  public var textBytes: Int

  public init(
    bytes: Int = 16 << 20, depth: Int = 64, elements: Int = 1_000_000, attributesPerElement: Int = 64,
    names: Int = 20_000, textBytes: Int = 16 << 20
  ) {
    self.bytes = bytes
    self.depth = depth
    self.elements = elements
    self.attributesPerElement = attributesPerElement
    self.names = names
    self.textBytes = textBytes
  }

  public static let standard = XMLLimits()
}
