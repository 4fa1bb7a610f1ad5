import FHIRModels
import XCTest

/// The examples of docs/fhirmodels.md: each block of the page stands in this file (`GuidePageTests`), and here it is seen
/// to do what the page says.
final class GuideTests: XCTestCase {
  private let document = Array(
    #"""
    {"resourceType":"Patient","id":"p1","name":[{"family":"Alaoui","given":["Amina","Zahra"]}],"birthDate":"1980-04",
     "contained":[{"resourceType":"Organization","id":"o","name":"Clinic"}],"managingOrganization":{"reference":"#o"},
     "multipleBirthInteger":2}
    """#.utf8)

  func testReading() throws {
    let patient = try Patient(json: document)
    let family = patient.name.first?.family
    let given = patient.name.first?.given.joined(separator: " ")
    let year = patient.birthDate?.year

    XCTAssertEqual([family, given, year?.description], ["Alaoui", "Amina Zahra", "1980"])
  }

  func testBuilding() throws {
    let patient = Patient {
      $0.name = [HumanName(family: "Alaoui", given: ["Amina"])]
      $0.gender = .female
      $0.birthDate = FHIRDate("1980-04-01")
    }
    var married = patient
    married.name[0].family = "Bennani"
    let json = married.json(pretty: true)

    XCTAssertEqual(patient.name.first?.family, "Alaoui")
    XCTAssertEqual(try Patient(json: json).name.first?.family, "Bennani")
    XCTAssertNotEqual(patient, married)
  }

  func testReferences() throws {
    let patient = Patient { $0.id = "p1" }
    let appointment = Appointment {
      $0.status = .booked
      $0.participant = [Appointment.Participant(actor: Reference(to: patient, display: "Amina"), status: .accepted)]
    }
    let target = appointment.participant.first?.actor?.target
    let clinic = try Patient(json: document).contained("o", as: Organization.self)

    XCTAssertEqual(target?.type, "Patient")
    XCTAssertEqual(target?.id, "p1")
    XCTAssertEqual(clinic?.name, "Clinic")
  }

  func testBundles() throws {
    let bundle = Bundle {
      $0.type = .collection
      $0.entry = [
        Bundle.Entry(resource: AnyResource(Patient { $0.id = "p1" })),
        Bundle.Entry(resource: AnyResource(Invoice { $0.status = .issued })),
      ]
    }
    let first = bundle.entry.first?.resource(as: Patient.self)
    let invoices = bundle.resources(as: Invoice.self)
    let types = bundle.entry.compactMap { $0.resource?.resourceType }

    XCTAssertEqual(first?.id, "p1")
    XCTAssertEqual(invoices.map(\.status), [.issued])
    XCTAssertEqual(types, ["Patient", "Invoice"])
  }

  func testChoices() throws {
    let patient = try Patient(json: document)
    let birth =
      switch patient.multipleBirth {
      case .boolean(let isMultiple): isMultiple ? "one of several" : "single"
      case .integer(let order): "number \(order)"
      case nil: "unknown"
      }

    XCTAssertEqual(birth, "number 2")
  }

  func testNumbersAndDates() throws {
    let price = Money(value: FHIRDecimal("12.50"), currency: "MAD")
    let written = price.value?.text
    let centimes = price.value?.minorUnits(scale: 2)
    let born = FHIRDate("1980-04")
    let at = FHIRDateTime("2026-03-01T09:00:00+01:00")

    XCTAssertEqual(written, "12.50")
    XCTAssertEqual(centimes, 1250)
    XCTAssertEqual([born?.year, born?.month, born?.day], [1980, 4, nil])
    XCTAssertEqual(at?.text, "2026-03-01T09:00:00+01:00")
  }

  func testExtensions() throws {
    let birthTime = "http://hl7.org/fhir/StructureDefinition/patient-birthTime"
    var patient = Patient { $0.birthDate = FHIRDate("1980-04-01") }
    patient.setPrimitive(
      "birthDate",
      PrimitiveElement(extension: [Extension(url: birthTime, value: .dateTime(FHIRDateTime(epochMicroseconds: 0)))]))
    patient.extension = [Extension(url: "http://example.org/ward", value: .string("3B"))]
    let ward = patient.extension(url: "http://example.org/ward")?.value
    let time = patient.primitive("birthDate")?.extension(url: birthTime)?.value

    XCTAssertEqual(ward, .string("3B"))
    XCTAssertEqual(time, .dateTime(FHIRDateTime(epochMicroseconds: 0)))
    XCTAssertEqual(try Patient(json: patient.json()), patient)
  }

  func testErrors() throws {
    let wrong = Array(#"{"resourceType":"Patient","birthDate":"1980-02-30","nickname":"Zaza"}"#.utf8)
    do {
      _ = try Patient(json: wrong)
    } catch {
      for issue in error.issues { print(issue) }
      let answer = error.operationOutcome
      _ = answer
    }
    let (patient, warnings) = try Patient.decode(json: wrong, options: .lenient)

    XCTAssertThrowsError(try Patient(json: wrong)) { error in
      XCTAssertEqual((error as? FHIRDecodingError)?.issues.map(\.expression), ["Patient.birthDate", "Patient"])
      XCTAssertEqual((error as? FHIRDecodingError)?.issues.map(\.offset), [39, 51])
    }
    XCTAssertEqual(warnings.count, 2)
    XCTAssertTrue(String(decoding: patient.json(), as: UTF8.self).contains(#""nickname":"Zaza""#))
  }

  func testFormats() throws {
    let patient = try Patient(json: document)
    let xml = try patient.xml(pretty: true)
    let same = try AnyResource(xml: xml).as(Patient.self)

    XCTAssertEqual(same, patient)
  }

  func testStreams() throws {
    var writer = NDJSONWriter()
    for number in 1...3 { writer.write(Patient { $0.id = "p\(number)" }) }
    let file = writer.take()

    var reader = NDJSONReader()
    var ids: [String?] = []
    for start in stride(from: 0, to: file.count, by: 16) {
      reader.append(file[start..<min(start + 16, file.count)])
      while let patient = try reader.next() { ids.append(patient.id) }
    }
    if let last = try reader.finish() { ids.append(last.id) }

    XCTAssertEqual(ids, ["p1", "p2", "p3"])
  }

  func testWalking() throws {
    let patient = try Patient(json: document)
    var texts: [String] = []
    FHIRItem(patient).forEachDescendant { item in
      if let text = item.text, let path = item.path { texts.append("\(path) = \(text)") }
    }
    let names = try FHIRPath("name.given.first() & ' ' & name.family")
    let full = try names.evaluate(on: patient).first?.text

    XCTAssertTrue(texts.contains("Patient.name[0].given[1] = Zahra"), "\(texts)")
    XCTAssertEqual(full, "Amina Alaoui")
  }

  func testPatching() throws {
    let patient = Patient {
      $0.id = "p1"
      $0.birthDate = FHIRDate("1980-04")
      $0.contact = [Patient.Contact(relationship: [CodeableConcept(text: "mother")])]
    }
    let patch = try JSONPatch(json: Array(#"[{"op":"replace","path":"/birthDate","value":"1980-04-01"}]"#.utf8))
    let corrected = try AnyResource(patient).patched(by: patch)

    let operation = Parameters.Parameter(
      name: "operation",
      part: [
        Parameters.Parameter(name: "type", value: .code("add")),
        Parameters.Parameter(name: "path", value: .string("Patient.contact.where(relationship.text = 'mother')")),
        Parameters.Parameter(name: "name", value: .string("gender")),
        Parameters.Parameter(name: "value", value: .code("female")),
      ])
    let extended = try corrected.patched(by: FHIRPathPatch(Parameters { $0.parameter = [operation] }))
    let result = try XCTUnwrap(extended.as(Patient.self))
    XCTAssertEqual(result.birthDate?.text, "1980-04-01")
    XCTAssertEqual(result.contact.first?.gender, .female)
  }
}
