import FHIRModels
import JSON

/// A page of matches as a Bundle of type `searchset`, written around resources that are bytes already.
struct SearchBundle {
  let base: String
  let type: String
  var total: Int?
  var selfLink = ""
  var nextLink: String?
  var resources: [RenderedResource] = []
  /// Warnings about the search; an entry of mode `outcome`.
  var outcome: OperationOutcome?

  init(base: String, type: String) {
    self.base = base
    self.type = type
  }

  func json() -> [UInt8] {
    let size = resources.reduce(1_024) { $0 + $1.json.count + 160 }
    var writer = JSONWriter(capacity: size)
    writer.beginObject()
    writer.member("resourceType", "Bundle")
    writer.member("type", "searchset")
    if let total { writer.member("total", total) }
    writer.key("link")
    writer.beginArray()
    link("self", selfLink, &writer)
    if let nextLink { link("next", nextLink, &writer) }
    writer.endArray()
    if !resources.isEmpty || outcome != nil {
      writer.key("entry")
      writer.beginArray()
      for resource in resources {
        writer.beginObject()
        writer.member("fullUrl", "\(base)/\(type)/\(resource.id)")
        writer.key("resource")
        writer.raw(resource.json)
        mode("match", &writer)
        writer.endObject()
      }
      if let outcome {
        writer.beginObject()
        writer.key("resource")
        outcome.write(to: &writer)
        mode("outcome", &writer)
        writer.endObject()
      }
      writer.endArray()
    }
    writer.endObject()
    return writer.finish()
  }

  private func link(_ relation: String, _ url: String, _ writer: inout JSONWriter) {
    writer.beginObject()
    writer.member("relation", relation)
    writer.member("url", url)
    writer.endObject()
  }

  private func mode(_ mode: String, _ writer: inout JSONWriter) {
    writer.key("search")
    writer.beginObject()
    writer.member("mode", mode)
    writer.endObject()
  }
}
