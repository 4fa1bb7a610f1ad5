/// What was found so far, and how much more may be looked at.
struct Findings {
  private(set) var issues: [FHIRIssue] = []
  private let limit: Int
  private var steps: Int
  private var errors = 0
  /// Whether there is no use in going on.
  private(set) var isFull = false

  init(limit: Int, steps: Int) {
    self.limit = max(limit, 1)
    self.steps = steps
  }

  mutating func add(_ issue: FHIRIssue) {
    if isFull { return }
    guard issue.severity == .error || issue.severity == .fatal else {
      // Warnings leave room for errors: what is wrong is told however much is only unusual.
      let others = issues.count - errors
      if others < limit { return issues.append(issue) }
      if others == limit {
        issues.append(FHIRIssue(.information, .tooCostly, "More than \(limit) warnings: the others are left out"))
      }
      return
    }
    if errors < limit {
      errors += 1
      return issues.append(issue)
    }
    isFull = true
    issues.append(FHIRIssue(.error, .tooCostly, "More than \(limit) errors: validation was broken off"))
  }

  /// The same finding at the same place is told once, however many profiles say it.
  mutating func addOnce(_ issue: FHIRIssue) {
    if !issues.contains(issue) { add(issue) }
  }

  /// Findings of an attempt: they are not told, but what they cost counts (`count`).
  func forTrial() -> Findings { Findings(limit: limit, steps: steps) }

  mutating func count(_ trial: Findings) {
    steps = min(steps, trial.steps)
    _ = takeStep()
  }

  /// Counts one more step; false when there were too many, or too many findings.
  mutating func takeStep() -> Bool {
    if isFull { return false }
    steps &-= 1
    if steps >= 0 { return true }
    isFull = true
    issues.append(FHIRIssue(.error, .tooCostly, "Validation takes more steps than its limit: it was broken off"))
    return false
  }
}
