/// Everything that the operator may set, with its default as the property's initial value.
///
/// `ConfigurationKeys` names each property for the file and the environment and says its range; nothing else repeats
/// a name, a default or a limit. Sizes are bytes and times are the unit that ends the name.
package struct Configuration: Sendable, Equatable {
  package var gateway = General()
  package var database = Database()
  package var http = HTTPService()
  package var fhir = FHIRService()
  package var mllp = MLLPLimits()
  package var mllpListeners: [MLLPListener] = []
  package var deliveries = Deliveries()
  package var audit = Audit()
  package var retention = Retention()
  package var logging = Logging()
  package var operations = Operations()

  package init() {}

  package struct General: Sendable, Equatable {
    package var environment = "live"
    package var dataFolder = "/var/lib/passerelle"
    package var baseURL = ""
    package var loops = 0
    package var drainSeconds = 20
    package var sealingKey: Secret?
    package var linkKey: Secret?
  }

  package struct Database: Sendable, Equatable {
    package var app = Secret("")
    package var dispatcher = Secret("")
    package var auditor = Secret("")
    package var owner: Secret?
    package var listen: Secret?
    package var connectionsPerLoop = 8
    package var waitersPerLoop = 1_024
    package var waitMilliseconds = 2_000
    package var connectMilliseconds = 5_000
    package var queryMilliseconds = 5_000
    package var statementCacheEntries = 256
  }

  package struct HTTPService: Sendable, Equatable {
    package var listen = ["127.0.0.1:8443"]
    package var tls = true
    package var certificate = ""
    package var key = ""
    package var clientCA = ""
    package var clientCRL = ""
    package var clientCertificate = ClientCertificate.optional
    package var connections = 10_000
    package var headerBlockBytes = 32 << 10
    package var headerFields = 100
    package var targetBytes = 8 << 10
    package var bodyBytes = 16 << 20
    package var hl7BodyBytes = 64 << 20
    package var nestingDepth = 64
    package var headerMilliseconds = 10_000
    package var idleMilliseconds = 60_000
    package var handlerMilliseconds = 30_000
  }

  package struct FHIRService: Sendable, Equatable {
    package var pageSize = 20
    package var pageSizeMaximum = 1_000
    package var includesMaximum = 1_000
    package var parametersMaximum = 64
    package var valuesMaximum = 256
    package var valueBytes = 1_024
    package var pageLinkSeconds = 86_400
    package var renderedBytes = 48 << 20
  }

  /// What holds for every MLLP listener.
  package struct MLLPLimits: Sendable, Equatable {
    package var messageBytes = 64 << 20
    package var frameMilliseconds = 60_000
    package var idleMilliseconds = 600_000
    package var writeMilliseconds = 30_000
    package var connections = 1_000
    package var pipelinedMessages = 16
  }

  /// One `[mllp "name"]` section.
  package struct MLLPListener: Sendable, Equatable {
    package var name: String
    package var address = ""
    package var clinic = ""
    package var partner = ""
    package var tls = ListenerTLS.none
    package var certificate = ""
    package var key = ""
    package var clientCA = ""
    package var pipelining = false
    package var plainBeyondLoopback = false

    package init(name: String) { self.name = name }
  }

  package struct Deliveries: Sendable, Equatable {
    package var workers = 8
    package var retryScheduleSeconds = [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
    package var jitterPercent = 10
    package var connectMilliseconds = 10_000
    package var responseMilliseconds = 20_000
    package var responseBytes = 1 << 20
    package var keptConnections = 16
    package var keptConnectionsEach = 2
    package var keptMilliseconds = 15_000
    package var leaseSeconds = 10
    package var pollMilliseconds = 1_000
    package var privateAddresses = PrivateAddresses.refuse
  }

  package struct Audit: Sendable, Equatable {
    package var batchRows = 512
    package var chainHeadSeconds = 60
    package var strangerSamplesPerMinute = 60
    package var strangerAddresses = 4_096
  }

  /// 0 keeps for ever.
  package struct Retention: Sendable, Equatable {
    package var messagesMonths = 12
    package var auditMonths = 0
    package var deliveriesDays = 365
    package var partitionsAheadMonths = 3
    package var intervalSeconds = 3_600
  }

  package struct Logging: Sendable, Equatable {
    package var level = LogLevel.info
  }

  package struct Operations: Sendable, Equatable {
    package var listen = "127.0.0.1:9464"
    package var checkMilliseconds = 1_000
    package var certificateWarningDays = 14
    package var diskFreeBytes = 256 << 20
  }
}

/// Whether a TLS service asks its clients for a certificate.
package enum ClientCertificate: String, Sendable, CaseIterable { case none, optional, required }

/// How an MLLP listener is secured: not at all, by its own certificate, or by the client's too.
package enum ListenerTLS: String, Sendable, CaseIterable { case none, server, optional, required }

/// What happens to a delivery whose partner's host name leads to a private, loopback or metadata address.
package enum PrivateAddresses: String, Sendable, CaseIterable { case refuse, allow }
