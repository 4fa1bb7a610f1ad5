import Foundation
import Glibc
import Synchronization

/// A program in a process of its own, which never outlives this one.
public final class ChildProcess: Sendable {
  /// The program could not be started.
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
  }

  /// How it ended: the exit code, or the signal that ended it.
  public enum End: Sendable, Equatable {
    case exited(Int32)
    case killed(by: Int32)
  }

  private final class Status: Sendable {
    let pid = Mutex<Int32>(0)
    let error = Mutex<Int32>(0)
    let end = Mutex<End?>(nil)
  }

  public let pid: Int32
  /// Where its standard output and standard error go.
  public let log: String
  private let status: Status

  /// Starts a program.
  /// - Parameters:
  ///   - words: the program, as a path or a name on the PATH, and its arguments.
  ///   - log: a file that takes what it says; made when missing, appended to.
  ///   - limits: options of `prlimit`, such as `--nofile=64`.
  ///   - environment: added to this process's environment.
  public init(
    _ words: [String], log: String, limits: [String] = [], environment: [String: String] = [:]
  ) throws {
    let prefix = limits.isEmpty ? [] : ["prlimit"] + limits
    let all = ["setpriv", "--pdeathsig", "KILL", "--"] + prefix + words
    let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
    let status = Status()
    // The thread lives as long as the program: the kernel ends a child with the thread that made it.
    let started = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      var pid: Int32 = 0
      status.error.withLock { $0 = Self.spawn(all, variables, log, &pid) }
      let child = pid
      status.pid.withLock { $0 = child }
      started.signal()
      guard child > 0 else { return }
      var word: Int32 = 0
      while waitpid(child, &word, 0) < 0, errno == EINTR {}
      let end = word & 0x7F == 0 ? End.exited((word >> 8) & 0xFF) : .killed(by: word & 0x7F)
      status.end.withLock { $0 = end }
    }
    started.wait()
    let error = status.error.withLock { $0 }
    guard error == 0 else {
      throw Failure("\(words.first ?? "") does not start: \(String(cString: strerror(error)))")
    }
    pid = status.pid.withLock { $0 }
    self.log = log
    self.status = status
  }

  private static func spawn(_ words: [String], _ variables: [String], _ log: String, _ pid: inout Int32) -> Int32 {
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    var environment: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
    defer { for pointer in arguments + environment { free(pointer) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    return posix_spawnp(&pid, words[0], &actions, nil, &arguments, &environment)
  }

  /// Nil while it runs.
  public var end: End? { status.end.withLock { $0 } }

  public func signal(_ number: Int32) { if end == nil { Glibc.kill(pid, number) } }

  /// Ends it without a word, as a power cut would, and waits until it is gone.
  public func kill() {
    signal(SIGKILL)
    while end == nil { usleep(1_000) }
  }

  /// Waits for its end; nil, and it is killed, when the time is over.
  public func waitForEnd(seconds: Int) async -> End? {
    for _ in 0..<(seconds * 50) {
      if let end { return end }
      try? await Task.sleep(for: .milliseconds(20))
    }
    kill()
    return nil
  }

  /// Everything that it has said.
  public var output: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

  // MARK: What the kernel knows of it

  /// Resident memory in KiB.
  public var residentKiB: Int { field("VmRSS:") }
  public var threads: Int { field("Threads:") }

  /// Open sockets.
  public var sockets: Int {
    let folder = "/proc/\(pid)/fd"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.count {
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)"))?.hasPrefix("socket:") ?? false
    }
  }

  /// Connections that it has on a loopback port of its own, and how many of them have the kernel's keep-alive timer:
  /// timer 2 of `/proc/net/tcp`.
  public func connections(on port: UInt16) -> (open: Int, keptAlive: Int) {
    let local = String(format: "0100007F:%04X", Int(port))
    let lines = Self.read("/proc/\(pid)/net/tcp").split(separator: "\n").map { $0.split(separator: " ") }
    let open = lines.filter { $0.count > 5 && $0[1] == local && ["01", "08"].contains($0[3]) }
    return (open.count, open.count { $0[5].hasPrefix("02:") })
  }

  /// Reads a file of the kernel, which has no length and comes in pieces.
  private static func read(_ path: String) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = Glibc.read(file, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Processor time so far, in hundredths of a second.
  public var processorTicks: Int {
    let fields = Self.read("/proc/\(pid)/stat").split(separator: ")").last?.split(separator: " ") ?? []
    return fields.count > 12 ? (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0) : 0
  }

  private func field(_ name: String) -> Int {
    let lines = Self.read("/proc/\(pid)/status").split(separator: "\n")
    let line = lines.first { $0.hasPrefix(name) } ?? ""
    return Int(line.split { !$0.isNumber }.first ?? "") ?? 0
  }
}

/// Loopback ports for programs that cannot be given port 0.
public enum FreePort {
  /// A port that nobody has now, from below the range that the kernel gives to outgoing connections.
  public static func choose() throws -> UInt16 {
    for _ in 0..<100 {
      let port = UInt16.random(in: 12_000..<32_000)
      let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      defer { close(probe) }
      var address = sockaddr_in.loopback(port: port)
      if withUnsafePointer(
        to: &address, { $0.asSockaddr { bind(probe, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) } })
        == 0
      {
        return port
      }
    }
    throw ChildProcess.Failure("no free port on 127.0.0.1")
  }
}

extension sockaddr_in {
  static func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }
}

extension UnsafePointer {
  func asSockaddr<Value>(_ body: (UnsafePointer<sockaddr>) -> Value) -> Value {
    withMemoryRebound(to: sockaddr.self, capacity: 1, body)
  }
}
