/// Languages of table 0296 as BCP 47 tags: FHIR's codes of languages.
enum HL7FHIRLanguages {
  /// The tag of a code of ISO 639-1, ISO 639-2 or BCP 47; nil for another.
  static func concept(_ code: String) -> HL7FHIRCodes.Concept? {
    let parts = code.split(separator: "-", omittingEmptySubsequences: false)
    guard let first = parts.first?.lowercased(), parts.count <= 2 else { return nil }
    guard let language = languages[first] ?? languages.values.first(where: { $0.tag == first }) else { return nil }
    guard parts.count == 2 else { return concept(language.tag, language.name) }
    guard parts[1].utf8.count == 2, parts[1].utf8.allSatisfy({ (0x41...0x5A).contains($0 & 0xDF) }) else { return nil }
    return concept("\(language.tag)-\(parts[1].uppercased())", nil)
  }

  private static func concept(_ tag: String, _ name: String?) -> HL7FHIRCodes.Concept {
    HL7FHIRCodes.Concept(system: "urn:ietf:bcp:47", code: tag, display: name)
  }

  /// By the codes of ISO 639-2, terminological and bibliographic.
  private static let languages: [String: (tag: String, name: String)] = {
    var languages: [String: (tag: String, name: String)] = [:]
    for entry in list.split(separator: "|") {
      let words = entry.split(separator: " ")
      for code in words[0].split(separator: "/") {
        languages[String(code)] = (String(words[1]), words[2...].joined(separator: " "))
      }
    }
    return languages
  }()

  private static let list =
    "amh am Amharic|ara ar Arabic|ben bn Bengali|bul bg Bulgarian|cat ca Catalan|ces/cze cs Czech|dan da Danish|"
    + "deu/ger de German|ell/gre el Greek|eng en English|est et Estonian|eus/baq eu Basque|fas/per fa Persian|"
    + "fin fi Finnish|fra/fre fr French|fry fy Frysian|gle ga Irish|guj gu Gujarati|heb he Hebrew|hin hi Hindi|"
    + "hrv hr Croatian|hun hu Hungarian|hye/arm hy Armenian|ind id Indonesian|isl/ice is Icelandic|ita it Italian|"
    + "jpn ja Japanese|kor ko Korean|lav lv Latvian|lit lt Lithuanian|msa/may ms Malay|nld/dut nl Dutch|"
    + "nor no Norwegian|pan pa Punjabi|pol pl Polish|por pt Portuguese|ron/rum ro Romanian|rus ru Russian|"
    + "slk/slo sk Slovak|slv sl Slovenian|som so Somali|spa es Spanish|sqi/alb sq Albanian|srp sr Serbian|"
    + "swa sw Swahili|swe sv Swedish|tam ta Tamil|tel te Telugu|tha th Thai|tur tr Turkish|ukr uk Ukrainian|"
    + "urd ur Urdu|vie vi Vietnamese|zho/chi zh Chinese"
}
