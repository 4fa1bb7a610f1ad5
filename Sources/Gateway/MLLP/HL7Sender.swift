package import Reactor

/// Where a message came from, as far as the connection tells.
package struct HL7Sender: Sendable {
  package enum Transport: String, Sendable { case mllp, mllps, http }

  package var transport: Transport
  package var peer: SocketAddress
  /// The verified certificate of the peer.
  package var certificate: PeerCertificate?
  /// Id of the partner whom the connection belongs to, where something else than a certificate says so.
  package var partnerID: String?
  /// Id of the API key that was shown.
  package var keyID: String?
  /// Id of the HTTP request, for the audit.
  package var requestID: String?
  /// Slug of the partner of the listener.
  package var partnerSlug: String?
  /// Slug of the clinic of the listener or of the URL.
  package var clinic: String?
  /// Messages of one lane are applied in their order: a number that each connection has for itself.
  package var lane: UInt64

  package init(
    transport: Transport, peer: SocketAddress, certificate: PeerCertificate? = nil, partnerID: String? = nil,
    partnerSlug: String? = nil, clinic: String? = nil, lane: UInt64
  ) {
    self.transport = transport
    self.peer = peer
    self.certificate = certificate
    self.partnerID = partnerID
    self.partnerSlug = partnerSlug
    self.clinic = clinic
    self.lane = lane
  }
}

/// What goes back to the sender.
package struct HL7Answer: Sendable, Equatable {
  /// Acknowledgements in the order in which they are to be sent; none where none is owed.
  package var messages: [[UInt8]]
  /// The connection ends after them: the only honest answer where nothing else may be said.
  package var closes: Bool
  /// MSA-1 of the last one.
  package var code: String?
  /// Nothing was kept, through no fault of the message.
  package var isUnavailable: Bool
  /// The access is in the audit already: its row was committed with the message.
  package var isAudited = false

  package init(messages: [[UInt8]], closes: Bool = false, code: String? = nil, isUnavailable: Bool = false) {
    self.messages = messages
    self.closes = closes
    self.code = code
    self.isUnavailable = isUnavailable
  }
}
