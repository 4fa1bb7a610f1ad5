import Crypto
import Glibc

/// The key of sealed columns, for commands that seal while a gateway may be running on the same data folder.
package enum SealingKey {
  static let fileName = "sealing.key"

  /// The configured key, or the one in the data folder; makes that one if there is none yet.
  package static func load(_ configuration: Configuration.General) throws(CommandFailure) -> [UInt8] {
    if let configured = configuration.sealingKey {
      guard let key = decode(Array(configured.reveal().utf8)) else {
        throw CommandFailure(.configuration, "[gateway] sealing_key is not 32 bytes in base64")
      }
      return key
    }
    let path = "\(configuration.dataFolder)/\(fileName)"
    do {
      if access(path, F_OK) != 0 { try make(path, in: configuration.dataFolder) }
      guard let key = decode(try readWholeFile(path, maximumBytes: 256)) else {
        throw SystemFailure(reason: "does not hold 32 bytes in base64")
      }
      return key
    } catch let error as SystemFailure {
      throw CommandFailure(.failure, "\(path): \(error.reason)")
    } catch {
      throw CommandFailure(error)
    }
  }

  private static func decode(_ text: [UInt8]) -> [UInt8]? {
    let key = Base64.decode(bytes: text.filter { $0 > 0x20 })
    return key?.count == AES256GCM.keyByteCount ? key : nil
  }

  /// A gateway may do the same at this moment: whoever links its draft first has made the key.
  private static func make(_ path: String, in folder: String) throws {
    try DataFolder.makeFolder(folder)
    let draft = "\(path).\(getpid())"
    let key = Base64.encode(try secureRandomBytes(AES256GCM.keyByteCount)) + "\n"
    try DataFolder.write(Array(key.utf8), to: draft, mode: 0o600)
    defer { unlink(draft) }
    guard link(draft, path) == 0 || errno == EEXIST else {
      throw SystemFailure.last
    }
  }
}
