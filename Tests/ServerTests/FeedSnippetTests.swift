import HaoyuanClient
import HaoyuanTesting
import Testing

/// The example of docs/reference/events.md, compiled here and run against a real server. HouseTests holds the page to
/// the lines between the marks.
@Suite struct FeedSnippetTests {
    // snippet: begin
    /// A mirror of one session's appointments, kept by a reader of the feed with a name.
    struct Mirror {
        let client: HaoyuanClient
        let session: SessionID
        var pages: ChangePages.Iterator
        var entries: [AppointmentID: (version: UInt32, state: AppointmentState)] = [:]

        /// Subscribes first, and reads then: nothing between the two is missed.
        init(_ client: HaoyuanClient, of session: SessionID) async throws {
            (self.client, self.session) = (client, session)
            pages = client.changePages(named: "mirror", from: .now).makeAsyncIterator()
            _ = try await pages.begin()
            for appointment in try await client.appointments(in: session) {
                entries[appointment.id] = (appointment.version, appointment.state)
            }
        }

        /// Applies the events up to a position; what the reading included changes nothing.
        mutating func follow(until end: Position) async throws {
            while let page = try await pages.next() {
                for event in page.events {
                    guard let id = event.appointment, let state = event.state, let version = event.version else {
                        continue
                    }
                    if let old = event.movedFrom, old.session == session { entries[old]?.state = .moved }
                    guard id.session == session, version > entries[id]?.version ?? 0 else { continue }
                    entries[id] = (version, state)
                }
                try await client.confirm(page, of: "mirror")  // when what came of it is stored
                if page.through >= end { return }
            }
        }
    }
    // snippet: end

    @Test
    func `the mirror that begins anew has what the server has`() async throws {
        try await TestServer.run { server in
            let client = server.client()
            let service = ServiceID(rawValue: 1)
            func book(_ person: String) async throws -> AppointmentID {
                let registered = try await client.registerPatients([[Identifier(system: "id", value: person)]])[0]
                var patient: PatientID?
                if case .created(let new) = registered { patient = new }
                let free = try #require(try await client.nextFreeSlot(service: service))
                let outcome = try await client.book(
                    patient: try #require(patient), slot: free.slot, service: service, key: .random())
                return try #require(outcome.receipt).appointment
            }
            let first = try await book("1")
            var mirror = try await Mirror(client, of: first.session)
            _ = try await book("2")
            let last = try #require(try await client.cancel(first, key: .random()).receipt).position
            try await mirror.follow(until: last)
            let now = try await client.appointments(in: first.session)
            #expect(
                mirror.entries.mapValues(\.state) == Dictionary(uniqueKeysWithValues: now.map { ($0.id, $0.state) }))
            #expect(mirror.entries[first]?.state == .cancelled)
            #expect(try await client.feedReaders().map(\.name) == ["mirror"])
        }
    }
}
