import Crypto
import Foundation
import HTTP
import Reactor
import Synchronization
import XCTest

@testable import Gateway

/// A flag that any thread may raise.
final class FaultFlag: Sendable {
  private let raised = Atomic(false)
  var isRaised: Bool { raised.load(ordering: .acquiring) }
  func raise() { raised.store(true, ordering: .releasing) }
}

/// What the senders of a test know: the oracle. Every message whose acknowledgement was positive is stored with the very
/// same bytes, and none is stored twice.
final class SenderLedger: Sendable {
  struct Call: Sendable {
    let controlID: String
    let sha256: String
    /// MSA-1; nil where no answer came.
    let code: String?
    let began: UInt64
    let ended: UInt64
    var seconds: Double { Double(ended - began) / 1e9 }
    var isPositive: Bool { code == "AA" || code == "CA" }
  }

  private let all = Mutex<[Call]>([])

  var calls: [Call] { all.withLock { $0 } }
  var positive: [Call] { calls.filter(\.isPositive) }

  func note(_ controlID: String, _ bytes: [UInt8], _ code: String?, began: UInt64) {
    let call = Call(
      controlID: controlID, sha256: Hex.encode(SHA256.hash(bytes)), code: code, began: began, ended: FaultClock.now)
    all.withLock { $0.append(call) }
  }

  /// Compares with the store.
  func assertAgrees(_ database: FaultDatabase, file: StaticString = #filePath, line: UInt = #line) async throws {
    let rows = try await database.rows(
      """
      select control_id, encode(sha256(raw), 'hex'), count(*)::text from gateway.hl7_message
      where control_id is not null group by 1, 2
      """
    )
    var stored: [String: Int] = [:]
    for row in rows { stored["\(row[0] ?? "")/\(row[1] ?? "")"] = Int(row[2] ?? "") }
    let lost = positive.filter { stored["\($0.controlID)/\($0.sha256)"] == nil }
    XCTAssertEqual(lost.map(\.controlID), [], "acknowledged and not stored", file: file, line: line)
    XCTAssertEqual(stored.filter { $0.value > 1 }.map(\.key), [], "stored twice", file: file, line: line)
  }
}

/// Senders of HL7 messages and readers of FHIR.
enum FaultLoad {
  /// Runs `body` while senders send and readers read; what it returns, and every read.
  /// - Parameter prefix: of the senders' control ids and patients.
  static func during<Value>(
    _ callers: FaultCallers, senders: Int, readers: Int, prefix: String = "L", into ledger: SenderLedger,
    _ body: () async throws -> Value
  ) async throws -> (value: Value, reads: [Read]) {
    let stop = FaultFlag()
    async let sends: Void = send(callers, senders, prefix, into: ledger, until: stop)
    async let reading = read(callers, readers, until: stop)
    let outcome: Result<Value, any Error>
    do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
    stop.raise()
    await sends
    let reads = await reading
    return (try outcome.get(), reads)
  }

  /// Each sender has a patient and numbers of its own; what is not accepted is sent again as it was.
  private static func send(
    _ callers: FaultCallers, _ senders: Int, _ prefix: String, into ledger: SenderLedger, until stop: FaultFlag
  ) async {
    await withTaskGroup(of: Void.self) { tasks in
      for sender in 0..<senders {
        tasks.addTask {
          var number = 0
          while !stop.isRaised {
            let id = "\(prefix)-\(sender)-\(number)"
            let message = MLLPFixture.update(id, patient: "\(prefix)\(sender)", family: "Name\(number)")
            let began = FaultClock.now
            let code = await callers.code(message)
            ledger.note(id, Array(message.utf8), code, began: began)
            if code == "AA" { number += 1 } else { try? await Task.sleep(for: .milliseconds(20)) }
          }
        }
      }
    }
  }

  struct Read: Sendable {
    /// 0 where no answer came.
    let status: Int
    let hasRetryAfter: Bool
    let began: UInt64
    let ended: UInt64
    var seconds: Double { Double(ended - began) / 1e9 }
  }

  private static func read(_ callers: FaultCallers, _ readers: Int, until stop: FaultFlag) async -> [Read] {
    await withTaskGroup(of: [Read].self) { tasks in
      for _ in 0..<readers {
        tasks.addTask {
          var reads: [Read] = []
          while !stop.isRaised {
            let began = FaultClock.now
            let answer = try? await callers.fhir()
            reads.append(
              Read(
                status: answer?.status.code ?? 0, hasRetryAfter: answer?.fields[.retryAfter] != nil, began: began,
                ended: FaultClock.now))
            if answer?.status.code != 200 { try? await Task.sleep(for: .milliseconds(20)) }
          }
          return reads
        }
      }
      return await tasks.reduce(into: []) { $0 += $1 }
    }
  }

  /// Reads that are neither a success nor a 503 that says when to come back.
  static func faulty(_ reads: [Read]) -> [Int] {
    reads.filter { $0.status != 200 && !($0.status == 503 && $0.hasRetryAfter) }.map(\.status)
  }
}
