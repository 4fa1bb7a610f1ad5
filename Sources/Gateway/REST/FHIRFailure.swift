import FHIRModels
package import PostgresClient

/// An answer that is an error: its status and the issues of its OperationOutcome.
package struct FHIRFailure: Error, Sendable {
  package struct Issue: Sendable, Equatable {
    /// valueset-issue-type.
    package var code: String
    package var diagnostics: String
    /// Where, as OperationOutcome.issue.expression has it.
    package var expression: String?
    package var severity = "error"

    package init(_ code: String, _ diagnostics: String, at expression: String? = nil) {
      self.code = code
      self.diagnostics = diagnostics
      self.expression = expression
    }
  }

  package var status: Int
  package var issues: [Issue]
  package var fields: [(name: String, value: String)] = []
  /// What lies behind it, for the log and the audit; never shown to the caller.
  package var cause: String?

  package init(_ status: Int, _ issues: [Issue]) {
    self.status = status
    self.issues = issues
  }

  package init(_ status: Int, _ code: String, _ diagnostics: String, at expression: String? = nil) {
    self.init(status, [Issue(code, diagnostics, at: expression)])
  }

  init(_ error: SearchError) {
    self.init(
      400, error.issues.map { Issue($0.code, $0.diagnostics, at: $0.parameter.isEmpty ? nil : $0.expression) })
  }

  /// The database's failures: those that may pass are 503, the others are our fault.
  init(_ error: RecordReadingError) {
    guard let cause = error.cause, error.code == .database else {
      self.init(
        500, "exception", "A stored record is not as it must be. The operator finds more under the request's id.")
      self.cause = error.description
      return
    }
    self.init(cause)
  }

  package init(_ error: PostgresError) {
    // A closed pool is a server that is leaving: another process, or the next, answers the same request.
    guard error.isTransient || error.code == .closed else {
      self.init(500, "exception", "The database refused the query. The operator finds more under the request's id.")
      cause = error.description
      return
    }
    if error.code == .timedOut {
      self.init(503, "timeout", "The query took too long and was stopped. Narrow it, or try again later.")
    } else {
      self.init(503, "transient", "The database is not reachable now. Try again after the seconds in Retry-After.")
    }
    cause = error.description
    fields = [("Retry-After", error.code == .poolExhausted ? "1" : "2")]
  }
}

/// OperationOutcomes, all made in one place.
enum Outcomes {
  /// The request's id is the outcome's, so that a caller can quote it.
  static func outcome(_ issues: [FHIRFailure.Issue], requestID: String) -> OperationOutcome {
    OperationOutcome {
      $0.id = SearchValueParser.isID(requestID) ? requestID : nil
      $0.issue = issues.map { issue in
        OperationOutcome.Issue(
          severity: IssueSeverity(rawValue: issue.severity), code: IssueType(rawValue: issue.code),
          diagnostics: issue.diagnostics, expression: [issue.expression].compactMap { $0 })
      }
    }
  }
}
