package import Mappers

/// Which format is made by which mapper. A new outside format is a line here.
package struct RendererRegistry: Sendable {
  /// How a document is made, by what it is made from.
  package enum Renderer: Sendable {
    case claim(contentType: String, @Sendable (ClaimBundleSource) throws(MappingError) -> [UInt8])
    case invoice(contentType: String, @Sendable (UBLInvoiceSource) throws(MappingError) -> [UInt8])
    /// A message of a feed, over MLLP.
    case message(
      contentType: String, @Sendable (HL7FeedSource, HL7FeedProfile) throws(MappingError) -> [UInt8])
  }

  private let renderers: [String: Renderer]

  package init(_ renderers: [String: Renderer]) { self.renderers = renderers }

  package static let standard = RendererRegistry([
    "fhir-claim": .claim(contentType: "application/fhir+json", ClaimBundleMapper.document),
    "ubl-2.1": .invoice(contentType: "application/xml", UBLInvoiceMapper.document),
    "hl7-adt": feed, "hl7-siu": feed, "hl7-dft": feed,
  ])

  private static let feed = Renderer.message(
    contentType: HL7FeedMapper.contentType,
    { (source, profile) throws(MappingError) in try HL7FeedMapper.message(source, profile: profile) })

  package subscript(format: String) -> Renderer? { renderers[format] }
  package var formats: [String] { renderers.keys.sorted() }
}

/// A rendered document, as it is kept and sent.
package struct RenderedDocument: Sendable, Equatable {
  package let contentType: String
  package let bytes: [UInt8]
}
