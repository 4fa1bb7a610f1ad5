import COpenSSL

/// AES-256-GCM (NIST SP 800-38D): secrets at rest and opaque tokens.
public enum AES256GCM {
  public static let keyByteCount = 32
  static let nonceByteCount = 12
  static let tagByteCount = 16

  // Guarded by being written once; an EVP_CIPHER is immutable and made for use by many threads. Fetched here: libcrypto
  // would look it up anew for each seal.
  nonisolated(unsafe) private static let algorithm: OpaquePointer? = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)

  /// Encrypts and authenticates `plaintext`; `context` is authenticated, not stored.
  /// - Returns: a fresh random nonce (12 bytes), the ciphertext, the tag (16 bytes).
  public static func seal(_ plaintext: [UInt8], key: [UInt8], context: [UInt8] = []) throws(CryptoError) -> [UInt8] {
    let cipher = try start(key: key, nonce: try secureRandomBytes(nonceByteCount), encrypts: true)
    defer { EVP_CIPHER_CTX_free(cipher.context) }
    var sealed = cipher.nonce
    try authenticate(context, cipher.context)
    sealed += try transform(plaintext, cipher.context)
    var tag = [UInt8](repeating: 0, count: tagByteCount)
    var count: Int32 = 0
    guard EVP_CipherFinal_ex(cipher.context, &tag, &count) == 1,
      EVP_CIPHER_CTX_ctrl(cipher.context, EVP_CTRL_AEAD_GET_TAG, Int32(tagByteCount), &tag) == 1
    else { throw CryptoError.library("EVP_CipherFinal_ex") }
    return sealed + tag
  }

  /// Returns the plaintext of bytes that `seal` made under the same key and context.
  /// - Throws: `notAuthentic` for bytes that were changed or sealed under another key or context.
  public static func open(_ sealed: [UInt8], key: [UInt8], context: [UInt8] = []) throws(CryptoError) -> [UInt8] {
    guard sealed.count >= nonceByteCount + tagByteCount else {
      throw CryptoError(.notAuthentic, "\(sealed.count) bytes cannot hold a nonce and a tag")
    }
    let cipher = try start(key: key, nonce: Array(sealed.prefix(nonceByteCount)), encrypts: false)
    defer { EVP_CIPHER_CTX_free(cipher.context) }
    try authenticate(context, cipher.context)
    let plaintext = try transform(Array(sealed.dropFirst(nonceByteCount).dropLast(tagByteCount)), cipher.context)
    var tag = Array(sealed.suffix(tagByteCount))
    var rest = [UInt8](repeating: 0, count: tagByteCount)
    var count: Int32 = 0
    guard EVP_CIPHER_CTX_ctrl(cipher.context, EVP_CTRL_AEAD_SET_TAG, Int32(tagByteCount), &tag) == 1,
      EVP_CipherFinal_ex(cipher.context, &rest, &count) == 1
    else {
      ERR_clear_error()
      throw CryptoError(.notAuthentic, "the tag does not match the sealed bytes, the key and the context")
    }
    return plaintext
  }

  private static func start(
    key: [UInt8], nonce: [UInt8], encrypts: Bool
  ) throws(CryptoError) -> (context: OpaquePointer, nonce: [UInt8]) {
    guard key.count == keyByteCount else {
      throw CryptoError(.wrongLength, "an AES-256 key has \(keyByteCount) bytes, this one \(key.count)")
    }
    guard let context = EVP_CIPHER_CTX_new() else { throw CryptoError.library("EVP_CIPHER_CTX_new") }
    guard EVP_CipherInit_ex(context, algorithm, nil, key, nonce, encrypts ? 1 : 0) == 1 else {
      EVP_CIPHER_CTX_free(context)
      throw CryptoError.library("EVP_CipherInit_ex")
    }
    return (context, nonce)
  }

  private static func authenticate(_ bytes: [UInt8], _ context: OpaquePointer) throws(CryptoError) {
    var count: Int32 = 0
    guard bytes.isEmpty || EVP_CipherUpdate(context, nil, &count, bytes, Int32(bytes.count)) == 1 else {
      throw CryptoError.library("EVP_CipherUpdate")
    }
  }

  private static func transform(_ bytes: [UInt8], _ context: OpaquePointer) throws(CryptoError) -> [UInt8] {
    guard bytes.count <= Int32.max else { throw CryptoError(.wrongLength, "\(bytes.count) bytes exceed 2 GiB") }
    guard !bytes.isEmpty else { return [] }
    var output = [UInt8](repeating: 0, count: bytes.count)
    var count: Int32 = 0
    guard EVP_CipherUpdate(context, &output, &count, bytes, Int32(bytes.count)) == 1, Int(count) == bytes.count else {
      throw CryptoError.library("EVP_CipherUpdate")
    }
    return output
  }
}
