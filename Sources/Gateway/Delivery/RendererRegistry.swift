package import Mappers

/// Which format is made by which mapper. A new outside format is a line here.
package struct RendererRegistry: Sendable {
  /// How a document is made, by what it is made from.
  package enum Renderer: Sendable {
    case claim(contentType: String, @Sendable (ClaimBundleSource) throws(MappingError) -> [UInt8])
    case invoice(contentType: String, @Sendable (UBLInvoiceSource) throws(MappingError) -> [UInt8])
  }

  private let renderers: [String: Renderer]

  package init(_ renderers: [String: Renderer]) { self.renderers = renderers }

  package static let standard = RendererRegistry([
    "fhir-claim": .claim(contentType: "application/fhir+json", ClaimBundleMapper.document),
    "ubl-2.1": .invoice(contentType: "application/xml", UBLInvoiceMapper.document),
  ])

  package subscript(format: String) -> Renderer? { renderers[format] }
  package var formats: [String] { renderers.keys.sorted() }
}

/// A rendered document, as it is kept and sent.
package struct RenderedDocument: Sendable, Equatable {
  package let contentType: String
  package let bytes: [UInt8]
}
