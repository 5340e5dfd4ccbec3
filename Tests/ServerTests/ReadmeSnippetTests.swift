import HaoyuanClient
import HaoyuanTesting
import Testing

/// The README's example, compiled here and run against a real server. HouseTests holds the README to the lines between
/// the marks.
@Suite struct ReadmeSnippetTests {
    // snippet: begin
    /// Books the next free slot of a service for a person: hold, take the money, confirm.
    func bookNext(_ client: HaoyuanClient, person: Identifier, service: ServiceID) async throws -> Receipt? {
        guard case .created(let patient) = try await client.registerPatients([[person]])[0],
            let free = try await client.nextFreeSlot(service: service)
        else { return nil }
        let key = IdempotencyKey.random()  // store it before sending: the same key later means the same write
        switch try await client.hold(patient: patient, slot: free.slot, service: service, key: key) {
        case .refused(let refusal):
            print("refused by \(refusal.rule), policy version \(refusal.policyVersion)")
            return nil
        case .done(let hold):
            // … the payment goes here; the hold waits until hold.holdUntil …
            return try await client.confirm(hold.appointment, key: .random()).receipt
        }
    }
    // snippet: end

    @Test
    func `the README's example books a slot`() async throws {
        try await TestServer.run { server in
            let person = Identifier(system: "id", value: "110101199003071234")
            let receipt = try await bookNext(server.client(), person: person, service: ServiceID(rawValue: 1))
            #expect(receipt?.state == .booked)
        }
    }
}
