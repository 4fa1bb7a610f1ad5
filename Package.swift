// swift-tools-version: 6.2
import PackageDescription

// The arrows of docs/architecture.md, top to bottom. `TidyTests` holds every import against them.

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

func library(_ name: String, _ uses: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
  .target(name: name, dependencies: uses, resources: resources, swiftSettings: strict)
}

func program(_ name: String, _ uses: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: uses, swiftSettings: strict)
}

func tests(_ name: String, _ uses: [Target.Dependency]) -> Target {
  .testTarget(name: name + "Tests", dependencies: uses, swiftSettings: strict)
}

let package = Package(
  name: "Passerelle",
  products: [
    .executable(name: "passerelle", targets: ["passerelle"]),
    .library(name: "FHIRModels", targets: ["FHIRModels", "JSON"]),
    .library(name: "HL7Parser", targets: ["HL7Parser"]),
    // For the nested packages.
    .library(name: "HTTP", targets: ["HTTP"]),
    .library(name: "Mappers", targets: ["Mappers"]),
    .library(name: "PostgresClient", targets: ["PostgresClient", "Reactor"]),
  ],
  targets: [
    // Programs.
    program("passerelle", ["Gateway"]),
    .executableTarget(
      name: "fhir-codegen", dependencies: ["JSON"], exclude: ["Definitions"], swiftSettings: strict),

    // The server.
    library(
      "Gateway",
      [
        "Mappers", "FHIRModels", "HL7Parser", "ClinicModel", "HTTP", "PostgresClient", "Reactor", "Crypto",
        "JSON", "XML", "CLinux",
      ], resources: [.embedInCode("Store/Migrations")]),

    // Pure translation.
    library("Mappers", ["FHIRModels", "HL7Parser", "ClinicModel", "JSON", "XML"]),
    library("FHIRModels", ["JSON", "XML"]),
    library("HL7Parser"),
    library("ClinicModel"),

    // Transport.
    library("HTTP", ["Reactor"]),
    library("PostgresClient", ["Reactor", "CPostgres"]),
    library("Reactor", ["CLinux", "COpenSSL"]),
    library("Crypto", ["COpenSSL"]),

    // Bytes.
    library("JSON"),
    library("XML", ["CLibXML2"]),

    // C.
    .target(name: "CLinux"),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),

    // Tests.
    .target(
      name: "TestSupport", dependencies: ["Reactor", "PostgresClient", "JSON"], path: "Tests/TestSupport",
      swiftSettings: strict),
    tests("JSON", ["JSON", "TestSupport"]),
    tests("XML", ["XML", "TestSupport"]),
    tests("FHIRModels", ["FHIRModels", "JSON", "XML", "TestSupport"]),
    tests("HL7Parser", ["HL7Parser", "TestSupport"]),
    tests("ClinicModel", ["ClinicModel", "TestSupport"]),
    tests("Mappers", ["Mappers", "FHIRModels", "HL7Parser", "ClinicModel", "JSON", "XML", "TestSupport"]),
    tests("Reactor", ["Reactor", "TestSupport"]),
    tests("Crypto", ["Crypto"]),
    tests("HTTP", ["HTTP", "Reactor", "TestSupport"]),
    tests("PostgresClient", ["PostgresClient", "Reactor", "TestSupport"]),
    tests(
      "Gateway",
      [
        "Gateway", "Mappers", "FHIRModels", "HL7Parser", "ClinicModel", "Crypto", "JSON", "PostgresClient",
        "TestSupport",
      ]),
    tests(
      "Integration",
      [
        "Gateway", "Mappers", "ClinicModel", "HTTP", "PostgresClient", "Reactor", "Crypto", "HL7Parser", "FHIRModels",
        "JSON", "TestSupport",
      ]),
    tests("Tidy", ["TestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)
