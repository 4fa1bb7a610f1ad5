import FHIRModels
import HL7Parser
import JSON
import Mappers

/// `passerelle hl7 to-fhir`
package enum HL7ToFHIRCommand {
  @Sendable package static func run(_ context: CommandContext) async throws(CommandFailure) {
    let zone = try zone(context.arguments["zone"])
    let isPretty = !context.arguments.has("compact")
    try HL7Files.messages(context).each { item in
      let message = try HL7Message(parsing: item.bytes, options: HL7Inspection.options)
      let document = HL7BundleMapper.bundle(of: message, zoneMinutes: zone).serialized(pretty: isPretty)
      do throws(FHIRDecodingError) {
        _ = try AnyResource.decode(document, as: .json)
      } catch {
        let issue = error.issues.first.map { ": \($0)" } ?? ""
        throw HL7Refusal(reason: "gives a Bundle that is not valid FHIR\(issue); please report it")
      }
      try HL7Output(context, ending: ".json").put(document, of: item)
    }
  }

  /// Minutes east of UTC of `+01:00`, `-0500` or `Z`.
  static func zone(_ text: String?) throws(CommandFailure) -> Int? {
    guard let text else { return nil }
    if text == "Z" { return 0 }
    let digits = text.dropFirst().filter { $0 != ":" }
    guard let sign = ["+": 1, "-": -1][text.prefix(1)], digits.utf8.count == 4,
      digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let hours = Int(digits.prefix(2)),
      let minutes = Int(digits.suffix(2)), hours <= 14, minutes < 60
    else {
      throw CommandFailure(.usage, "--zone takes an offset from UTC, such as +01:00, not \(text.debugDescription)")
    }
    return sign * (hours * 60 + minutes)
  }
}
