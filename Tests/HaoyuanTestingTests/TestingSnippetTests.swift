import HaoyuanClient
import HaoyuanTesting
import Testing

/// The example of docs/coding/testing.md and of `TestServer`, compiled here and run. HouseTests holds both to the lines
/// between the marks.
@Suite struct TestingSnippetTests {
    // snippet: begin
    @Test func `a hold that is not confirmed in time gives its slot back`() async throws {
        try await TestServer.run { server in
            let client = server.client(channel: .miniProgram)
            let services = try await client.catalogue().catalogue.services
            let expert = try #require(services.first { $0.code == "expert" }).id
            let free = try #require(try await client.nextFreeSlot(service: expert)).slot
            let person = Identifier(system: "id", value: "110101199003071234")
            let patient = try #require(try await client.registerPatients([[person]])[0].patient)
            let hold = try await client.hold(patient: patient, slot: free, service: expert, key: .random())
            #expect(hold.receipt?.state == .held)

            await server.advance(by: .seconds(16 * 60))  // the sample hospital waits 15 minutes

            #expect(try await client.appointments(of: patient).map(\.state) == [.expired])
            #expect(try await client.nextFreeSlot(service: expert) != nil)
        }
    }
    // snippet: end
}
