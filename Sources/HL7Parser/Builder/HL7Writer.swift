/// Builds a message segment by segment. Text is escaped, so no value can create a delimiter or a segment.
///
///     var writer = HL7Writer()
///     var header = HL7SegmentDraft("MSH")
///     header[9] = .components(["ADT", "A08", "ADT_A01"])
///     writer.append(header)
///     var pid = HL7SegmentDraft("PID")
///     pid[3] = .components(["42", nil, nil, .subcomponents(["CLINIC", nil, "ISO"]), "MR"])
///     pid[5] = .repetitions([.components(["Berrada", "Salma"])])
///     pid[30] = .null
///     writer.append(pid)
///     let bytes = writer.bytes
public struct HL7Writer: Sendable {
  public let delimiters: HL7Delimiters
  public let charset: HL7Charset
  /// The message so far, each finished segment ended by CR.
  public private(set) var bytes: [UInt8] = []
  /// How many characters the charset could not express (`?` stands in their place), and values the delimiters could not.
  public private(set) var substitutions = 0
  private var field = 0

  public init(delimiters: HL7Delimiters = .standard, charset: HL7Charset = .utf8) {
    self.delimiters = delimiters
    self.charset = charset
  }

  /// Appends a segment. MSH, FHS and BHS get their first two fields from `delimiters`.
  public mutating func append(_ segment: HL7SegmentDraft) {
    begin(segment.name)
    for (index, content) in segment.fields.enumerated() where index >= field && !content.isAbsent {
      advance(to: index + 1)
      var encoder = HL7Encoder(delimiters: delimiters, charset: charset)
      encoder.write(content, as: .field)
      take(encoder)
    }
    end()
  }

  /// Appends a received segment, for passing on: as it stands, or in this writer's delimiters and charset.
  public mutating func append(copying segment: HL7Segment) {
    var encoder = HL7Encoder(delimiters: delimiters, charset: charset)
    encoder.write(segment)
    take(encoder)
    bytes.append(.carriageReturn)
  }

  // MARK: In order, without a draft

  mutating func reserveCapacity(_ count: Int) {
    bytes.reserveCapacity(count)
  }

  mutating func begin(_ name: String) {
    bytes.append(contentsOf: name.utf8)
    field = 0
    if name == "MSH" || name == "FHS" || name == "BHS" {
      bytes.append(delimiters.field)
      bytes.append(contentsOf: delimiters.encodingCharacters)
      field = 2
    }
  }

  /// Moves to a later field of the segment begun.
  mutating func advance(to number: Int) {
    while field < number {
      bytes.append(delimiters.field)
      field += 1
    }
  }

  mutating func text(_ text: String, field number: Int) {
    advance(to: number)
    escaped(text)
  }

  /// Appends bytes that are already escaped, without control characters.
  mutating func raw(_ raw: ArraySlice<UInt8>) {
    if raw.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) {
      bytes.append(contentsOf: raw)
    } else {
      for byte in raw where byte >= 0x20 && byte != 0x7F { bytes.append(byte) }
    }
  }

  /// Appends a component delimiter.
  mutating func nextComponent() {
    bytes.append(delimiters.component)
  }

  mutating func end() {
    bytes.append(.carriageReturn)
    field = 0
  }

  private mutating func escaped(_ text: String) {
    substitutions += HL7Escapes.encode(text, into: &bytes, delimiters: delimiters, charset: charset)
  }

  private mutating func take(_ encoder: HL7Encoder) {
    bytes.append(contentsOf: encoder.bytes)
    substitutions += encoder.losses
  }
}
