import JSON

extension PathEncoding {
  /// The text as it stands between the quotes of a JSON string.
  static func escaped(json text: String) -> String {
    var writer = JSONWriter()
    writer.string(text)
    let quoted = String(decoding: writer.finish(), as: UTF8.self)
    return String(quoted.dropFirst().dropLast())
  }

  /// Resolves the escapes of a JSON string; nil for what may not stand between its quotes. A quote that is not escaped
  /// stands for itself.
  static func unescaped(json text: String) -> String? {
    var content: [UInt8] = [UInt8(ascii: "\"")]
    var isEscaped = false
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\""), !isEscaped { content.append(UInt8(ascii: "\\")) }
      isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
      content.append(byte)
    }
    content.append(UInt8(ascii: "\""))
    return (try? JSONValue.parse(content))?.string
  }
}
