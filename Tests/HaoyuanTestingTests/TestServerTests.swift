import Foundation
import HaoyuanClient
import Testing

@testable import HaoyuanTesting

@Suite struct TestServerTests {
    /// A patient and the next free slot of the sample hospital's experts.
    private func wish(_ client: HaoyuanClient) async throws -> (PatientID, SlotID, ServiceID) {
        let services = try await client.catalogue().catalogue.services
        let expert = try #require(services.first { $0.code == "expert" }).id
        let free = try #require(try await client.nextFreeSlot(service: expert)).slot
        let person = Identifier(system: "id", value: "110101199003071234")
        return (try #require(try await client.registerPatients([[person]])[0].patient), free, expert)
    }

    @Test func `the sample hospital has sessions from the clock's day on`() async throws {
        // Sunday, 28 February 2027, 16:00 UTC: already Monday in the hospital.
        let moment = Instant(milliseconds: 1_803_830_400_000)
        try await TestServer.run(clock: .inHand(at: moment)) { server in
            let client = server.client()
            let status = try await client.status()
            #expect(server.now == moment && status.now == moment)
            let sessions = try await client.sessions(from: "2027-02-01", to: "2027-04-30")
            #expect(sessions.map(\.date).min() == "2027-03-01" && sessions.map(\.date).max() == "2027-03-28")
        }
    }

    @Test func `an empty hospital is empty, and the system's clock goes by itself`() async throws {
        let before = Instant(Date())
        try await TestServer.run(hospital: .empty, clock: .system) { server in
            let client = server.client()
            let status = try await client.status()
            #expect(status.counts.departments == 0 && status.counts.sessions == 0)
            #expect(status.now >= before && server.now >= status.now)
        }
    }

    @Test func `a client has the channel and the configuration that it was made with`() async throws {
        try await TestServer.run { server in
            let client = server.client(channel: .kiosk) { $0.checksums = true }
            #expect(client.configuration.addresses == [server.address] && client.configuration.checksums)
            let (patient, slot, service) = try await wish(client)
            _ = try await client.book(patient: patient, slot: slot, service: service, key: .random())
            #expect(try await client.appointments(of: patient).map(\.channel) == [.kiosk])
        }
    }

    @Test func `two servers side by side know nothing of each other`() async throws {
        try await TestServer.run { first in
            try await TestServer.run { second in
                #expect(first.address != second.address)
                let (one, other) = (first.client(), second.client())
                let (patient, slot, service) = try await wish(one)
                _ = try await one.book(patient: patient, slot: slot, service: service, key: .random())
                #expect(try await one.status().counts.appointments == 1)
                #expect(try await other.status().counts.appointments == 0)
                await first.advance(by: .seconds(60))
                #expect(first.now.milliseconds == second.now.milliseconds + 60_000)
            }
        }
    }

    @Test func `a restart keeps everything, at the same address`() async throws {
        try await TestServer.run { server in
            let client = server.client { $0.backoff = .init(first: .milliseconds(1), longest: .milliseconds(10)) }
            let (patient, slot, service) = try await wish(client)
            let hold = try await client.hold(patient: patient, slot: slot, service: service, key: .random())
            let receipt = try #require(hold.receipt)
            try await server.restart {
                let impatient = RequestOptions(timeout: .milliseconds(50))
                await #expect(throws: HaoyuanError.self) { try await client.status(options: impatient) }
                await server.advance(by: .seconds(60))
            }
            #expect(try await client.appointments([receipt.appointment]).map(\.state) == [.held])
            await server.advance(by: .seconds(15 * 60))
            #expect(try await client.appointments([receipt.appointment]).map(\.state) == [.expired])
        }
    }

    @Test func `what fails while the server is down leaves it down, until it is restarted`() async throws {
        struct Broken: Error {}
        try await TestServer.run(hospital: .empty) { server in
            await #expect(throws: Broken.self) { try await server.restart { throw Broken() } }
            try await server.restart()
            #expect(try await server.client().status().isAcceptingWrites)
        }
    }

    @Test func `its end removes the folder, however the test ends`() async throws {
        struct Broken: Error {}
        let server = try await TestServer.start(hospital: .empty)
        #expect(FileManager.default.fileExists(atPath: "\(server.folder)/data.mdb"))
        await server.stop()
        await server.stop()
        #expect(!FileManager.default.fileExists(atPath: server.folder))
        var folder = ""
        await #expect(throws: Broken.self) {
            try await TestServer.run(hospital: .empty) { server in
                folder = server.folder
                throw Broken()
            }
        }
        #expect(!folder.isEmpty && !FileManager.default.fileExists(atPath: folder))
    }
}
