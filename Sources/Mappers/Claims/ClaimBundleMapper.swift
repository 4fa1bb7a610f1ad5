internal import ClinicModel
public import FHIRModels

/// Translates a claim into a FHIR R4 Bundle of type `collection`: the Claim first, then everything it refers to.
///
/// Every fullUrl is absolute under the clinic's base and every reference relative to it, so that each resolves inside
/// the Bundle. Pure: the same records give the same bytes.
public enum ClaimBundleMapper {
  /// The Bundle as JSON, read back once: what our own reader would refuse (a control character in a description, an id
  /// outside FHIR's pattern) is not sent to anybody.
  public static func document(from source: ClaimBundleSource) throws(MappingError) -> [UInt8] {
    let bytes = try bundle(from: source).json()
    do {
      _ = try Bundle(json: bytes)
      return bytes
    } catch {
      let first = error.issues.first
      throw MappingError(.invalid, first?.expression ?? "Bundle", first?.diagnostics ?? "not a FHIR document")
    }
  }

  /// - Throws: when the records do not belong together or the lines do not make the total.
  public static func bundle(from source: ClaimBundleSource) throws(MappingError) -> Bundle {
    let claim = try ClaimDraft(source).claim()
    var entries = [entry(claim, source), entry(ClaimParties.coverage(source), source)]
    entries.append(entry(ClaimParties.patient(source.patient), source))
    for practitioner in source.practitioners {
      entries.append(entry(ClaimParties.practitioner(practitioner), source))
    }
    entries.append(entry(ClaimParties.organization(source.payer), source))
    entries.append(entry(ClaimParties.organization(source.clinic), source))
    return Bundle { bundle in
      bundle.id = source.claim.id
      bundle.identifier = Identifier(system: source.controlNumberSystem, value: source.claim.controlNumber)
      bundle.type = "collection"
      bundle.timestamp = source.invoice.issuedAt.flatMap { FHIRInstant($0.rfc3339(in: source.zone)) }
      bundle.entry = entries
    }
  }

  private static func entry<R: FHIRResource>(_ resource: R, _ source: ClaimBundleSource) -> Bundle.Entry {
    Bundle.Entry { entry in
      entry.fullUrl = "\(source.base)/\(R.resourceType)/\(resource.id ?? "")"
      entry.resource = AnyResource(resource)
    }
  }
}
