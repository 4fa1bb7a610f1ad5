// swift-tools-version: 6.2
import PackageDescription

// Measurements that are no part of the product.
//
//     swift run -c release --package-path Benchmarks postgres-bench DSN
//     swift run -c release --package-path Benchmarks hl7-bench ../shared/bench/*.hl7
//     swift run -c release --package-path Benchmarks fhir-bench ../shared/bench
//     swift run -c release --package-path Benchmarks fhirpath-bench ../shared/bench/bundle.json

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"), .enableUpcomingFeature("ExistentialAny"),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "Benchmarks",
  dependencies: [.package(name: "Passerelle", path: "..")],
  targets: [
    .executableTarget(
      name: "postgres-bench", dependencies: [.product(name: "PostgresClient", package: "Passerelle")],
      swiftSettings: strict),
    .executableTarget(
      name: "hl7-bench",
      dependencies: [.product(name: "HL7Parser", package: "Passerelle"), "Measuring"],
      swiftSettings: strict),
    .executableTarget(
      name: "fhir-bench",
      dependencies: [.product(name: "FHIRModels", package: "Passerelle"), "Measuring"],
      swiftSettings: strict),
    // What the benchmarks share.
    .target(name: "Measuring", dependencies: ["CAllocations"], swiftSettings: strict),
    // An allocator that counts when asked to.
    .target(name: "CAllocations"),
    .executableTarget(
      name: "fhirpath-bench", dependencies: [.product(name: "FHIRModels", package: "Passerelle"), "Measuring"],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
