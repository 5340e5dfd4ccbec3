import Foundation
import Testing

/// `haoyuan sessions stop` and `resume`, as an operator types them.
@Suite struct `Stopping a session at the command line` {
    private static let hospital = """
        hospital: {name: 人民医院, time_zone: Asia/Shanghai}
        departments: [{code: CARD, name: 心内科}]
        services: [{code: visit, name: 门诊, kind: clinic}]
        pools: [{code: li, name: 李医师, department: CARD, services: [visit]}]
        templates:
          - {code: morning, pool: li, start: "08:00", slot_minutes: 10, slots: 6, capacity: 1}
        """

    @Test func `it shows who is concerned, changes nothing without --yes, and sells again`() async throws {
        try await withServer([]) { server in
            let file = try server.folder.file("hospital.yaml", Self.hospital)
            _ = try await server.object("import", file, "--until", "+2")
            _ = try await server.object("patients", "register", "urn:id|1")
            let found = try await server.object("slots", "--service", "visit", "--from", "+1", "--limit", "1")
            let slot = try #require((found["slots"] as? [[String: Any]])?.first?["place"] as? String)
            let session = slot.split(separator: "/").dropLast().joined(separator: "/")
            let booked = try await server.object("book", "--patient", "#1", "--slot", slot)
            #expect(booked["result"] as? String != nil)

            let planned = try await server.ask("sessions", "stop", session, "--reason", "医生病假")
            #expect(planned.status == 1 && planned.complaints.contains("nothing is changed"), "\(planned)")
            #expect(planned.output.contains("停诊 1 人：替诊 0，可改约 1，须电话通知 0；可能退费 1"), "\(planned.output)")
            #expect(
                planned.output.contains("1 appointment: 0 to the substitute, 1 with a next free slot, 0 to be called"))
            #expect(try await server.list("sessions", "list", "--from", "+1").allSatisfy { $0["stop"] is NSNull })

            let stop = ["sessions", "stop", session, "--reason", "医生病假", "--yes", "--json"]
            let stopped = try await server.ask(stop).object()
            #expect(stopped["result"] as? String == "stopped")
            #expect((stopped["stop"] as? [String: Any])?["appointments"] as? Int == 1)
            #expect((stopped["sums"] as? [String: Any])?["rebookable"] as? Int == 1)
            let listed = try await server.ask("sessions", "list", "--from", "+1")
            #expect(listed.output.contains("停诊 医生病假"), "\(listed.output)")

            let again = try await server.ask("sessions", "stop", session, "--reason", "医生病假", "--yes")
            #expect(again.status == 2 && again.complaints.contains("SESSION_STOPPED"), "\(again)")
            let resumed = try await server.ask("sessions", "resume", session)
            #expect(resumed.status == 0 && resumed.output.contains("resumed \(session), stop 1 is over"), "\(resumed)")
            let second = try await server.ask("sessions", "resume", session)
            #expect(second.status == 2 && second.complaints.contains("the session is not stopped"), "\(second)")
        }
    }

    @Test func `what says no reason or no slot is wrong use`() async throws {
        try await withServer([]) { server in
            for (wrong, said) in [
                (["--reason", ""], "--reason is empty"), (["--reason", "x", "--from-slot", "70000"], "0...65535"),
                ([], "--reason"),
            ] {
                let refused = try await server.ask(["sessions", "stop", "1/0"] + wrong)
                #expect(refused.status == 64 && refused.complaints.contains(said), "\(refused.complaints)")
            }
        }
    }
}
