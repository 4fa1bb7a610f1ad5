public import ClinicModel
internal import FHIRModels

/// Understands an insurer's answer: a FHIR R4 ClaimResponse, alone or as the only one in a Bundle.
///
/// In two steps, because the claim has to be found before the answer can be held against it: `init` reads the
/// document, `reference` says which claim it is about, `answer(to:)` checks it against that claim.
public struct ClaimResponseMapper: Sendable {
  private let response: ClaimResponse
  /// The FHIRPath of the ClaimResponse in the document.
  private let path: String

  /// - Throws: everything that departs from FHIR R4, codes and invariants too, or the lack of a ClaimResponse.
  public init(json: [UInt8]) throws(ClaimAnswerError) {
    let resource: AnyResource
    do {
      resource = try AnyResource(json: json)
    } catch {
      throw ClaimAnswerError(
        issues: error.issues.map { MappingError(.invalid, $0.expression ?? "ClaimResponse", $0.diagnostics) })
    }
    if let response = resource.as(ClaimResponse.self) {
      try Self.validate(resource, at: "ClaimResponse")
      self.response = response
      path = "ClaimResponse"
      return
    }
    guard let bundle = resource.as(Bundle.self) else {
      throw Self.refusal(
        resource.resourceType, "found a \(resource.resourceType), expected a ClaimResponse or a Bundle with one")
    }
    let found = bundle.entry.enumerated().compactMap { index, entry in
      entry.resource?.as(ClaimResponse.self).map { (index, $0) }
    }
    guard found.count == 1, let (index, response) = found.first else {
      throw Self.refusal("Bundle.entry", "found \(found.count) ClaimResponses, expected one; send each by itself")
    }
    let place = "Bundle.entry[\(index)].resource"
    try Self.validate(resource, at: place)
    self.response = response
    path = place
  }

  /// Holds the answer against R4's rules. What else a Bundle carries is not ours to judge.
  private static func validate(_ document: AnyResource, at place: String) throws(ClaimAnswerError) {
    let found = FHIRValidator().validate(document).filter { issue in
      [.error, .fatal].contains(issue.severity) && issue.expression?.hasPrefix(place) ?? true
    }
    guard found.isEmpty else {
      throw ClaimAnswerError(issues: found.map { MappingError(.invalid, $0.expression ?? place, $0.diagnostics) })
    }
  }

  private static func refusal(_ field: String, _ message: String) -> ClaimAnswerError {
    ClaimAnswerError(issues: [MappingError(.unsupported, field, message)])
  }

  /// The claim that `request` names, by reference, by identifier or both.
  public var reference: ClaimReference {
    let parts = (response.request?.reference ?? "").split(separator: "/")
    var reference = ClaimReference(controlNumber: response.request?.identifier?.value)
    if let type = parts.lastIndex(of: "Claim"), type + 1 < parts.count { reference.claimID = String(parts[type + 1]) }
    return reference
  }

  /// What the answer means for `claim`.
  ///
  /// - Throws: everything that speaks against it: another claim, another currency, sums that do not hold.
  public func answer(to claim: ClaimRecord) throws(ClaimAnswerError) -> ClaimAnswer {
    var check = ClaimResponseCheck(response: response, path: path, claim: claim)
    let answer = check.answer(reference)
    guard check.issues.isEmpty, let answer else { throw ClaimAnswerError(issues: check.issues) }
    return answer
  }
}
