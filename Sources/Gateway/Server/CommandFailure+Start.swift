import Reactor

/// What the person at the terminal is told when the server does not start.
extension CommandFailure {
  package init(starting error: any Error) {
    switch error {
    case let error as StartFailure: self.init(.unavailable, error.description)
    case let error as DataFolder.Failure: self.init(.unavailable, error.description)
    case let error as TLSError: self.init(.configuration, error.detail)
    default: self.init(error)
    }
  }
}
