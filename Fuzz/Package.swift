// swift-tools-version: 6.2
import PackageDescription

// One libFuzzer program a parser. `make fuzz SECONDS=60` runs all; by hand, from this folder:
//
//     swift build -c release --sanitize fuzzer --sanitize address -Xswiftc -sanitize=fuzzer,address
//     SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 .build/release/er7 -max_total_time=60 -max_len=4096 [FOLDER OF SEEDS]
//
// It stands apart from the main package because the sanitizer would break an ordinary `swift build`.

/// libFuzzer brings its own `main`, so these are parsed as libraries.
let fuzzed: [SwiftSetting] = [.unsafeFlags(["-parse-as-library"])]

let package = Package(
  name: "Fuzz",
  dependencies: [.package(name: "Passerelle", path: "..")],
  targets: [
    .executableTarget(
      name: "er7", dependencies: [.product(name: "HL7Parser", package: "Passerelle")], swiftSettings: fuzzed),
    .executableTarget(
      name: "mllp", dependencies: [.product(name: "HL7Parser", package: "Passerelle")], swiftSettings: fuzzed),
    .executableTarget(
      name: "http", dependencies: [.product(name: "HTTP", package: "Passerelle")], swiftSettings: fuzzed),
    .executableTarget(
      name: "hl7xml",
      dependencies: [
        .product(name: "HL7Parser", package: "Passerelle"), .product(name: "Mappers", package: "Passerelle"),
      ], swiftSettings: fuzzed),
    .executableTarget(
      name: "json", dependencies: [.product(name: "FHIRModels", package: "Passerelle")], swiftSettings: fuzzed),
    .executableTarget(
      name: "xml", dependencies: [.product(name: "FHIRModels", package: "Passerelle")], swiftSettings: fuzzed),
    .executableTarget(
      name: "fhirpath", dependencies: [.product(name: "FHIRModels", package: "Passerelle")], swiftSettings: fuzzed),
  ],
  swiftLanguageModes: [.v6]
)
