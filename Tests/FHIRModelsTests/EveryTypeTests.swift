import FHIRModels
import JSON
import XCTest

/// A document for every resource type with every field present, made from the tables.
final class EveryTypeTests: XCTestCase {
  func testEveryResourceWithEveryFieldIsReadAndWrittenWithoutLoss() throws {
    let names = FHIRSchema.resourceTypes
    XCTAssertEqual(names.count, 146)
    for name in names {
      // Each round takes another type of every choice.
      for round in 0..<3 {
        let document = try XCTUnwrap(sample(name, round, depth: 3), name)
        let resource: AnyResource
        do throws(FHIRDecodingError) {
          resource = try AnyResource(json: document.serialized())
        } catch {
          return XCTFail("\(name): \(error.issues.prefix(3).map(\.description))")
        }
        XCTAssertEqual(try JSONValue.parse(resource.json()), document, name)
        XCTAssertEqual(resource.detached(), resource, name)
        XCTAssertEqual(try AnyResource(xml: resource.xml()).json(), resource.json(), name)
        XCTAssertEqual(resource.detached().json(), resource.json(), name)
      }
    }
  }

  func testEveryChoiceOfAnExtensionIsReadAndWritten() throws {
    let fields = try XCTUnwrap(FHIRSchema.fields(of: "Extension")).filter { $0.elementName == "value" }
    XCTAssertEqual(fields.count, 50)
    for round in 0..<fields.count {
      let document = try XCTUnwrap(sample("Extension", round, depth: 2))
      var read = try Extension(json: document.serialized())
      XCTAssertEqual(try JSONValue.parse(read.json()), document)
      let value = try XCTUnwrap(read.value, fields[round].name)
      read.value = nil
      XCTAssertEqual(try JSONValue.parse(read.json()).object?.keys.contains(fields[round].name), false)
      read.value = value
      XCTAssertEqual(try JSONValue.parse(read.json())[fields[round].name], document[fields[round].name])
    }
  }

  /// An object of `type` with every field, backbone elements `depth` deep.
  private func sample(_ type: String, _ round: Int, depth: Int) -> JSONValue? {
    guard let fields = FHIRSchema.fields(of: type) else { return nil }
    var object = JSONObject()
    if FHIRSchema.resourceTypes.contains(type) { object["resourceType"] = .string(type) }
    let groups = Dictionary(grouping: fields, by: \.elementName)
    for field in fields {
      let group = groups[field.elementName] ?? []
      guard group[round % group.count].name == field.name, depth > 0 || field.isRequired else { continue }
      if field.typeName == "Extension", depth < 2 { continue }
      guard let value = value(field, round, depth) else { continue }
      // Lists of one item are held otherwise than longer ones.
      let isSingle = round % 3 == 1
      object[field.name] = field.isList ? isSingle ? [value] : [value, value] : value
      if field.hasSide, depth > 1 {
        let side: JSONValue = ["id": "side", "extension": [["url": "http://x.test", "valueInteger": 7]]]
        object["_" + field.name] = field.isList ? isSingle ? [side] : [nil, side] : side
      }
    }
    if object.isEmpty { object["id"] = "x" }
    return .object(object)
  }

  private func value(_ field: FHIRSchema.FieldDescription, _ round: Int, _ depth: Int) -> JSONValue? {
    switch field.typeName {
    case "boolean": .bool(round % 2 == 0)
    case "integer": -7
    case "positiveInt", "unsignedInt": 7
    case "decimal": .number("1.00")
    case "date": "2024-02-29"
    case "dateTime": "2024-02"
    case "instant": "2024-02-29T12:00:00.10+01:00"
    case "time": "12:00:00"
    case "oid": "urn:oid:1.2.3"
    case "uuid": "urn:uuid:0b4bd5ab-0a1f-4e5c-8a36-1f2d1c1a0001"
    case "base64Binary": "YWJj"
    case "xhtml": .string("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>\(round) &lt; 4</p><!-- kept --></div>")
    case "Resource": ["resourceType": "Basic", "code": ["text": "x"]]
    case _ where field.isPrimitive: .string(field.name.count > 4 ? "text-\(round)" : "t")
    default: sample(field.typeName, round, depth: depth - 1)
    }
  }
}
