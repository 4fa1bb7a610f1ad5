/// The form of values that have no parts. HL7 chapter 2A.
enum HL7SimpleType {
  /// What is wrong with a text as a value of a data type; `nil` where nothing is, or the type has no form.
  static func fault(of text: String, as type: String) -> String? {
    switch type {
    case "NM": isNumber(text) ? nil : "a number is digits with at most one sign before and one point between"
    case "SI": text.utf8.allSatisfy(\.isASCIIDigit) ? nil : "a sequence number is digits"
    case "DT": dateFault(text, "YYYY[MM[DD]]", upTo: .day)
    case "TS", "DTM": dateFault(text, "YYYY[MM[DD[HH[MM[SS[.SSSS]]]]]][+/-ZZZZ]", upTo: .fraction)
    case "TM": isTime(text) ? nil : "a time is HH[MM[SS[.SSSS]]][+/-ZZZZ]"
    default: nil
    }
  }

  private static func dateFault(_ text: String, _ form: String, upTo precision: HL7DateTime.Precision) -> String? {
    do throws(HL7Error) {
      let date = try HL7DateTime(text)
      return date.precision > precision ? "a date is \(form)" : nil
    } catch {
      return "a date is \(form): \(error.text)"
    }
  }

  private static func isNumber(_ text: String) -> Bool {
    var rest = text[...].utf8
    if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest.removeFirst() }
    var digits = 0
    var points = 0
    for byte in rest {
      if byte.isASCIIDigit { digits += 1 } else if byte == UInt8(ascii: ".") { points += 1 } else { return false }
    }
    return digits > 0 && points <= 1
  }

  /// A time is what follows the day of a date.
  private static func isTime(_ text: String) -> Bool {
    guard text.utf8.prefix(2).allSatisfy(\.isASCIIDigit), text.utf8.count >= 2 else { return false }
    return (try? HL7DateTime("20000101" + text)) != nil
  }
}
