import HL7Parser
import Reactor

/// An MLLP connection to a partner after an answer, kept for the next message: a feed that catches up should not shake
/// hands for each.
struct RestingConnection {
  let client: MLLPClient
  /// A partner whose certificates or address changed is connected to anew.
  let tls: ObjectIdentifier
  /// Monotonic nanoseconds.
  let until: UInt64
}

/// Sending HL7 messages, one at a time a partner.
extension DeliverySender {
  /// How long a connection rests before it is closed. Short: many receivers take one connection at a time, and the next
  /// message may be another process's.
  static let restMilliseconds = 5_000

  /// Sends a message and waits for its acknowledgement. A connection that was kept and turns out to be closed is made
  /// anew at once: the message is the same, its MSH-10 too.
  func send(message: [UInt8], along route: Route) async throws(Failure) -> MLLPClient.Acknowledgement {
    let place = "\(route.partner) \(route.url.host):\(route.url.port)"
    if let rest = resting.removeValue(forKey: place) {
      if rest.tls == ObjectIdentifier(route.tls), await rest.client.isFit() {
        switch await exchange(message, rest.client) {
        case .success(let answer):
          keep(rest.client, place, route)
          return answer
        case .failure(let failure) where !failure.isClosed:
          throw Failure(noAnswer: failure.description, isReached: failure.isReached)
        case .failure: break
        }
      }
      rest.client.close()
    }
    let client = try await connect(along: route)
    switch await exchange(message, client) {
    case .success(let answer):
      keep(client, place, route)
      return answer
    case .failure(let failure):
      client.close()
      throw Failure(noAnswer: failure.description, isReached: failure.isReached)
    }
  }

  /// Closes the connections that rest.
  func closeResting() {
    for rest in resting.values { rest.client.close() }
    resting = [:]
  }

  /// Why there is no answer.
  private struct NoAnswer: Error {
    let description: String
    /// The peer had closed the connection.
    var isClosed = false
    /// It said something that is no answer to this message.
    var isReached = false
  }

  private func exchange(
    _ message: [UInt8], _ client: MLLPClient
  ) async -> Result<MLLPClient.Acknowledgement, NoAnswer> {
    do {
      return .success(try await client.send(message))
    } catch let failure as MLLPClient.Failure {
      let isReached = failure.kind == .otherMessage || failure.kind == .unreadable
      return .failure(
        NoAnswer(description: failure.description, isClosed: failure.kind == .closed, isReached: isReached))
    } catch let error as StreamError {
      let isClosed = error.code == .reset || error.code == .closed || error.code == .truncated
      return .failure(NoAnswer(description: error.description, isClosed: isClosed))
    } catch {
      return .failure(NoAnswer(description: "\(error)"))
    }
  }

  /// Connects to one address after the other until one takes the connection.
  private func connect(along route: Route) async throws(Failure) -> MLLPClient {
    var limits = MLLPClient.Limits()
    limits.connectMilliseconds = settings.connectMilliseconds
    limits.answerMilliseconds = settings.responseMilliseconds
    limits.answerBytes = settings.responseBytes
    var failure = Failure(noAnswer: "no address could be tried")
    for address in route.addresses.prefix(4) {
      do throws(StreamError) {
        return try await MLLPClient.connect(
          to: address, host: route.url.host, tls: route.tls, loop: loop, limits: limits)
      } catch {
        failure = Failure(noAnswer: error.description)
      }
    }
    throw failure
  }

  /// Lets a connection rest, and closes it if nothing has been sent on it by then.
  private func keep(_ client: MLLPClient, _ place: String, _ route: Route) {
    resting[place]?.client.close()
    resting[place] = RestingConnection(
      client: client, tls: ObjectIdentifier(route.tls), until: loop.now + UInt64(Self.restMilliseconds) * 1_000_000)
    // One watch a place, however many messages follow each other.
    guard watched.insert(place).inserted else { return }
    Task(executorPreference: loop) {
      while let left = self.restLeft(place) { await self.loop.sleep(milliseconds: left) }
      self.watched.remove(place)
    }
  }

  /// Milliseconds that a connection may go on resting; one that may not is closed. Nil where none rests.
  private func restLeft(_ place: String) -> Int? {
    guard let rest = resting[place] else { return nil }
    guard rest.until <= loop.now else { return Int((rest.until - loop.now) / 1_000_000) + 1 }
    rest.client.close()
    resting[place] = nil
    return nil
  }
}
