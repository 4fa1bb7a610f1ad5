/// How fields and components are called in Swift.
enum HL7Names {
  /// Names shorter or plainer than the standard's own, by place.
  private static let chosen: [String: String] = [
    "AL1.3": "allergenCode", "DG1.26": "presentOnAdmissionIndicator", "IN1.22": "coordinationOfBenefitsPriority",
    "IN1.34": "delayBeforeLifetimeReserveDay", "NK1.10": "jobTitle", "NK1.11": "jobCodeClass",
    "NK1.12": "employeeNumber", "NK1.33": "associatedPartyIdentifiers", "NK1.38": "birthPlace",
    "NK1.40": "telecommunicationInformation", "NK1.41": "contactPersonTelecommunicationInformation",
    "PD1.4": "patientPrimaryCareProvider", "TQ1.14": "totalOccurrences", "XPN.3": "secondAndFurtherGivenNames",
    "XTN.8": "extensionNumber",
  ]

  /// The accessors of the parts of `owner`, in their order. Where two parts have one name, the one of the preferred
  /// version keeps it and the other takes its number behind it.
  static func accessors(of owner: String, _ parts: [HL7Definitions.Part]) -> [String] {
    let names = parts.map { chosen["\(owner).\($0.number)"] ?? accessor($0.name, in: owner) ?? "part\($0.number)" }
    return names.enumerated().map { index, name in
      let rivals = names.indices.filter { names[$0] == name }
      let winner = rivals.min { (parts[$0].rank, $0) < (parts[$1].rank, $1) }
      return Names.quoted(index == winner ? name : "\(name)\(parts[index].number)")
    }
  }

  /// `Driver's License Number - Patient` becomes `driversLicenseNumberPatient`, `Set ID - PID` becomes `setID`, `Degree
  /// (e.g., MD)` becomes `degree`.
  private static func accessor(_ name: String, in owner: String) -> String? {
    var plain = ""
    var depth = 0
    for character in name {
      if character == "(" {
        depth += 1
      } else if character == ")" {
        depth -= 1
      } else if depth <= 0 {
        plain.append(character)
      }
    }
    var words = plain.filter { $0 != "'" }.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.map(String.init)
    if words.count > 1, words.last == owner { words.removeLast() }
    guard let first = words.first else { return nil }
    let isAcronym = first.allSatisfy { $0.isUppercase || $0.isNumber }
    let head = isAcronym ? first.lowercased() : first.prefix(1).lowercased() + first.dropFirst()
    let rest = words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    return (head.first?.isNumber == true ? "number" : "") + head + rest
  }
}
