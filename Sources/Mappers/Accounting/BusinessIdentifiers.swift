internal import ClinicModel

/// The identifiers that an invoice names a business by, picked out of a record's identifier rows.
///
/// A row is recognised by its type code, else by the last part of its system: `SIREN` or `https://example.org/siren`.
struct BusinessIdentifiers {
  /// SIREN, nine digits (ISO 6523 ICD 0002).
  let siren: String?
  /// SIRET, fourteen digits (ICD 0009).
  let siret: String?
  /// Morocco's identifiant commun de l'entreprise, fifteen digits.
  let ice: String?
  /// A VAT number with its country prefix.
  let vat: String?
  /// Any other number by which a tax authority knows the business: Morocco's IF, a GST/HST or QST number.
  let taxRegistrations: [(scheme: String, value: String)]
  let iban: String?

  init(_ rows: [IdentifierRecord], owner: String) throws(MappingError) {
    var found: [String: String] = [:]
    for row in rows where row.use != .old {
      let value = String(row.value.filter { $0 != " " })
      let kind = Self.kind(of: row)
      if !value.isEmpty, found[kind] == nil { found[kind] = value }
    }
    siren = try Self.digits(found["SIREN"], count: 9, "SIREN", owner)
    siret = try Self.digits(found["SIRET"], count: 14, "SIRET", owner)
    ice = try Self.digits(found["ICE"], count: 15, "ICE", owner)
    let vatNumber = found["VAT"] ?? found["TVA"]
    let hasPrefix = vatNumber.map { $0.utf8.prefix(2).allSatisfy { (0x41...0x5A).contains($0) } } ?? false
    vat = hasPrefix ? vatNumber : nil
    var registrations: [(scheme: String, value: String)] = []
    if let vatNumber, !hasPrefix { registrations.append(("LOC", vatNumber)) }
    if let value = found["IF"] { registrations.append(("LOC", value)) }
    for scheme in ["GST", "HST", "QST", "PST"] {
      if let value = found[scheme] { registrations.append((scheme, value)) }
    }
    taxRegistrations = registrations
    iban = found["IBAN"]
  }

  /// The electronic address (BT-34, BT-49) with its scheme of the EAS list.
  var endpoint: (scheme: String, value: String)? {
    if let siret { return ("0009", siret) }
    return siren.map { ("0002", $0) }
  }

  /// The number of the legal registration (BT-30, BT-47); its ISO 6523 scheme where one exists.
  var legal: (scheme: String?, value: String)? {
    if let siren { return ("0002", siren) }
    if let siret { return ("0002", String(siret.prefix(9))) }
    return ice.map { (nil, $0) }
  }

  private static func kind(of row: IdentifierRecord) -> String {
    let known: Set = [
      "SIREN", "SIRET", "ICE", "VAT", "TVA", "IF", "GST", "HST", "QST", "PST", "IBAN",
    ]
    if let code = row.type?.code?.uppercased(), known.contains(code) { return code }
    let tail = row.system.split(whereSeparator: { "/:#".contains($0) }).last.map { $0.uppercased() } ?? ""
    if known.contains(tail) { return tail }
    // Systems such as `…/vat-number` and `…:ice-id`.
    return tail.split(separator: "-").first.map(String.init) ?? tail
  }

  private static func digits(
    _ value: String?, count: Int, _ name: String, _ owner: String
  ) throws(MappingError) -> String? {
    guard let value else { return nil }
    guard value.utf8.count == count, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw MappingError(
        .invalid, "\(owner).identifier[\(name)]",
        "a \(name) has \(count) digits, this one has \(value.count) characters; correct it in the clinic's settings")
    }
    return value
  }
}
