internal import Reactor

/// Group commit: pipelines of concurrent callers under one sync.
extension PostgresPool {
  /// The most pipelines that share a transaction.
  static let groupLimit = 32

  /// Runs statements like `run`, in one transaction with those of other callers of the same loop turn: one sync, one
  /// commit, one write to the log for all. Ten a sync more than double the statements per second.
  ///
  /// The statements must not mind their neighbours: each call has what it reads set first, takes no locks that it would
  /// hold against others for long, and does not depend on `now()` being its own. If the shared transaction fails, each
  /// call runs again by itself, so that an error reaches only its owner.
  /// - Parameter scope: runs before `queries`, to set everything that any scope sets (such as
  ///   `set_config('passerelle.clinic_id', …, true)`). Neighbours of one scope share it. Its result is not returned.
  public func runGrouped(
    _ queries: [PostgresQuery], in scope: PostgresQuery? = nil, timeoutMilliseconds: Int? = nil
  ) async throws(PostgresError) -> [PostgresResult] {
    let request = try request(queries, in: scope, timeoutMilliseconds)
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
      var queries: [PostgresQuery] = []
      var starts: [Int] = []
      var scope: PostgresQuery?
      for member in members {
        if let own = member.scope, scope.map({ !own.isSame(as: $0) }) ?? true {
          queries.append(own)
          scope = own
        }
        starts.append(queries.count)
        queries += member.queries
      }
      let group = PipelineRequest(
        queries: queries, deadline: members.map(\.deadline).min() ?? 0, isWholeTransaction: true)
      group.members = members
      group.memberStarts = starts
      statistics.groups += 1
      submit(group)
    }
  }

  func finishGroup(_ group: PipelineRequest, _ result: PipelineEnd) {
    switch result {
    case .succeeded:
      for (member, start) in zip(group.members, group.memberStarts) {
        member.finish(.success(Array(group.results[start..<start + member.queries.count])))
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
