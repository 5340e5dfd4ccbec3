// swift-tools-version: 6.1
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let nio: [Target.Dependency] = [
    .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]

// The arrows run down only, as drawn in docs/internals/architecture.md; HouseTests holds the sources to them.
let package = Package(
    name: "haoyuan",
    products: [
        .executable(name: "haoyuan", targets: ["haoyuan"]),
        .executable(name: "haoyuan-simulate", targets: ["haoyuan-simulate"]),
        .library(name: "HaoyuanClient", targets: ["HaoyuanClient"]),
        .library(name: "HaoyuanTesting", targets: ["HaoyuanTesting"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
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
        // A disk in memory that fails on command: for tests and the simulator, in no product that users link.
        .target(
            name: "MemoryJournal",
            dependencies: ["Journal", .product(name: "NIOConcurrencyHelpers", package: "swift-nio")],
            swiftSettings: settings),
        // The machine's zone tables: when clocks change, and where.
        .target(name: "ZoneTables", dependencies: ["Scheduling"], swiftSettings: settings),
        // Hospitals in a line, for tests, in no product that users link.
        .target(name: "TestHospitals", dependencies: ["Scheduling"], swiftSettings: settings),
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
                "Scheduling", "Journal", "ZoneTables",
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .target(
            name: "Server",
            dependencies: nio + [
                "Engine", "Journal", "Scheduling", "Wire",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: settings),
        .target(
            name: "HaoyuanClient",
            dependencies: nio + [
                "Scheduling", "Wire", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: settings),
        // What a command says and how it ends: tables, JSON, words and numbers, failures and exit statuses.
        .target(
            name: "Terminal", dependencies: ["HaoyuanClient", "Scheduling", "ZoneTables"], swiftSettings: settings),
        // The process around an engine.
        .target(
            name: "Hosting",
            dependencies: nio + [
                "Terminal", "Server", "HaoyuanClient", "Engine", "Journal", "Scheduling", "Wire", "ZoneTables",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),
        // A server in a test's own process, for those who write a front end.
        .target(
            name: "HaoyuanTesting",
            dependencies: [
                "Hosting", "Server", "HaoyuanClient", "Engine", "Journal", "Scheduling",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            swiftSettings: settings),
        // The rules once more, for those who hold the product to them: property tests and simulator.
        .target(name: "Oracle", dependencies: ["Scheduling"], swiftSettings: settings),
        // What shows that the promises hold, and what it costs: drills, bench, replay, audits and their reports.
        .target(
            name: "Proof",
            dependencies: nio + [
                "Hosting", "Terminal", "Server", "HaoyuanClient", "Engine", "Journal", "Scheduling", "Wire",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "haoyuan",
            dependencies: [
                "Proof", "Hosting", "Terminal", "HaoyuanClient", "Engine", "Journal", "Scheduling",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            swiftSettings: settings),
        // Above the engine, beside the server: it drives the one without the other.
        .target(
            name: "Simulation",
            dependencies: [
                "Engine", "Journal", "MemoryJournal", "Oracle", "Scheduling",
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "haoyuan-simulate",
            dependencies: [
                "Simulation",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ZoneTablesTests", dependencies: ["ZoneTables", "Scheduling"], swiftSettings: settings),
        .testTarget(
            name: "SchedulingTests", dependencies: ["Scheduling", "Oracle", "TestHospitals"], swiftSettings: settings),
        .testTarget(
            name: "JournalTests", dependencies: ["Journal", "MemoryJournal", "CLMDB"], swiftSettings: settings),
        .testTarget(name: "WireTests", dependencies: ["Wire", "Scheduling"], swiftSettings: settings),
        .testTarget(
            name: "EngineTests",
            dependencies: ["Engine", "Journal", "MemoryJournal", "Scheduling", "TestHospitals", "ZoneTables"],
            exclude: ["Fixtures"],
            swiftSettings: settings),
        .testTarget(
            name: "SimulationTests",
            dependencies: [
                "Simulation", "Engine", "Journal", "MemoryJournal", "Scheduling", "TestHospitals",
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ServerTests",
            dependencies: nio + [
                "HaoyuanTesting", "Server", "HaoyuanClient", "Engine", "Journal", "Scheduling", "TestHospitals", "Wire",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "HaoyuanTestingTests", dependencies: ["HaoyuanTesting", "HaoyuanClient"], swiftSettings: settings),
        .testTarget(
            name: "CommandTests",
            dependencies: nio + [
                "haoyuan", "Proof", "Hosting", "Terminal", "HaoyuanClient", "Engine", "Journal", "Scheduling", "Wire",
            ],
            exclude: ["Fixtures"], swiftSettings: settings),
        .testTarget(
            name: "ProofTests",
            dependencies: nio + [
                "Proof", "Hosting", "Terminal", "HaoyuanClient", "Server", "Engine", "Journal", "Scheduling", "Wire",
            ],
            swiftSettings: settings),
        .testTarget(name: "HouseTests", dependencies: ["Scheduling", "Server", "Wire"], swiftSettings: settings),
    ]
)
