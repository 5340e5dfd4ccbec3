import Foundation
import Journal
import Scheduling
import TestHospitals
import Testing

@testable import Engine

/// A put of a catalogue is many records. They are shipped one after the other, and take effect together or not at all.
@Suite struct WholePutTests {
    /// Each of its services fills a chunk of the log.
    private static let services = 6

    private static func draft(_ text: Character) -> CatalogueDraft {
        var draft = CatalogueDraft()
        draft.services = (0..<services).map {
            .init(
                code: "mri\($0)", name: "MRI \($0)", kind: .exam, slots: 1,
                preparation: String(repeating: text, count: 1_500))
        }
        return draft
    }

    private static func put(_ hospital: Hospital, _ text: Character = "a") async throws {
        let position = hospital.engine.lastPosition
        _ = try await hospital.engine.putCatalogue(draft(text), hospital: nil, by: Hospital.doctor)
        #expect(hospital.engine.lastPosition == position.advanced(by: services))
    }

    @Test(arguments: 1...services)
    func `a standby that is promoted while a put is on its way has all of it or nothing`(pieces: Int) async throws {
        let hospital = try await Hospital()
        let standby = try await Standby(of: hospital)
        try await standby.catchUp()
        let (before, begin) = (try await standby.engine.catalogue().value, standby.engine.confirmable)
        let feeder = try hospital.engine.feeder(for: standby.engine.followRequest(name: "b", asker: 1))
        standby.engine.joined()
        try await Self.put(hospital)
        for piece in 1...pieces {
            let taken = try await standby.engine.receive(try await feeder.next(maxBytes: 1))
            #expect(taken == (piece < Self.services ? begin : begin.advanced(by: Self.services)))
            #expect(standby.engine.confirmable == taken)
        }
        feeder.end()
        let promoted = try await standby.engine.promote()
        let isWhole = pieces == Self.services
        #expect(promoted.position == (isWhole ? begin.advanced(by: Self.services) : begin))
        let expected = try await isWhole ? hospital.engine.catalogue().value : before
        #expect(try await standby.engine.catalogue().value == expected)
        await standby.engine.stop()
        let again = try Engine.start(Standby.configuration(standby.folder, hospital, nil, role: .primary))
        #expect(try await again.catalogue().value == expected)
        await again.stop()
        withExtendedLifetime(standby) {}
    }

    @Test
    func `a standby whose connection is lost within a put takes it in whole over the next`() async throws {
        let hospital = try await Hospital()
        let standby = try await Standby(of: hospital)
        try await standby.catchUp()
        let request = standby.engine.followRequest(name: "b", asker: 1)
        let feeder = try hospital.engine.feeder(for: request)
        standby.engine.joined()
        try await Self.put(hospital)
        for _ in 0..<2 { _ = try await standby.engine.receive(try await feeder.next(maxBytes: 1)) }
        feeder.end()
        #expect(standby.engine.followRequest(name: "b", asker: 1) == request)
        let session = try await hospital.open("li", capacities: [2])
        try await standby.catchUp()
        #expect(standby.engine.journal.tip == hospital.engine.journal.tip)
        #expect(try await standby.engine.catalogue().value == hospital.engine.catalogue().value)
        #expect(try await standby.engine.appointments(in: session).value.isEmpty)
        await standby.engine.stop()
    }

    @Test(arguments: 0...services)
    func `a restoration up to a record within a put takes nothing of it over`(records: Int) async throws {
        let hospital = try await Hospital()
        let copy = try hospital.engine.journal.copy()
        let before = try await hospital.engine.catalogue().value
        // The copy is of the file alone, and may be behind what the log's tail has.
        let begin = hospital.engine.lastPosition
        let goal = begin.advanced(by: records)
        let folder = "\(hospital.folder)-restored"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let restoration = try Restoration(
            copy.header, into: JournalOptions(directory: folder), goal: .position(goal))
        while let part = try copy.next(maxBytes: 100_000) { try restoration.add(part) }
        copy.close()
        try restoration.finishCopy()
        try await Self.put(hospital)
        let after = try await hospital.engine.catalogue().value
        try await Self.put(hospital, "b")
        var tip = copy.header.end
        while tip != hospital.engine.journal.tip, !restoration.isAtGoal {
            let chunks = try hospital.engine.journal.chunks(after: tip, maxBytes: 1)
            try restoration.follow(chunks)
            tip = try #require(chunks.end)
        }
        _ = try restoration.finish()
        let isWhole = records == Self.services
        #expect(restoration.position == (isWhole ? goal : begin))
        let restored = try Engine.start(Standby.configuration(folder, hospital, nil, role: .primary))
        #expect(try await restored.catalogue().value == (isWhole ? after : before))
        await restored.stop()
    }

    @Test
    func `a restoration from logs that end within a put keeps what stands before it`() async throws {
        let hospital = try await Hospital()
        let copy = try hospital.engine.journal.copy()
        let before = try await hospital.engine.catalogue().value
        let folder = "\(hospital.folder)-restored"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let restoration = try Restoration(copy.header, into: JournalOptions(directory: folder), goal: .everything)
        while let part = try copy.next(maxBytes: 100_000) { try restoration.add(part) }
        copy.close()
        try restoration.finishCopy()
        let session = try await hospital.open("li", capacities: [2])
        let opened = hospital.engine.lastPosition
        try await Self.put(hospital)
        var tip = copy.header.end
        while tip.last < opened {
            let chunks = try hospital.engine.journal.chunks(after: tip, maxBytes: 1)
            try restoration.follow(chunks)
            tip = try #require(chunks.end)
        }
        let chunks = try hospital.engine.journal.chunks(after: tip, maxBytes: 6_000)
        #expect(chunks.last > opened && chunks.last < hospital.engine.lastPosition)
        try restoration.follow(chunks)
        _ = try restoration.finish()
        #expect(restoration.position == opened)
        let restored = try Engine.start(Standby.configuration(folder, hospital, nil, role: .primary))
        #expect(try await restored.catalogue().value == before)
        #expect(try await restored.appointments(in: session).value.isEmpty)
        await restored.stop()
    }
}
