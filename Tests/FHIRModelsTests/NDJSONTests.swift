import FHIRModels
import XCTest

/// One resource a line, in pieces of any size.
final class NDJSONTests: XCTestCase {
  private let patients = (0..<50).map { number in
    AnyResource(
      Patient {
        $0.id = "p\(number)"
        $0.name = [HumanName(family: "Ala\noui é\(number)")]
      })
  }

  private func lines() -> [UInt8] {
    var writer = NDJSONWriter()
    for patient in patients { writer.write(patient) }
    return writer.take()
  }

  /// Everything that a reader makes of a stream cut into pieces of `size`.
  private func read(
    _ stream: [UInt8], by size: Int, _ reader: NDJSONReader = NDJSONReader()
  ) -> (resources: [AnyResource], errors: [NDJSONError]) {
    var reader = reader
    var resources: [AnyResource] = []
    var errors: [NDJSONError] = []
    func drain(_ take: () throws(NDJSONError) -> AnyResource?) {
      while true {
        do throws(NDJSONError) {
          guard let resource = try take() else { return }
          resources.append(resource)
        } catch {
          errors.append(error)
        }
      }
    }
    for start in stride(from: 0, to: stream.count, by: size) {
      reader.append(stream[start..<min(start + size, stream.count)])
      drain { () throws(NDJSONError) in try reader.next() }
    }
    drain { () throws(NDJSONError) in try reader.finish() }
    return (resources, errors)
  }

  func testWhatIsWrittenIsReadInPiecesOfAnySize() {
    let stream = lines()
    XCTAssertEqual(stream.filter { $0 == UInt8(ascii: "\n") }.count, patients.count)
    for size in [1, 2, 7, 64, 1000, stream.count] {
      XCTAssertEqual(read(stream, by: size).resources, patients, "\(size)")
    }
    // The last line feed may be missing, lines may be empty and end as on Windows.
    XCTAssertEqual(read(Array(stream.dropLast()), by: 5).resources, patients)
    let spread = String(decoding: stream, as: UTF8.self).replacing("\n", with: "\r\n \r\n\n")
    XCTAssertEqual(read(Array(spread.utf8), by: 11).resources, patients)
    XCTAssertEqual(read([], by: 1).resources, [])
  }

  func testTakingForgets() {
    var writer = NDJSONWriter(capacity: 1)
    writer.write(Patient { $0.id = "a" })
    let line = #"{"resourceType":"Patient","id":"a"}"# + "\n"
    XCTAssertEqual(writer.count, line.utf8.count)
    XCTAssertEqual(String(decoding: writer.take(), as: UTF8.self), line)
    XCTAssertEqual(writer.count, 0)
    writer.write(Patient { $0.id = "a" })
    XCTAssertEqual(writer.take { $0.count }, line.utf8.count)
  }

  func testErrorsNameLineAndByteAndTheReaderGoesOn() {
    let good = #"{"resourceType":"Patient","id":"a"}"#
    let bad = #"{"resourceType":"Patient","active":1,"x":2}"#
    let cut = #"{"resourceType":"Patient","id":"#
    let stream = [good, bad, "", cut, good].joined(separator: "\n")
    for size in [1, 13, 500] {
      let (resources, errors) = read(Array(stream.utf8), by: size)
      XCTAssertEqual(resources.map(\.id), ["a", "a"])
      XCTAssertEqual(errors.map(\.line), [2, 4])
      XCTAssertEqual(errors.map(\.offset), [36, 36 + 44 + 1])
      XCTAssertEqual(errors.first?.issues.map(\.expression), ["Patient.active", "Patient"])
      XCTAssertEqual(errors.first?.issues.map(\.offset), [35, 37])
      XCTAssertEqual(errors.last?.issues.map(\.offset), [cut.utf8.count])
      XCTAssertEqual(errors.first?.operationOutcome.issue.first?.diagnostics?.hasPrefix("Line 2: "), true)
    }
  }

  func testLinesAreBounded() {
    let good = #"{"resourceType":"Patient","id":"a"}"#
    let long = #"{"resourceType":"Patient","id":""# + String(repeating: "x", count: 100_000) + #""}"#
    let stream = Array([good, long, good, long].joined(separator: "\n").utf8)
    for size in [1, 17, 4096, stream.count] {
      let (resources, errors) = read(stream, by: size, NDJSONReader(lineBytes: good.utf8.count))
      XCTAssertEqual(resources.map(\.id), ["a", "a"], "\(size)")
      XCTAssertEqual(errors.map(\.line), [2, 4], "\(size)")
      XCTAssertEqual(errors.map(\.offset), [36, 36 + long.utf8.count + 1 + 36], "\(size)")
      XCTAssertEqual(errors.map { $0.issues.map(\.code) }, [[.tooCostly], [.tooCostly]])
    }
  }

  /// A line without end is not held.
  func testMemoryOfALineWithoutEnd() throws {
    var reader = NDJSONReader(lineBytes: 1 << 16)
    let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 16)
    var errors = 0
    let peak = Hostile.peakMemory {
      for _ in 0..<1_000 {
        reader.append(piece)
        do throws(NDJSONError) { _ = try reader.next() } catch { errors += 1 }
      }
    }
    XCTAssertEqual(errors, 1)
    if let peak { XCTAssertLessThan(peak, 8 << 20) }
    reader.append(Array("\n{\"resourceType\":\"Patient\",\"id\":\"a\"}\n".utf8))
    XCTAssertEqual(try reader.next()?.id, "a")
  }

  func testALenientReadingReportsEachLine() throws {
    var reader = NDJSONReader(options: .lenient)
    let lines = [#"{"resourceType":"Patient","x":1}"#, #"{"resourceType":"Patient","id":"a"}"#]
    reader.append((lines.joined(separator: "\n") + "\n").utf8)
    XCTAssertEqual(try reader.next()?.resourceType, "Patient")
    XCTAssertEqual(reader.issues.map(\.offset), [26])
    XCTAssertEqual(try reader.next()?.id, "a")
    XCTAssertEqual(reader.issues, [])
    XCTAssertNil(try reader.next())
  }

  func testWhatALenientReadingKeptStaysOnItsLine() throws {
    let text = "{\"resourceType\":\"Patient\",\"x\":[1,\n2]}"
    let read = try AnyResource.decode(json: Array(text.utf8), options: .lenient).value
    var writer = NDJSONWriter()
    writer.write(read)
    XCTAssertEqual(
      String(decoding: writer.take(), as: UTF8.self), "{\"resourceType\":\"Patient\",\"x\":[1, 2]}\n")
  }
}
