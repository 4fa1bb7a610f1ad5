/// What a search asks for, parsed and checked; the SQL builder needs nothing else.
package struct SearchRequest: Sendable, Equatable {
  package let type: String
  /// All must hold.
  package var criteria: [SearchCriterion] = []
  /// The order asked for; empty is the server's own. A tie-break by id is the builder's.
  package var sort: [SearchSort] = []
  /// Entries of a page.
  package var count: Int
  package var total = SearchTotal.none
  /// Only the number of matches is wanted (`_summary=count` or `_count=0`).
  package var isCountOnly = false
  /// What was dropped under `handling=lenient`.
  package var warnings: [SearchIssue] = []
  /// The pairs that select and order, as given: what links and page tokens repeat.
  package var query = QueryString()
  package var presentation = SearchPresentation()
}

/// How the answer is written, whichever page it is.
package struct SearchPresentation: Sendable, Equatable {
  package var format: String?
  package var isPretty: Bool?
}

/// One parameter with its values: any of them may hold.
package struct SearchCriterion: Sendable, Equatable {
  package let parameter: SearchParameter
  package let test: Test

  package enum Test: Sendable, Equatable {
    case isMissing(Bool)
    /// With `isNegated` (`:not`) none of the values may hold, and an absent element passes.
    case tokens([SearchToken], isNegated: Bool)
    case strings([String], SearchStringMatch)
    case dates([SearchDate])
    case references([SearchReference])
  }
}

package enum SearchStringMatch: Sendable, Equatable {
  /// Begins with, case and accents folded.
  case startsWith
  /// Anywhere inside, case and accents folded.
  case contains
  /// Equal as it stands.
  case exact
}

/// A code or identifier.
package struct SearchToken: Sendable, Equatable {
  package enum System: Sendable, Equatable {
    /// `code`
    case any
    /// `|code`
    case absent
    /// `system|code`
    case uri(String)
  }
  package let system: System
  /// Nil for `system|`: any code of that system.
  package let code: String?
}

/// A point in a reference's value set: a resource of this clinic, or one of another server.
package enum SearchReference: Sendable, Equatable {
  /// `types` holds one type, or all that the parameter may lead to when only an id was given.
  case local(types: [String], id: String)
  /// An absolute URL that is not below our base: matches nothing that we keep.
  case foreign(String)
}

package struct SearchSort: Sendable, Equatable {
  package let parameter: SearchParameter
  package let isDescending: Bool
}

package enum SearchTotal: String, Sendable, CaseIterable { case none, estimate, accurate }

/// One finding about a search, in the terms of OperationOutcome.issue.
package struct SearchIssue: Sendable, Equatable {
  /// valueset-issue-type: `not-supported`, `value`, `invalid`, `too-costly`.
  package let code: String
  /// The parameter as given, without control characters and not over 80 characters.
  package let parameter: String
  package let diagnostics: String

  package init(_ code: String, _ parameter: String, _ diagnostics: String) {
    self.code = code
    self.parameter = String(parameter.prefix(80))
    self.diagnostics = diagnostics
  }

  /// OperationOutcome.issue.expression of an HTTP parameter (FHIR R4 operationoutcome.html).
  package var expression: String { "http.\(parameter)" }
}

/// Everything that is wrong with a search.
package struct SearchError: Error, Sendable, Equatable {
  package let issues: [SearchIssue]
}
