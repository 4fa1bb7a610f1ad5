import Foundation
import Glibc
import HL7Parser
import JSON
import Reactor
import Synchronization
import TestSupport
import XCTest

@testable import Gateway

/// `passerelle hl7 …` as it is called, over files and sockets of this machine.
final class HL7CommandTests: XCTestCase {
  private let header = "MSH|^~\\&|A|B|||20260101||ADT^A01^ADT_A01|77|P|2.5.1\r"
  private var admission: String { header + "EVN|A01|20260101\rPID|1||42^^^C^MR||Berrada^Salma\rPV1|1|I\r" }
  private var folder = ""

  override func setUpWithError() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("hl7-commands-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    addTeardownBlock { try? FileManager.default.removeItem(at: url) }
    folder = url.path
  }

  @discardableResult
  private func file(_ name: String, _ content: String) throws -> String {
    let path = "\(folder)/\(name)"
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(content.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  private func run(_ words: [String]) async -> HL7CommandRun { await HL7CommandRun.of(words, HL7CommandText()) }

  // MARK: Files

  func testParseShowsOneFile() async throws {
    let path = try file("a.hl7", admission)
    let text = await run(["parse", path])
    XCTAssertEqual(text.code, .success)
    XCTAssertEqual(text.lines.first, "ADT_A01")
    XCTAssertTrue(text.output.contains("PID-3.1 ID Number: 42\n"), text.output)
    XCTAssertTrue(text.output.contains("PID-5.2 Given Name: Salma"), text.output)
    let json = try JSONValue.parse(await run(["parse", path, "--json"]).output)
    XCTAssertEqual(json["controlID"]?.string, "77")
    XCTAssertEqual(json["segments"]?[2]?["fields"]?[1]?["repetitions"]?[0]?["1"]?.string, "42")
  }

  func testAFolderHasALineForEachFailureAndATotal() async throws {
    try file("in/a.hl7", admission)
    try file("in/deep/two.hl7", admission + admission)
    try file("in/deep/broken.hl7", header + "not a segment\r")
    try file("in/equal.hl7", "MSH|^^^^|A\r")
    try file("in/notes.txt", "nothing of HL7 in here")
    try file("in/.hidden", "MSH|")
    let outcome = await run(["parse", "\(folder)/in"])
    XCTAssertEqual(outcome.code, .failure)
    XCTAssertEqual(outcome.lines.count, 3, outcome.output)
    XCTAssertTrue(outcome.lines[0].contains("broken.hl7: invalid-segment"), outcome.lines[0])
    XCTAssertTrue(outcome.lines[1].contains("equal.hl7: ambiguous-delimiters at MSH-2"), outcome.lines[1])
    XCTAssertEqual(outcome.lines[2], "3 passed, 2 failed")
    XCTAssertEqual(outcome.errors, "", "the lines have said it all")
    let json = await run(["parse", "\(folder)/in/deep", "--json"])
    XCTAssertEqual(try JSONValue.parse(json.lines.last ?? "")["passed"]?.int, 2)
  }

  func testMistakesHaveTheirCodes() async throws {
    let absent = await run(["parse", "\(folder)/none.hl7"])
    XCTAssertEqual(absent.code, .notFound)
    XCTAssertTrue(absent.errors.contains("No such file"), absent.errors)
    let prose = try file("b.txt", "prose")
    let none = await run(["parse", prose])
    XCTAssertEqual(none.code, .failure)
    XCTAssertTrue(none.errors.contains("holds nothing"), none.errors)
    let version = await run(["validate", prose, "--as", "3.0"])
    XCTAssertEqual(version.code, .usage)
    let empty = await run(["to-xml", folder])
    XCTAssertEqual(empty.code, .notFound)
    let cut = try file("c.hl7", "FHS|^~\\&|\rBHS|^~\\&|\r\(admission)BTS|2\rFTS|1\r")
    let counts = await run(["parse", cut])
    XCTAssertEqual(counts.code, .failure)
    XCTAssertTrue(counts.errors.contains("BTS-1"), counts.errors)
  }

  func testValidateListsFindings() async throws {
    let good = await run(["validate", try file("a.hl7", admission)])
    XCTAssertTrue(good.output.hasSuffix("a.hl7: valid\n"), good.output)
    XCTAssertEqual(good.code, .success)
    let path = try file("b.hl7", header + "EVN|A01|20260101\rPID|1||42||Berrada||1970-01-01\r")
    let bad = await run(["validate", path])
    XCTAssertEqual(bad.code, .failure)
    XCTAssertTrue(bad.output.contains("E 102 PID-7"), bad.output)
    XCTAssertTrue(bad.output.contains("requires PV1"), bad.output)
    let json = try JSONValue.parse(await run(["validate", path, "--json"]).output)
    XCTAssertEqual(json["valid"], false)
    XCTAssertNotNil(json["findings"]?[0]?["location"]?.string)
  }

  func testXMLThereAndBack() async throws {
    let message = admission.replacingOccurrences(of: "\r", with: "\n")
    let path = try file("a.hl7", message)
    let xml = await run(["to-xml", path])
    XCTAssertTrue(xml.output.contains("<ADT_A01 xmlns=\"urn:hl7-org:v2xml\">"), xml.output)
    let document = try file("a.xml", xml.output)
    let back = "\(folder)/back.hl7"
    let written = await run(["from-xml", document, "--output", back])
    XCTAssertEqual(written.code, .success, written.errors)
    XCTAssertEqual(try String(contentsOfFile: back, encoding: .utf8), message)
    let standard = await run(["to-xml", path, "--standard", "--compact"])
    XCTAssertFalse(standard.output.contains("passerelle"))
    try file("many/x.hl7", admission)
    try file("many/y.hl7", admission)
    let many = await run(["to-xml", "\(folder)/many", "--output", "\(folder)/out"])
    XCTAssertEqual(many.output, "2 passed, 0 failed\n")
    let again = await run(["from-xml", "\(folder)/out"])
    XCTAssertEqual(again.output, "2 passed, 0 failed\n")
    let broken = await run(["from-xml", try file("b.xml", "<A><MSH><MSH.1>|</MSH.1>")])
    XCTAssertEqual(broken.code, .failure)
  }

  /// What goes into a pipe is the message, byte for byte.
  func testFromXMLWritesEveryByteAndNoMore() async throws {
    let document = try file("a.xml", await run(["to-xml", try file("a.hl7", admission)]).output)
    let back = await run(["from-xml", document])
    XCTAssertEqual(back.code, .success, back.errors)
    XCTAssertEqual(Array(back.output.utf8), Array(admission.utf8))
  }

  func testAMessageInUTF16IsRefusedWithTheReason() async throws {
    let path = try file("w.hl7", "")
    var wide: [UInt8] = [0xFF, 0xFE]
    for unit in admission.utf16 { wide += [UInt8(unit & 0xFF), UInt8(unit >> 8)] }
    try Data(wide).write(to: URL(fileURLWithPath: path))
    let refused = await run(["parse", path])
    XCTAssertEqual(refused.code, .failure)
    XCTAssertTrue(refused.errors.contains("UTF-16"), refused.errors)
    let folder = await run(["validate", self.folder])
    XCTAssertTrue(folder.output.contains("unsupported-charset"), folder.output)
  }

  func testToFHIRPrintsAValidBundle() async throws {
    let path = try file("a.hl7", admission)
    let bundle = await run(["to-fhir", path, "--zone", "+01:00"])
    XCTAssertEqual(bundle.code, .success, bundle.errors)
    let json = try JSONValue.parse(bundle.output)
    XCTAssertEqual(json["resourceType"]?.string, "Bundle")
    XCTAssertEqual(json["timestamp"]?.string, "2026-01-01T00:00:00+01:00")
    try file("many/x.hl7", admission)
    let many = await run(["to-fhir", "\(folder)/many", "--output", "\(folder)/out"])
    XCTAssertEqual(many.output, "1 passed, 0 failed\n")
    XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/out").count, 1)
    let zone = await run(["to-fhir", path, "--zone", "Casablanca"])
    XCTAssertEqual(zone.code, .usage)
  }

  // MARK: Sockets

  /// Listens in the background on a free port; its address is known when it has said so.
  private func listening(
    _ options: [String]
  ) async throws -> (address: String, task: Task<HL7CommandRun, Never>, text: HL7CommandText) {
    let box = HL7CommandText()
    let words = ["listen", "--on", "127.0.0.1:0"] + options
    let task = Task { await HL7CommandRun.of(words, box) }
    for _ in 0..<500 {
      let output = box.texts.withLock { $0.output }
      if let word = output.split(whereSeparator: { " \n".contains($0) }).first(where: { $0.hasPrefix("127.0.0.1:") }) {
        return (String(word), task, box)
      }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw CommandFailure(.failure, "the listener does not come up: \(box.texts.withLock { $0.errors })")
  }

  func testWhatIsSentIsShownStoredAndAnswered() async throws {
    let path = try file("a.hl7", admission)
    let (address, listener, _) = try await listening(["--count", "1", "--store", "\(folder)/kept"])
    let sent = await run(["send", path, "--to", address])
    XCTAssertEqual(sent.code, .success, sent.errors)
    XCTAssertTrue(sent.output.contains("MSA|AA|77"), sent.output)
    let received = await listener.value
    XCTAssertEqual(received.code, .success)
    XCTAssertTrue(
      received.output.contains("#1 ADT^A01 77 \(admission.utf8.count) bytes from 127.0.0.1"), received.output)
    XCTAssertTrue(received.output.contains("PID|1||42^^^C^MR||Berrada^Salma\n"), received.output)
    XCTAssertTrue(received.output.hasSuffix("1 received\n"), received.output)
    XCTAssertEqual(try String(contentsOfFile: "\(folder)/kept/000001.hl7", encoding: .utf8), admission)
  }

  func testManyPipelinedMessagesAreCounted() async throws {
    let path = try file("a.hl7", admission)
    let (address, listener, _) = try await listening(["--count", "500", "--brief"])
    let sent = await run(["send", path, "--to", address, "--count", "500", "--pipeline", "32", "--json"])
    XCTAssertEqual(sent.code, .success, sent.errors)
    let tally = try JSONValue.parse(sent.output)
    XCTAssertEqual(tally["sent"]?.int, 500)
    XCTAssertEqual(tally["passed"]?.int, 500)
    let received = await listener.value
    XCTAssertTrue(received.output.hasSuffix("500 received\n"))
    XCTAssertEqual(Set(received.lines.filter { $0.hasPrefix("#") }.map { $0.split(separator: " ")[2] }).count, 500)
  }

  func testAFolderThatIsSentClosesWithWhatPassed() async throws {
    for name in ["x", "y"] { try file("many/\(name).hl7", admission) }
    let (address, listener, _) = try await listening(["--count", "2", "--brief"])
    let sent = await run(["send", "\(folder)/many", "--to", address])
    XCTAssertEqual(sent.code, .success, sent.errors)
    XCTAssertTrue(sent.output.hasSuffix("\n2 passed, 0 failed\n"), sent.output)
    _ = await listener.value
  }

  func testARateIsKept() async throws {
    let path = try file("a.hl7", admission)
    let (address, listener, _) = try await listening(["--count", "20", "--brief"])
    let start = ContinuousClock.now
    _ = await run(["send", path, "--to", address, "--count", "20", "--rate", "100"])
    XCTAssertGreaterThan(ContinuousClock.now - start, .milliseconds(180))
    _ = await listener.value
  }

  func testNegativeAnswersFail() async throws {
    let path = try file("a.hl7", admission)
    let (address, listener, _) = try await listening(["--count", "1", "--answer", "AE"])
    let second = await run(["listen", "--on", address])
    XCTAssertEqual(second.code, .unavailable, "a port is one receiver's")
    let sent = await run(["send", path, "--to", address])
    XCTAssertEqual(sent.code, .failure)
    XCTAssertTrue(sent.output.contains("MSA|AE|77"), sent.output)
    _ = await listener.value
    // Nobody listens there any more.
    let refused = await run(["send", path, "--to", address])
    XCTAssertEqual(refused.code, .unavailable)
  }

  /// Runs `send` against a receiver that misbehaves; what it received.
  private func sending(
    _ words: [String], to behaviours: [ReceivingEMR.Behaviour], usually: ReceivingEMR.Behaviour = .accept
  ) async throws -> (run: HL7CommandRun, receipts: [ReceivingEMR.Receipt]) {
    try await EventLoop.onLoop { loop in
      let emr = try ReceivingEMR(loop: loop, folder: nil)
      (emr.behaviours, emr.usually) = (behaviours, usually)
      let any = try XCTUnwrap(SocketAddress(ip: "127.0.0.1", port: 0))
      let address = try emr.serve(at: any, tls: nil)
      defer { emr.stop() }
      let run = await HL7CommandRun.of(["send"] + words + ["--to", "127.0.0.1:\(address.port)"], HL7CommandText())
      return (run, emr.receipts)
    }
  }

  /// A connection that breaks in the middle is made anew, and what had no answer goes out again as it was.
  func testABrokenConnectionIsMadeAnew() async throws {
    let path = try file("a.hl7", admission)
    for window in ["1", "4"] {
      let (sent, receipts) = try await sending(
        [path, "--count", "6", "--pipeline", window, "--json"],
        to: [.accept, .close, .accept, .half, .answerAnother, .accept, .garbage])
      XCTAssertEqual(sent.code, .success, sent.errors)
      let tally = try JSONValue.parse(sent.output)
      for (key, count) in [("sent", 6), ("passed", 6), ("unanswered", 0), ("unsent", 0)] {
        XCTAssertEqual(tally[key]?.int, count, "\(key), window \(window)")
      }
      // Ahead of its answers the receiver may have used up what it was to do before the connection was given up.
      let anew = tally["reconnections"]?.int ?? 0
      XCTAssertTrue(window == "1" ? anew == 4 : (3...4).contains(anew), "\(anew), window \(window)")
      XCTAssertGreaterThanOrEqual(tally["resent"]?.int ?? 0, anew)
      var bytes: [String: Set<[UInt8]>] = [:]
      for receipt in receipts { bytes[receipt.controlID, default: []].insert(receipt.bytes) }
      XCTAssertEqual(bytes.count, 6)
      XCTAssertTrue(bytes.values.allSatisfy { $0.count == 1 }, "the same bytes at every try")
      var order: [String] = []
      for receipt in receipts where !order.contains(receipt.controlID) { order.append(receipt.controlID) }
      XCTAssertEqual(order.count, 6)
      XCTAssertEqual(Set(receipts.map(\.connection)), Set(1...anew + 1))
    }
  }

  func testWhatStaysUnansweredIsSaid() async throws {
    let path = try file("a.hl7", admission)
    let (sent, receipts) = try await sending(
      [path, "--count", "3", "--tries", "2", "--json"], to: [.accept], usually: .close)
    XCTAssertEqual(sent.code, .unavailable)
    XCTAssertTrue(sent.errors.contains("round 2"), sent.errors)
    XCTAssertTrue(sent.errors.contains("not known"), sent.errors)
    XCTAssertEqual(receipts.count, 3)
    XCTAssertEqual(receipts[1].controlID, receipts[2].controlID)
    let tally = try JSONValue.parse(sent.output)
    for (key, count) in [("sent", 2), ("passed", 1), ("unanswered", 1), ("unsent", 1), ("reconnections", 1)] {
      XCTAssertEqual(tally[key]?.int, count, key)
    }
  }

  func testTLSAndClientCertificates() async throws {
    let path = try file("a.hl7", admission)
    let certificates = try TestCertificates.shared.get()
    let tls = ["--certificate", certificates.certificate("server"), "--key", certificates.key("server")]
    let (address, listener, _) = try await listening(
      tls + ["--ca", certificates.certificate("ca"), "--count", "1", "--brief"])
    let port = try XCTUnwrap(address.split(separator: ":").last)
    let stranger = await run(["send", path, "--to", "localhost:\(port)", "--ca", certificates.certificate("ca")])
    XCTAssertEqual(stranger.code, .unavailable, stranger.output)
    let sent = await run([
      "send", path, "--to", "localhost:\(port)", "--ca", certificates.certificate("ca"), "--certificate",
      certificates.certificate("client"), "--key", certificates.key("client"),
    ])
    XCTAssertEqual(sent.code, .success, sent.errors)
    let received = await listener.value
    XCTAssertTrue(received.output.contains("with TLS"), received.output)
    let half = await run(["listen", "--ca", "x"])
    XCTAssertEqual(half.code, .usage)
  }
}

/// Gathers what a command writes, from any thread.
private final class HL7CommandText: Sendable {
  let texts = Mutex((output: "", errors: ""))
}

/// What a command ended with.
private struct HL7CommandRun: Sendable {
  let code: ExitCode
  let output: String
  let errors: String
  var lines: [String] { output.split(separator: "\n").map(String.init) }

  private static let commands: [Command] = [
    Command(.hl7Parse, HL7Inspection.parse), Command(.hl7Validate, HL7Inspection.validate),
    Command(.hl7ToXML, HL7Inspection.toXML), Command(.hl7FromXML, HL7Inspection.fromXML),
    Command(.hl7ToFHIR, HL7ToFHIRCommand.run),
    Command(.hl7Send, HL7SendCommand.run), Command(.hl7Listen, HL7ListenCommand.run),
  ]

  static func of(_ words: [String], _ text: HL7CommandText) async -> HL7CommandRun {
    let dispatcher = CommandDispatcher(
      version: "0", commands,
      output: { bytes in text.texts.withLock { $0.output += String(decoding: bytes, as: UTF8.self) } },
      errors: { line in text.texts.withLock { $0.errors += line } })
    let code = await dispatcher.run(["hl7"] + words, environment: [:])
    return text.texts.withLock { HL7CommandRun(code: code, output: $0.output, errors: $0.errors) }
  }
}
