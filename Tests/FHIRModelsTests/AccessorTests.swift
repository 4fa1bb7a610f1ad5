import FHIRModels
import XCTest

/// What typed accessors hand out, of documents that were read and of values that were built.
final class AccessorTests: XCTestCase {
  private let document = Array(
    """
    {"resourceType":"Patient","id":"p","name":[{"family":"A"},{"family":"B","given":["C","\\u00c9"]}],
    "birthDate":"1980-04","contact":[{"name":{"text":"x"}}],"multipleBirthInteger":-2,"contained":[
    {"resourceType":"Basic","id":"b","code":{"text":"c"}}]}
    """.utf8)

  func testListsAreOrdinaryArrays() throws {
    var patient = try Patient(json: document)
    var names = patient.name
    names[0].family = "Z"
    names.append(contentsOf: (0..<20).map { HumanName(family: "n\($0)") })
    names.remove(at: 1)
    names.sort { ($0.family ?? "") < ($1.family ?? "") }
    XCTAssertEqual(names.count, 21)
    XCTAssertEqual(names.first?.family, "Z")
    XCTAssertEqual(patient.name.map(\.family), ["A", "B"])
    patient.name = names
    XCTAssertEqual(patient.name.map(\.family), names.map(\.family))
    XCTAssertEqual((patient.contact as [any FHIRElement]).map(\.debugDescription), ["Patient.contact(1 fields)"])
    XCTAssertEqual(patient.contained.map(\.resourceType), ["Basic"])
    patient.contained.append(AnyResource(Patient { $0.id = "q" }))
    XCTAssertEqual(patient.contained.map(\.id), ["b", "q"])
  }

  func testListsOutliveTheirDocument() throws {
    var names: [HumanName] = []
    do { names = try Patient(json: document).name }
    XCTAssertEqual(names.last?.given, ["C", "É"])
  }

  func testWhatAllOfAKindHave() throws {
    func mark<R: FHIRDomainResource>(_ resource: R) -> R {
      var resource = resource
      resource.id = "1"
      resource.meta = Meta(versionId: "2")
      resource.language = "fr"
      resource.text = Narrative(status: .empty)
      resource.extension.append(Extension(url: "u", value: .boolean(true)))
      resource.modifierExtension = [Extension(url: "m", value: .integer(7))]
      return resource
    }
    func note<E: FHIRBackboneElement>(_ element: inout E) {
      element.id = "e"
      element.modifierExtension = element.extension
    }
    let patient = mark(try Patient(json: document))
    XCTAssertEqual(patient.meta?.versionId, "2")
    XCTAssertEqual(patient.name.count, 2)
    XCTAssertEqual(
      String(decoding: mark(Invoice()).json(), as: UTF8.self),
      #"{"resourceType":"Invoice","id":"1","meta":{"versionId":"2"},"language":"fr","text":{"status":"empty"},"#
        + #""extension":[{"url":"u","valueBoolean":true}],"modifierExtension":[{"url":"m","valueInteger":7}]}"#)
    var contact = Patient.Contact(extension: [Extension(url: "x")])
    note(&contact)
    XCTAssertEqual(
      contact, Patient.Contact(id: "e", extension: [Extension(url: "x")], modifierExtension: [Extension(url: "x")]))
    XCTAssertEqual([patient.id, Bundle { $0.id = "b" }.id], ["1", "b"])
  }

  /// A strict reading has checked what it hands out; what a lenient one kept is checked when it is asked for.
  func testWhatIsNoValueIsNotHandedOut() throws {
    let text =
      #"{"resourceType":"Patient","birthDate":"1980-02-30","deceasedDateTime":"soon","multipleBirthInteger":4}"#
    XCTAssertThrowsError(try Patient(json: Array(text.utf8)))
    let patient = try Patient.decode(json: Array(text.utf8), options: .lenient).value
    XCTAssertNil(patient.birthDate)
    XCTAssertNil(patient.deceased)
    XCTAssertEqual(patient.multipleBirth, .integer(4))
    XCTAssertEqual(try Patient(json: document).multipleBirth, .integer(-2))
    XCTAssertEqual(try Patient(json: document).birthDate?.month, 4)
  }
}
