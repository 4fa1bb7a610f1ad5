import FHIRModels
import JSON
import XML

/// What `passerelle fhir check` does with one document.
enum FHIRDocumentCheck {
  /// Everything that is wrong with the document; nothing when it passes. `validator` is left out to read and write only.
  static func issues(in document: [UInt8], _ validator: FHIRValidator?) -> [FHIRIssue] {
    guard let format = FHIRFormat(of: document) else {
      return [FHIRIssue(.fatal, .structure, FHIRFiles.refusal(of: document), offset: 0)]
    }
    do throws(FHIRDecodingError) {
      let resource = try AnyResource.decode(document, as: format).value
      let lost = roundTrip(resource, document, format)
      let found = validator?.validate(resource).filter { [.error, .fatal].contains($0.severity) } ?? []
      return lost + found.located(in: document, as: format)
    } catch {
      return error.issues
    }
  }

  /// What is lost when the resource is written in its own format, or carried to the other and back.
  private static func roundTrip(
    _ resource: AnyResource, _ document: [UInt8], _ format: FHIRFormat
  ) -> [FHIRIssue] {
    let other: FHIRFormat = format == .json ? .xml : .json
    do {
      let written = try resource.encoded(as: format)
      if let place = try difference(document, written, format) {
        return [loss(at: place, "Written as \(format.rawValue) again, this is not what was read")]
      }
      let there = try AnyResource.decode(try resource.encoded(as: other), as: other, options: ofWritten).value
      if let place = DocumentDifference.between(resource, there) {
        return [loss(at: place, "Carried to \(other.rawValue), this is not what was read")]
      }
      let back = try AnyResource.decode(try there.encoded(as: format), as: format, options: ofWritten).value
      if let place = DocumentDifference.between(resource, back) {
        return [loss(at: place, "Carried to \(other.rawValue) and back, this is not what was read")]
      }
      return []
    } catch let error as FHIREncodingError {
      return error.issues
    } catch let error as FHIRDecodingError {
      return error.issues.map { issue in
        var issue = issue
        // The bytes are those of what was written, which nobody sees.
        issue.offset = nil
        issue.diagnostics = "What was written cannot be read: \(issue.diagnostics)"
        return issue
      }
    } catch {
      return [loss(at: resource.resourceType, "What was written cannot be read: \(error)")]
    }
  }

  /// What was written of a document within the limits is longer in the other format, and no less good for it.
  private static let ofWritten: FHIRDecodingOptions = {
    var options = FHIRDecodingOptions.strict
    options.limits.bytes *= 8
    return options
  }()

  private static func difference(_ document: [UInt8], _ written: [UInt8], _ format: FHIRFormat) throws -> String? {
    switch format {
    case .json:
      var limits = JSONLimits.default
      limits.bytes = ofWritten.limits.bytes
      return DocumentDifference.between(
        try JSONValue.parse(document, limits: limits), try JSONValue.parse(written, limits: limits))
    case .xml:
      let most = ofWritten.limits
      let limits = XMLLimits(
        bytes: most.bytes, depth: DocumentLimits.deepest, elements: most.values, textBytes: most.bytes)
      return try DocumentDifference.between(xml: document, written, limits)
    }
  }

  private static func loss(at place: String, _ diagnostics: String) -> FHIRIssue {
    FHIRIssue(.error, .exception, at: place, diagnostics)
  }
}
