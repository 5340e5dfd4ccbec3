import Foundation
import Journal
import Scheduling
import Testing

@testable import Engine

/// A copy of a data folder that an earlier version wrote, and what it had in it. `Fixtures/README.md` tells how it was
/// made.
final class EarlierFolder {
    /// Of the archives in `Fixtures`, and of the JSON beside each.
    static let names = ["folder-bebc1a9"]

    let path: String
    let contents: FolderContents
    let clock: SimulatedClock

    init(_ name: String) throws {
        let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
        contents = try JSONDecoder().decode(
            FolderContents.self, from: Data(contentsOf: fixtures.appendingPathComponent("\(name).json")))
        path = NSTemporaryDirectory() + "haoyuan-engine-" + UUID().uuidString
        clock = SimulatedClock(now: Instant(rawValue: contents.moment))
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let tar = Process()
        tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        tar.arguments = [
            "tar", "-xzf", fixtures.appendingPathComponent("\(name).tar.gz").path, "-C", path, "--strip-components=1",
        ]
        try tar.run()
        tar.waitUntilExit()
        try #require(tar.terminationStatus == 0)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func start() throws -> Engine {
        var journal = JournalOptions(directory: path)
        journal.tailBytes = 256 << 10
        journal.initialFileBytes = 16 << 20
        journal.growthStepBytes = 16 << 20
        journal.reserveBytes = 4 << 20
        var configuration = EngineConfiguration(journal: journal, cores: 4)
        configuration.clock = clock
        return try Engine.start(configuration)
    }

    /// The journal as it lies there, without a lock and without a write.
    func look() throws -> Journal {
        var options = JournalOptions(directory: path)
        options.readOnly = true
        return try Journal.open(options)
    }
}
