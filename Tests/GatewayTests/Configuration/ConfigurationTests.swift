import Foundation
import Glibc
import TestSupport
import XCTest

@testable import Gateway

final class ConfigurationTests: XCTestCase {
  private func load(_ text: String, _ environment: [String: String] = [:]) throws(ConfigurationError) -> Configuration {
    try ConfigurationLoader.load(file: (path: "p.conf", bytes: Array(text.utf8)), environment: environment)
  }

  /// The problems that a text leads to, one line each; empty when it is accepted.
  private func problems(_ text: String, _ environment: [String: String] = [:]) -> [String] {
    do throws(ConfigurationError) {
      _ = try load(text, environment)
      return []
    } catch {
      return error.problems.map(\.description)
    }
  }

  func testNothingGivesTheDefaults() throws {
    XCTAssertEqual(try ConfigurationLoader.load(file: nil, environment: [:]), Configuration())
    XCTAssertEqual(Configuration().http.headerBlockBytes, 32_768)
    XCTAssertEqual(Configuration().database.connectionsPerLoop, 8)
  }

  func testEveryKindOfValue() throws {
    let configuration = try load(
      """
      # comment
      [http]
      listen = [
        "127.0.0.1:9000",  # first
        "[::1]:9000",
      ]
      body_bytes = 1_048_576
      client_certificate = "none"\r
      [database]
      app = "host=/tmp user=\\"app\\" \\u{e9}"
      [mllp "ward-3"]
      address = "127.0.0.1:2575"
      pipelining = true
      [deliveries]
      retry_schedule_seconds = [0, 5]
      [mllp "lab"]
      address = "0.0.0.0:2576"
      tls = "required"
      """)
    XCTAssertEqual(configuration.http.listen, ["127.0.0.1:9000", "[::1]:9000"])
    XCTAssertEqual(configuration.http.bodyBytes, 1_048_576)
    XCTAssertEqual(configuration.http.clientCertificate, .none)
    XCTAssertEqual(configuration.database.app.reveal(), "host=/tmp user=\"app\" é")
    XCTAssertEqual(configuration.deliveries.retryScheduleSeconds, [0, 5])
    XCTAssertEqual(configuration.mllpListeners.map(\.name), ["ward-3", "lab"])
    XCTAssertTrue(configuration.mllpListeners[0].pipelining)
    XCTAssertEqual(configuration.mllpListeners[1].tls, .required)
  }

  func testEnvironmentWinsOverTheFile() throws {
    let configuration = try load(
      "[http]\nbody_bytes = 2048\nlisten = [\"127.0.0.1:1\"]\n",
      [
        "PASSERELLE_HTTP_BODY_BYTES": "4096", "PASSERELLE_HTTP_LISTEN": "127.0.0.1:2, [::1]:3",
        "PASSERELLE_CONFIG": "x", "PASSERELLE_TEST_ANY": "y", "PATH": "/bin", "PASSERELLE_LOGGING_LEVEL": "debug",
        "PASSERELLE_DATABASE_APP": "env:DSN", "DSN": "host=db", "PASSERELLE_DELIVERIES_RETRY_SCHEDULE_SECONDS": "1,2",
        "PASSERELLE_HTTP_TLS": "false",
      ])
    XCTAssertEqual(configuration.http.bodyBytes, 4_096)
    XCTAssertEqual(configuration.http.listen, ["127.0.0.1:2", "[::1]:3"])
    XCTAssertEqual(configuration.logging.level, .debug)
    XCTAssertEqual(configuration.database.app.reveal(), "host=db")
    XCTAssertEqual(configuration.deliveries.retryScheduleSeconds, [1, 2])
    XCTAssertFalse(configuration.http.tls)
  }

  func testWhatIsUnknownIsNamedWithItsNearest() {
    XCTAssertEqual(
      problems("[http]\nbody_byte = 5\n"), ["p.conf:2:1: unknown key body_byte in [http]; did you mean body_bytes?"])
    XCTAssertEqual(problems("[htpp]\na = 5\nb = 6\n"), ["p.conf:2:1: unknown section [htpp]; did you mean http?"])
    XCTAssertEqual(
      problems("", ["PASSERELLE_HTTP_BODY_BYTE": "1"]),
      [
        "environment variable PASSERELLE_HTTP_BODY_BYTE: names no key of the configuration; did you mean "
          + "PASSERELLE_HTTP_BODY_BYTES?"
      ])
    XCTAssertEqual(
      problems("[mllp \"a\"]\naddress = \"127.0.0.1:1\"\npiplining = true"),
      ["p.conf:3:1: unknown key piplining in [mllp \"a\"]; did you mean pipelining?"])
    XCTAssertTrue(problems("[audit]\nzzzzzz = 1")[0].contains("known are batch_rows, "))
  }

  func testAllProblemsComeAtOnceWithTheirPlace() {
    let found = problems(
      """
      orphan = 1
      [http
      listen = ["127.0.0.1:1"]
      [http]
      body_bytes = 12
      body_bytes = 4096
      tls = "yes"
        header_fields 5
      target_bytes = 4k
      key = "a
      listen = ["127.0.0.1:1"
      """)
    XCTAssertEqual(
      found,
      [
        "p.conf:1:1: orphan stands before the first [section]",
        "p.conf:2:6: expected ] at the end of the section header",
        "p.conf:8:17: expected = after header_fields",
        "p.conf:9:16: \"4k\" is no integer, true or false; text is written in \"quotes\"",
        "p.conf:10:9: the string is not closed on its line",
        "p.conf:11:24: expected , or ] in the list",
        "p.conf:5:1: [http] body_bytes: expected an integer from 1024 to 1073741824",
        "p.conf:6:1: [http] body_bytes is given twice",
        "p.conf:7:1: [http] tls: expected true or false",
      ])
  }

  func testValuesThatContradictEachOther() {
    let cases: [(text: String, problem: String)] = [
      ("[fhir]\npage_size = 50\npage_size_maximum = 10", "page_size is over page_size_maximum"),
      ("[http]\ntls = false\nlisten = [\"0.0.0.0:80\"]", "other machines reach"),
      ("[http]\ncertificate = \"a\"", "certificate and key go together"),
      ("[http]\ncertificate = \"a\"\nkey = \"b\"", "client_ca is not set"),
      ("[mllp \"a\"]\naddress = \"0.0.0.0:2575\"", "plain_beyond_loopback"),
      ("[mllp \"a\"]\npipelining = true", "needs an address"),
      ("[mllp \"a\"]\naddress=\"127.0.0.1:1\"\n[mllp \"b\"]\naddress=\"127.0.0.1:1\"", "have the same address"),
      ("[mllp \"A b\"]\npipelining = true", "the name of an MLLP listener"),
      ("[http \"a\"]\ntls = true", "takes no name"),
      ("[operations]\nlisten = \"127.0.0.1:0\"", "needs a port"),
    ]
    for (text, problem) in cases {
      XCTAssertTrue(problems(text).contains { $0.contains(problem) }, "\(text)\n\(problems(text))")
    }
  }

  func testFormsOfText() {
    let refused = [
      "[http]\nlisten = [\"example.org:1\"]", "[http]\nlisten = [\"127.0.0.1\"]", "[http]\nlisten = [\"::1:80\"]",
      "[http]\nlisten = [\"127.0.0.1:65536\"]", "[http]\nlisten = [\"127.0.0.1:+1\"]", "[http]\nlisten = []",
      "[http]\nlisten = [\"[127.0.0.1]:80\"]", "[gateway]\nbase_url = \"https://a/b\"",
      "[gateway]\nbase_url = \"ftp://a\"", "[gateway]\nenvironment = \"Live\"", "[http]\nkey = \"\"",
      "[deliveries]\nprivate_addresses = \"maybe\"", "[logging]\nlevel = info", "[database]\napp = \"\"",
      "[http]\nlisten = [[\"127.0.0.1:1\"]]", "[http]\nbody_bytes = 99999999999999999999",
      "[http]\nbody_bytes = 1__000000", "[http]\nbody_bytes = -5", "[http] x\n", "[http]\nkey = \"\\q\"",
      "[http]\nkey = \"\\u{d800}\"", "[http]\nkey = \"\\u{7\"", "[HTTP]\n", "\u{FEFF}[http]\n", "[http]\nkey = \"a\0\"",
      "[http]\ntls = true\rkey = \"b\"", "[http]\ntls = true false", "[http", "[http]\nkey =", "[http]\nkey = #",
    ]
    for text in refused { XCTAssertFalse(problems(text).isEmpty, text.debugDescription) }
  }

  func testSecretsAreFollowedAndNeverShown() throws {
    let path = "/tmp/passerelle-secret-\(getpid())"
    let file = try XCTUnwrap(fopen(path, "w"))
    fputs("host=x password=hunter2\n", file)
    fclose(file)
    defer { unlink(path) }
    let configuration = try load("[database]\napp = \"file:\(path)\"\nowner = \"env:OWNER\"", ["OWNER": "o"])
    XCTAssertEqual(configuration.database.app.reveal(), "host=x password=hunter2")
    XCTAssertEqual(configuration.database.owner?.reveal(), "o")
    var dumped = ""
    dump(configuration, to: &dumped)
    XCTAssertFalse((dumped + "\(configuration)" + String(reflecting: configuration)).contains("hunter2"))
    XCTAssertEqual(
      problems("[database]\napp = \"file:/nowhere/x\"\nowner = \"env:NONE\""),
      [
        "p.conf:2:1: [database] app: secret file /nowhere/x: No such file or directory",
        "p.conf:3:1: [database] owner: environment variable \"NONE\" is not set",
      ])
  }

  func testEveryKeyTakesItsOwnDefault() throws {
    var text = ""
    let defaults = Configuration()
    for section in ConfigurationKeys.sections {
      text += "[\(section.name)]\n"
      for key in section.keys where !["unset", "\"\""].contains(key.show(defaults)) {
        text += "\(key.name) = \(key.show(defaults))\n"
      }
    }
    XCTAssertEqual(try load(text), defaults)
    XCTAssertEqual(problems(ConfigurationDocument.sampleFile()), [])
  }

  func testKeysAreUniqueAndDocumented() {
    XCTAssertEqual(Set(ConfigurationKeys.sections.map(\.name)).count, ConfigurationKeys.sections.count)
    for section in ConfigurationKeys.sections {
      XCTAssertEqual(Set(section.keys.map(\.name)).count, section.keys.count, section.name)
      for key in section.keys { XCTAssertTrue(key.documentation.hasSuffix("."), key.name) }
    }
    XCTAssertEqual(ConfigurationLoader.variables.count, ConfigurationKeys.sections.reduce(0) { $0 + $1.keys.count })
  }

  /// `docs/operations.md` holds the tables that the program prints.
  func testTheDocumentIsWhatTheProgramPrints() throws {
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { root.deleteLastPathComponent() }
    let document = try String(contentsOf: root.appendingPathComponent("docs/operations.md"), encoding: .utf8)
    XCTAssertTrue(document.hasSuffix(ConfigurationDocument.markdown()), "passerelle config keys --format markdown")
    for code in ExitCode.allCases { XCTAssertTrue(document.contains("| \(code.rawValue) | \(code.meaning) |")) }
  }

  func testArbitraryBytesEndInAnAnswer() {
    var random = SeededGenerator(seed: 7)
    let alphabet = Array("[]\"=\\#,\n\r \tabz_019u{}\u{00}é".utf8) + [0xFF, 0xC3]
    for _ in 0..<3_000 {
      let bytes = (0..<Int.random(in: 0..<80, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? 0 }
      let (entries, findings) = ConfigurationSyntax.read(bytes)
      XCTAssertLessThanOrEqual(findings.count, ConfigurationSyntax.maximumProblems)
      XCTAssertLessThanOrEqual(entries.count, bytes.count)
    }
    XCTAssertEqual(ConfigurationSyntax.read([UInt8](repeating: 10, count: (1 << 20) + 1)).problems.count, 1)
  }

  func testNearestName() {
    XCTAssertEqual(nearestName(to: "pateint", in: ["patient", "parent"]), "patient")
    XCTAssertEqual(nearestName(to: "BIRTHDATE", in: ["birthdate"]), "birthdate")
    XCTAssertNil(nearestName(to: "xyz", in: ["patient", "date"]))
    XCTAssertNil(nearestName(to: "", in: ["a"]))
    XCTAssertEqual(nearestName(to: String(repeating: "a", count: 100_000), in: ["b"]), nil)
  }
}
