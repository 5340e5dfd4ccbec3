import Foundation
import Testing

/// A government changes its clocks while a hospital has sessions: tables of a test's own, named by `TZDIR`.
@Suite struct `Zone tables of the machine` {
    private static let hospital = """
        hospital: {name: H, time_zone: Asia/Shanghai}
        departments: [{code: d1, name: D}]
        services: [{code: s1, name: S}]
        pools: [{code: p1, name: P, department: d1, services: [s1]}]
        templates: [{code: t1, pool: p1, start: "08:00", slot_minutes: 15, slots: 4}]
        """

    /// A table in TZif: one offset until a moment, another from then on.
    private static func table(_ first: Int32, until second: Int64, then later: Int32) -> Data {
        func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
            withUnsafeBytes(of: number.bigEndian) { Array($0) }
        }
        func header(times: UInt32, types: UInt32) -> [UInt8] {
            Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
                + [0, 0, 0, times, types, 4].flatMap { bytes($0 as UInt32) }
        }
        let kinds = bytes(first) + [0, 0] + bytes(later) + [0, 0]
        let name = Array("LCL".utf8) + [0]
        let block = bytes(second) + [1] + kinds + name
        let empty = bytes(first) + [0, 0] + name
        let footer = "\n<LCL>-\(later / 3_600)\n"
        return Data(header(times: 0, types: 1) + empty + header(times: 1, types: 2) + block + Array(footer.utf8))
    }

    /// Puts tables of an edition into the folder: Shanghai at UTC+8 until 2028, at another time from then on.
    private static func write(_ folder: Folder, edition: String, hoursAfter2028 hours: Int32) throws {
        let path = folder.path + "/zones"
        try FileManager.default.createDirectory(atPath: path + "/Asia", withIntermediateDirectories: true)
        try table(28_800, until: 1_830_268_800, then: hours * 3_600).write(
            to: URL(fileURLWithPath: path + "/Asia/Shanghai"))
        try table(0, until: 1_830_268_800, then: 0).write(to: URL(fileURLWithPath: path + "/UTC"))
        try Data("# version \(edition)\n".utf8).write(to: URL(fileURLWithPath: path + "/tzdata.zi"))
    }

    @Test
    func `a hospital keeps its rules when the tables change, is told what that moves, and takes them over when asked`()
        async throws
    {
        let folder = try Folder()
        defer { folder.remove() }
        let tables = ["TZDIR": folder.path + "/zones"]
        try Self.write(folder, edition: "2025b", hoursAfter2028: 8)
        var server = try await ServerProcess.start(in: folder, environment: tables)
        func ask(_ arguments: String...) async throws -> Finished { try await ask(arguments) }
        func ask(_ arguments: [String]) async throws -> Finished {
            try await Binary.run(
                arguments, environment: tables.merging(["HAOYUAN_ADDRESS": "127.0.0.1:\(server.port)"]) { $1 })
        }
        #expect(try await ask("zones").status == 64)
        let file = try folder.file("hospital.yaml", Self.hospital)
        #expect(try await ask("import", file).status == 0)
        #expect(try await ask("sessions", "generate", "--from", "2030-05-01", "--to", "2030-05-02").status == 0)
        let calm = try await ask("zones", "--json")
        #expect(calm.status == 0)
        #expect(try calm.object()["tables"] as? String == "2025b")
        #expect(try calm.object()["rules"] as? String == "2025b")
        #expect(await server.end() == 0)

        try Self.write(folder, edition: "2027a", hoursAfter2028: 9)
        server = try await ServerProcess.start(in: folder, environment: tables)
        let differing = try await ask("zones", "--json")
        #expect(differing.status == 1)
        let zones = try differing.object()
        #expect(zones["differs_from"] as? String == "2027-12-31T16:00:00.000Z")
        #expect(zones["moved_sessions"] as? Int == 2)
        let moved = try #require((zones["moved"] as? [[String: Any]])?.first)
        #expect(moved["by_rules"] as? String == "2030-05-01T08:00:00.000+08:00")
        #expect(moved["by_tables"] as? String == "2030-05-01T09:00:00.000+09:00")
        #expect(try await ask("status").output.contains("2027a"))
        // Commands show by the hospital's rules, whatever tables their machine has, or none.
        let day = ["slots", "--service", "s1", "--day", "2030-05-01", "--limit", "1", "--json"]
        let kept = try await ask(day)
        #expect(kept.output.contains("2030-05-01T08:00:00.000+08:00"), "\(kept.output)")
        let bare = try await Binary.run(
            day, environment: ["TZDIR": "/nowhere", "HAOYUAN_ADDRESS": "127.0.0.1:\(server.port)"])
        #expect(bare.output == kept.output, "\(bare.complaints)")
        // A roster that comes again changes nothing of them.
        #expect(try await ask("import", file).output.contains("0 changed"))
        #expect(try await ask("zones").status == 1)

        #expect(try await ask("zones", "apply").output.contains("2 sessions"))
        #expect(try await ask("zones", "apply").output.contains("already"))
        #expect(try await ask("zones").status == 0)
        #expect(try await ask("sessions", "generate", "--from", "2030-05-03", "--to", "2030-05-03").status == 0)
        let slots = try await ask("slots", "--service", "s1", "--day", "2030-05-03", "--limit", "1", "--json")
        #expect(slots.output.contains("2030-05-03T08:00:00.000+09:00"), "\(slots.output)")
        let old = try await ask("slots", "--service", "s1", "--day", "2030-05-01", "--limit", "1", "--json")
        #expect(old.output.contains("2030-05-01T09:00:00.000+09:00"), "\(old.output)")
        #expect(await server.end() == 0)
        // Its start told so; by its end the log is written.
        #expect(server.log.contains("2027a") && server.log.contains("2 open sessions"))
        #expect(server.log.contains("(2030-05-01 08:00, by the tables 09:00)"))
    }

    @Test
    func `an import that gives the hospital another zone names the sessions that show another time of day`()
        async throws
    {
        try await withServer([]) { server in
            let file = try server.folder.file("hospital.yaml", Self.hospital)
            #expect(try await server.ask("import", file).status == 0)
            #expect(
                try await server.ask("sessions", "generate", "--from", "2030-05-01", "--to", "2030-05-02").status == 0)
            let moved = try server.folder.file(
                "moved.yaml", Self.hospital.replacingOccurrences(of: "Asia/Shanghai", with: "Asia/Tokyo"))
            let finished = try await server.ask("import", moved)
            #expect(finished.status == 0)
            #expect(finished.output.contains("2 sessions to come stay"), "\(finished.output)")
            #expect(finished.output.contains("2030-05-01T08:00:00.000+08:00"))
            #expect(finished.output.contains("2030-05-01T09:00:00.000+09:00"))
            #expect(try await server.ask("import", moved).output.split(separator: "\n").count == 1)
        }
    }

    @Test
    func `a machine without tables says what to install, and a damaged one which file`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let tables = ["TZDIR": folder.path + "/zones"]
        let server = try await ServerProcess.start(in: folder, environment: tables)
        let file = try folder.file("hospital.yaml", Self.hospital)
        let none = try await server.ask("import", file)
        #expect(none.status == 64 && none.complaints.contains("tzdata"), "\(none.complaints)")
        try Self.write(folder, edition: "2025b", hoursAfter2028: 8)
        #expect(try await server.ask("import", file).status == 0)
        _ = try folder.file("zones/Asia/Shanghai", "TZif2 and no more")
        // The hospital keeps its zone, so nothing of the tables is needed.
        #expect(try await server.ask("import", file).status == 0)
        let damaged = try await server.ask("zones", "apply")
        #expect(damaged.status == 64 && damaged.complaints.contains("zones/Asia/Shanghai"), "\(damaged.complaints)")
        #expect(damaged.complaints.contains("--reinstall tzdata"))
        #expect(await server.end() == 0)
        // A start goes on by what is kept, and says so.
        let again = try await ServerProcess.start(in: folder, environment: tables)
        #expect(try await again.ask("zones").status == 1)
        #expect(await again.end() == 0)
        #expect(again.log.contains("zones/Asia/Shanghai"))
    }
}
