/// What a narrative's `div` may hold (R4, "Narrative": XHTML of HTML 4.0's basic formatting, tables, lists, links and
/// images; no scripts, forms, frames, style sheets or handlers of events).
enum XHTMLNarrative {
  /// Why the text is no narrative, and at which of its bytes.
  struct Problem: Equatable {
    let reason: String
    let offset: Int

    var diagnostics: String { "The narrative is not acceptable XHTML: \(reason) (byte \(offset) of the narrative)" }
  }

  static let namespace: StaticString = "http://www.w3.org/1999/xhtml"

  /// The first problem of a `div` as UTF-8; nil when it is well-formed and holds what is allowed only.
  static func problem(_ bytes: UnsafeBufferPointer<UInt8>) -> Problem? {
    var scan = XHTMLScanner(bytes)
    do throws(XHTMLFault) {
      try scan.document()
      return nil
    } catch {
      return Problem(reason: error.reason, offset: error.offset)
    }
  }

  // MARK: What is allowed

  private static let elements: [StaticString] = [
    "a", "abbr", "acronym", "address", "area", "b", "bdo", "big", "blockquote", "br", "caption", "cite", "code", "col",
    "colgroup", "dd", "dfn", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "kbd", "li",
    "map", "ol", "p", "pre", "q", "samp", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot",
    "th",
    "thead", "tr", "tt", "ul", "var",
  ]

  /// The attributes of every element first (HTML 4.0's core, language and focus), then those of some.
  private static let attributes: [StaticString] = [
    "xmlns", "id", "class", "style", "title", "lang", "xml:lang", "dir", "accesskey", "tabindex",
    "abbr", "align", "alt", "axis", "border", "cellpadding", "cellspacing", "char", "charoff", "charset", "cite",
    "colspan", "coords", "frame", "headers", "height", "href", "hreflang", "ismap", "longdesc", "name", "nohref", "rel",
    "rev", "rowspan", "rules", "scope", "shape", "span", "src", "summary", "type", "usemap", "valign", "width",
    "xml:space", "nowrap", "bgcolor", "compact", "hspace", "start", "value", "vspace",
  ]
  private static let common = 10
  static let root = 17
  static let xmlns = 0

  private static let elementTable = NameTable(elements)
  private static let attributeTable = NameTable(attributes)

  /// Per element the attributes it may have, a bit for each place in `attributes`.
  private static let permitted: [UInt64] = elements.map { element in
    var bits: UInt64 = (1 << UInt64(common)) - 1
    for name in own(element.description).split(separator: " ") {
      let place = attributeTable.find(String(name))
      if place >= 0 { bits |= 1 << UInt64(place) }
    }
    return bits
  }

  /// What XHTML's schema for FHIR gives an element, and what HTML 4.0 gives it besides of the names that txt-1 lists.
  private static func own(_ element: String) -> String {
    let cell = "align char charoff valign"
    return switch element {
    case "a": "charset type name href hreflang rel rev shape coords"
    case "area": "shape coords href nohref alt"
    case "blockquote", "q": "cite"
    case "caption", "div", "h1", "h2", "h3", "h4", "h5", "h6", "p": "align"
    case "dl": "compact"
    case "hr": "align width"
    case "img": "src alt longdesc height width usemap ismap border align hspace vspace name"
    case "li": "type value"
    case "map": "name"
    case "ol": "type start compact"
    case "pre": "xml:space width"
    case "table": "summary width border frame rules cellspacing cellpadding align bgcolor"
    case "ul": "type compact"
    case "col", "colgroup": "span width " + cell
    case "thead", "tbody", "tfoot": cell
    case "tr": "bgcolor " + cell
    case "td", "th": "abbr axis headers scope rowspan colspan width height nowrap bgcolor " + cell
    default: ""
    }
  }

  /// The place of an element's name; negative when it is not allowed.
  @inline(__always)
  static func element(_ base: UnsafePointer<UInt8>, _ length: Int, readable: Int) -> Int {
    elementTable.find(base, length, readable: readable)
  }

  /// The place of an attribute's name; negative when no element may have it.
  @inline(__always)
  static func attribute(_ base: UnsafePointer<UInt8>, _ length: Int, readable: Int) -> Int {
    attributeTable.find(base, length, readable: readable)
  }

  static func permits(_ attribute: Int, on element: Int) -> Bool {
    permitted[element] & (1 << UInt64(attribute)) != 0
  }

  private static let addressBits: UInt64 = ["href", "src", "cite", "longdesc", "usemap"].reduce(0) {
    $0 | 1 << UInt64(attributeTable.find($1))
  }

  /// Whether an attribute holds an address, which a browser might run.
  static func isAddress(_ attribute: Int) -> Bool { addressBits & (1 << UInt64(attribute)) != 0 }
}

struct XHTMLFault: Error {
  let reason: String
  let offset: Int
}
