import Journal
import NIOConcurrencyHelpers
import Scheduling
import Testing

@testable import Engine

/// Tables change while a hospital goes by the rules that are kept with its data.
@Suite struct ZoneWatchTests {
    /// 2026-03-02, 11:00 in Shanghai: three hours after the tests' morning.
    private static let change: Int64 = 1_772_420_400

    private static func rules(_ engine: Engine) async throws -> TimeZoneRules {
        try await engine.catalogue().value.hospital.zone
    }

    private static func put(
        _ engine: Engine, name: String = Hospital.named.name, zone: String = Hospital.named.zone,
        fromTables: Bool = false
    ) async throws -> CatalogueCounts {
        try await engine.putCatalogue(
            CatalogueDraft(), hospital: (name, zone), fromTables: fromTables, by: Hospital.doctor
        ).value
    }

    @Test func `a put keeps the rules of a hospital that keeps its zone, until one asks for the tables`() async throws {
        let zones = try ZoneFolder("2025b", changingAt: Self.change)
        let hospital = try await Hospital { $0.zoneTables = zones.tables }
        let rules = try await Self.rules(hospital.engine)
        try zones.write("2027a", hours: 9)
        _ = try await Self.put(hospital.engine, name: "A")
        #expect(try await Self.rules(hospital.engine) == rules)
        #expect(hospital.engine.zoneStanding()?.kept == "2025b")
        zones.empty()
        _ = try await Self.put(hospital.engine, name: "B")
        #expect(try await hospital.engine.catalogue().value.hospital == .init(name: "B", zone: rules))
        await #expect(throws: EngineError.self) { try await Self.put(hospital.engine, fromTables: true) }
        await #expect(throws: EngineError.self) { try await Self.put(hospital.engine, zone: "Asia/Tokyo") }
        try zones.write("2027a", hours: 9)
        _ = try await Self.put(hospital.engine, fromTables: true)
        #expect(try await Self.rules(hospital.engine).offset(atSecond: Self.change) == 32_400)
        _ = try await Self.put(hospital.engine, zone: "UTC")
        #expect(try await Self.rules(hospital.engine) == .utc)
        await hospital.engine.stop()
    }

    @Test func `equal rules of a newer edition are taken over as its, and stay so after a restart`() async throws {
        let zones = try ZoneFolder("2025b", changingAt: Self.change)
        let hospital = try await Hospital { $0.zoneTables = zones.tables }
        try zones.write("2027a", hours: 8)
        #expect(try await Self.put(hospital.engine).changed == 0)
        #expect(hospital.engine.zoneStanding()?.kept == "2025b")
        #expect(try await Self.put(hospital.engine, fromTables: true).changed == 0)
        #expect(hospital.engine.zoneStanding()?.kept == "2027a")
        zones.empty()
        try await hospital.restart { $0.zoneTables = zones.tables }
        #expect(hospital.engine.zoneStanding()?.kept == "2027a")
        await hospital.engine.stop()
    }

    @Test func `a put that takes over an edition alone is answered once that is on disk`() async throws {
        let zones = try ZoneFolder("2025b", changingAt: Self.change)
        let hospital = try await Hospital { $0.zoneTables = zones.tables }
        try await hospital.restart {
            $0.zoneTables = zones.tables
            $0.journal.driving = .manual
        }
        let engine = hospital.engine
        while try engine.journal.step() {}
        try zones.write("2027a", hours: 8)
        let put = Task { try await Self.put(engine, fromTables: true).changed }
        while !engine.journal.hasPending { await Task.yield() }
        #expect(try HospitalMetadata.edition(in: engine.journal) == "2025b")
        while try engine.journal.step() {}
        #expect(try await put.value == 0)
        #expect(try HospitalMetadata.edition(in: engine.journal) == "2027a")
        // Where it never gets there, nobody is told that it did.
        try zones.write("2028a", hours: 8)
        engine.journal.endWaits()
        await #expect(throws: EngineError.self) { try await Self.put(engine, fromTables: true) }
    }

    @Test(arguments: [(8 as Int32, "2027a" as String?), (9, nil)])
    func `a folder that does not name the edition takes the tables' where nothing to come differs`(
        hours: Int32, kept: String?
    ) async throws {
        let zones = try ZoneFolder("2025b", changingAt: Self.change)
        let hospital = try await Hospital { $0.zoneTables = zones.tables }
        hospital.engine.journal.setMetadata(HospitalMetadata.zones, nil)
        try zones.write("2027a", hours: hours)
        try await hospital.restart { $0.zoneTables = zones.tables }
        #expect(hospital.engine.zoneStanding()?.kept == kept)
        await hospital.engine.stop()
    }

    @Test func `a standby that hears of other rules knows their edition again once it is promoted`() async throws {
        let zones = try ZoneFolder("2025b", changingAt: Self.change)
        let hospital = try await Hospital { $0.zoneTables = zones.tables }
        let standby = try await Standby(of: hospital) { $0.zoneTables = zones.tables }
        _ = try await Self.put(hospital.engine, name: "A")
        try await standby.catchUp()
        #expect(standby.engine.zoneStanding()?.kept == "2025b")
        try zones.write("2027a", hours: 9)
        _ = try await Self.put(hospital.engine, fromTables: true)
        try await standby.catchUp()
        #expect(standby.engine.zoneStanding()?.kept == nil)
        _ = try await standby.engine.promote()
        #expect(standby.engine.zoneStanding()?.kept == "2027a")
        #expect(standby.engine.zoneStanding()?.sentence == nil)
        await standby.engine.stop()
        await hospital.engine.stop()
    }

    @Test func `a difference is told once by the look that finds it, and once more at a promotion`() async throws {
        let zones = try ZoneFolder("2025b", changingAt: Self.change)
        let told = NIOLockedValueBox<[String?]>([])
        func tell(_ configuration: inout EngineConfiguration) {
            configuration.zoneTables = zones.tables
            configuration.news = { news in
                if case .zoneDiffers(let standing) = news { told.withLockedValue { $0.append(standing.tables) } }
            }
        }
        let hospital = try await Hospital()
        try zones.write("2027a", hours: 9)
        let standby = try await Standby(of: hospital, change: tell)
        #expect(told.withLockedValue { $0 }.isEmpty)
        await standby.engine.lookAtZone()
        await standby.engine.lookAtZone()
        #expect(told.withLockedValue { $0 } == ["2027a"])
        try zones.write("2027b", hours: 7)
        await standby.engine.lookAtZone()
        #expect(told.withLockedValue { $0 } == ["2027a", "2027b"])
        _ = try await standby.engine.promote()
        #expect(told.withLockedValue { $0 } == ["2027a", "2027b", "2027b"])
        await standby.engine.stop()
        await hospital.engine.stop()
    }

    @Test func `a session across the change is moved from the first slot to come that lies behind it`() async throws {
        let zones = try ZoneFolder("2025b", changingAt: Self.change)
        let hospital = try await Hospital { $0.zoneTables = zones.tables }
        // It began an hour ago, and the change comes in its middle.
        let across = try await hospital.open("li", at: "07:00", capacities: [UInt32](repeating: 1, count: 36))
        _ = try await hospital.open("ct", at: "09:00", capacities: [UInt32](repeating: 1, count: 12))
        let later = try await hospital.open("ct", day: 1, at: "08:00", capacities: [1])
        try zones.write("2027a", hours: 9)
        await hospital.engine.lookAtZone()
        let standing = try #require(hospital.engine.zoneStanding())
        #expect(standing.movedCount == 2 && standing.moved.map(\.session) == [across, later])
        #expect(standing.moved[0].from == Hospital.morning.advanced(milliseconds: 3 * 3_600_000))
        #expect(standing.moved[0].keptOffset == 28_800 && standing.moved[0].tableOffset == 32_400)
        let sentence = try #require(standing.sentence)
        #expect(sentence.contains("2 open sessions among them: \(across) (2026-03-02 11:00, by the tables 12:00)"))
        #expect(sentence.contains("\(later) (2026-03-03 08:00, by the tables 09:00); look at"))
        await hospital.engine.stop()
    }

    @Test func `another zone's table is compared without becoming the hospital's`() async throws {
        let zones = try ZoneFolder("2025b", changingAt: Self.change)
        let hospital = try await Hospital { $0.zoneTables = zones.tables }
        for hour in 10..<15 { _ = try await hospital.open("li", at: "\(hour):00", capacities: [1]) }
        let other = try #require(hospital.engine.zoneStanding(against: "UTC"))
        #expect(other.zone == "Asia/Shanghai" && other.differsOn == Hospital.today && other.movedCount == 5)
        #expect(other.sentence?.contains(", and 2 more; look at") == true)
        #expect(hospital.engine.zoneStanding(against: "Asia/Tokyo")?.trouble?.contains("Asia/Tokyo") == true)
        #expect(hospital.engine.zoneStanding()?.sentence == nil)
        await hospital.engine.stop()
    }
}
