/// Codes of standards that the specification's value sets take whole and do not list: what can be said of one without a
/// terminology server.
enum StandardCodes {
  /// Whether a code cannot be one of the standard that `system` names; false where nothing here tells.
  static func refuses(_ code: String, of system: String) -> Bool {
    switch system {
    case "urn:ietf:bcp:13": !isMediaType(code)
    case "urn:iso:std:iso:4217": !currencies.contains(code)
    default: false
    }
  }

  /// `type/subtype` with perhaps parameters (RFC 6838, section 4.2), or one of the words that R4 itself uses for formats
  /// (CapabilityStatement.format).
  private static func isMediaType(_ code: String) -> Bool {
    if ["xml", "json", "ttl"].contains(code) { return true }
    let essence = code.utf8.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
    let rest = code.utf8.dropFirst(essence.count).drop { $0 == UInt8(ascii: " ") }
    guard rest.isEmpty || rest.first == UInt8(ascii: ";") else { return false }
    let names = essence.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return names.count == 2 && names.allSatisfy { !$0.isEmpty && $0.count <= 127 && $0.allSatisfy(isNameByte) }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || "!#$&-^_.+*".utf8.contains(byte)
  }

  /// ISO 4217, the codes in use and those that went out of use in this century, and the five of Crown dependencies and
  /// others that R4's own list of currencies holds besides.
  private static let currencies = Set(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BYR BZD CAD CDF CHE
    CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CYP CZK DJF DKK DOP DZD EEK EGP ERN ETB EUR FJD FKP GBP GEL GGP GHS GIP GMD
    GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS IMP INR IQD IRR ISK JEP JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP
    LKR LRD LSL LTL LVL LYD MAD MDL MGA MKD MMK MNT MOP MRO MRU MTL MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR
    PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SIT SKK SLE SLL SOS SPL SRD SSP STD STN SVC
    SYP SZL THB TJS TMT TND TOP TRY TTD TVD TWD TZS UAH UGX USD USN USS UYI UYU UYW UZS VED VEF VES VND VUV WST XAF XAG XAU
    XBA XBB XBC XBD XCD XCG XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMK ZMW ZWG ZWL
    """.split(whereSeparator: { $0 == " " || $0 == "\n" }).map(String.init))
}
