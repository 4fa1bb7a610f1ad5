import COpenSSL
import Glibc

extension PeerCertificate {
  /// The certificates of a PEM file at most; more is not a partner's certificate nor anybody's chain.
  public static let maximumInFile = 1_000

  /// Reads every certificate of a PEM file, in order: for a look at names, fingerprints and dates. Verifies nothing.
  /// - Throws: `badConfiguration` when the file cannot be read or holds no certificate.
  public static func read(path: String) throws(TLSError) -> [PeerCertificate] {
    ERR_clear_error()
    guard let file = BIO_new_file(path, "re") else {
      ERR_clear_error()
      throw TLSError(.badConfiguration, "certificate file \(path): \(String(cString: strerror(errno)))")
    }
    defer { BIO_free(file) }
    var certificates: [PeerCertificate] = []
    while certificates.count < maximumInFile, let certificate = PEM_read_bio_X509(file, nil, nil, nil) {
      certificates.append(PeerCertificate(certificate))
      X509_free(certificate)
    }
    // The end of the file is an error to the reader.
    ERR_clear_error()
    guard !certificates.isEmpty else {
      throw TLSError(.badConfiguration, "\(path) holds no PEM certificate")
    }
    return certificates
  }
}
