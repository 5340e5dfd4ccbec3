import Foundation
import Journal
import Scheduling
import Testing

@testable import Engine

/// A standby that began with a copy of a primary.
final class Standby {
    let hospital: Hospital
    let engine: Engine
    let folder: String

    init(
        of hospital: Hospital, named name: String = "standby", policy: StandbyPolicy? = nil,
        change: (inout EngineConfiguration) -> Void = { _ in }
    ) async throws {
        self.hospital = hospital
        folder = "\(hospital.folder)-\(name)"
        let empty = FollowRequest(
            cluster: [], epochs: Epochs(), end: LogTip(next: .first, chain: 0), name: "b", wantsCopy: false,
            asker: 1)
        guard case .copy(let copy) = try hospital.engine.follow(empty) else {
            Issue.record("an empty standby gets a copy")
            throw EngineError(.internal, "no copy")
        }
        defer { copy.close() }
        var configuration = Self.configuration(folder, hospital, policy)
        change(&configuration)
        let taking = try JournalImport(copy.header, into: configuration.journal)
        while let part = try copy.next(maxBytes: 100_000) { try taking.add(part) }
        try taking.finish()
        engine = try Engine.start(configuration)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    static func configuration(
        _ folder: String, _ hospital: Hospital, _ policy: StandbyPolicy?, role: Role = .standby
    ) -> EngineConfiguration {
        var journal = JournalOptions(directory: folder)
        journal.tailBytes = 256 << 10
        var configuration = EngineConfiguration(journal: journal, cores: 2)
        configuration.clock = hospital.clock
        configuration.role = role
        configuration.standby = policy
        return configuration
    }

    /// Follows until it has everything, confirming as it goes.
    func catchUp() async throws {
        let feeder = try hospital.engine.feeder(for: engine.followRequest(name: "b", asker: 1))
        try await follow(feeder)
        feeder.end()
    }

    func follow(_ feeder: Feeder) async throws {
        engine.joined()
        feeder.confirm(engine.settledPosition, beat: feeder.beat)
        while engine.settledPosition < feeder.position {
            feeder.confirm(try await engine.receive(try await feeder.next(maxBytes: 3_000)), beat: feeder.beat)
        }
    }
}

extension Engine {
    /// What feeds a standby that asks so, which must be one that goes on where its log ends.
    func feeder(for request: FollowRequest) throws -> Feeder {
        let answer = try follow(request)
        if case .stream(let feeder) = answer { return feeder }
        if case .copy(let copy) = answer { copy.close() }
        throw EngineError(.internal, "it is not fed: \(answer)")
    }
}
