internal import Reactor

/// Group commit: pipelines of concurrent callers under one sync.
extension PostgresPool {
  /// The most pipelines that share a transaction.
  static let groupLimit = 32

  /// Runs statements like `run`, in one transaction with those of other callers of the same loop turn: one sync, one
  /// commit, one write to the log for all. Ten a sync more than double the statements per second.
  ///
  /// The statements must not mind their neighbours: each call sets what it reads first (such as
  /// `set_config('passerelle.clinic_id', …, true)`), takes no locks that it would hold against others for long, and
  /// does not depend on `now()` being its own. If the shared transaction fails, each call runs again by itself, so
  /// that an error reaches only its owner.
  public func runGrouped(
    _ queries: [PostgresQuery], timeoutMilliseconds: Int? = nil
  ) async throws(PostgresError) -> [PostgresResult] {
    let request = try request(queries, timeoutMilliseconds)
    let outcome = await withUnsafeContinuation { continuation in
      request.continuation = continuation
      if gathering.isEmpty { loop.atEndOfTurn { self.sendGroups() } }
      gathering.append(request)
    }
    return try outcome.get()
  }

  private func sendGroups() {
    var rest = gathering[...]
    gathering = []
    while !rest.isEmpty {
      let members = Array(rest.prefix(Self.groupLimit))
      rest = rest.dropFirst(members.count)
      guard members.count > 1 else {
        submit(members[0])
        continue
      }
      let group = PipelineRequest(
        queries: members.flatMap(\.queries), deadline: members.map(\.deadline).min() ?? 0, isWholeTransaction: true)
      group.members = members
      statistics.groups += 1
      submit(group)
    }
  }

  func finishGroup(_ group: PipelineRequest, _ result: PipelineEnd) {
    switch result {
    case .succeeded:
      var start = 0
      for member in group.members {
        let end = start + member.queries.count
        member.finish(.success(Array(group.results[start..<end])))
        start = end
      }
    case .failed(let error) where error.code == .server && !error.mayHaveCommitted:
      // Rolled back for certain; one of them is to blame.
      for member in group.members { submit(member) }
    case .failed(let error), .again(let error):
      statistics.failures += group.members.count
      for member in group.members { member.finish(.failure(error)) }
    }
  }
}
