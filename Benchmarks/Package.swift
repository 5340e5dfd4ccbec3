// swift-tools-version: 6.1
import PackageDescription

// The measured rooms are the product's own sources, reached over symbolic links in Sources. They speak to each other,
// and to the benchmarks, in `package` access, which ends at the border of a package: as a dependency of this one they
// could not be called. As targets of this package they lie inside the border, and are compiled as they are in the
// product.
//
// This is a package of its own so that nobody who builds or uses the product builds the tools that measure it.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "haoyuan-benchmarks",
    dependencies: [
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        // Without its traits: they count allocations by taking malloc's place, with libraries of two more packages.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
        .systemLibrary(name: "CSnappy", pkgConfig: "snappy", providers: [.apt(["libsnappy-dev"])]),
        .target(name: "CCRC32C"),
        .target(
            name: "Scheduling",
            dependencies: [.product(name: "HeapModule", package: "swift-collections")],
            swiftSettings: settings),
        .target(
            name: "Journal",
            dependencies: [
                "CLMDB", "CSnappy", "CCRC32C",
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .target(
            name: "Wire",
            dependencies: [
                "Scheduling", "CSnappy", "CCRC32C",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: settings),
        .target(
            name: "Engine",
            dependencies: [
                "Scheduling", "Journal",
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            // For `@testable`: keys, shards and recovery are the engine's own affair, `internal`, and measured one by
            // one.
            swiftSettings: settings + [.unsafeFlags(["-enable-testing"])]),
        .executableTarget(
            name: "Reservation",
            dependencies: [
                "Engine", "Journal", "Scheduling", "Wire",
                .product(name: "Benchmark", package: "benchmark"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            path: "Benchmarks/Reservation",
            swiftSettings: settings,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
    ]
)
