// swift-tools-version: 6.2
import PackageDescription

// Measurements that are no part of the product. `swift run -c release --package-path Benchmarks postgres-bench DSN`.

let package = Package(
  name: "Benchmarks",
  dependencies: [.package(name: "Passerelle", path: "..")],
  targets: [
    .executableTarget(
      name: "postgres-bench", dependencies: [.product(name: "PostgresClient", package: "Passerelle")],
      swiftSettings: [
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"), .enableUpcomingFeature("ExistentialAny"),
        .treatAllWarnings(as: .error),
      ])
  ],
  swiftLanguageModes: [.v6]
)
