import Testing

@testable import HaoyuanClient

@Suite struct `The client's change feed` {
    @Test func `it goes on where it was when its connection breaks`() async throws {
        try await withClient { writer, hospital in
            let breaker = try await Breaker.to(port: hospital.port)
            let reader = hospital.client(port: breaker.port)
            var feed = reader.changes(after: Position(rawValue: 0)).makeAsyncIterator()
            var last = Position(rawValue: 0)
            for round in 0..<5 {
                let outcome = try await writer.book(
                    patient: hospital.patient(round), slot: hospital.slot(0), service: hospital.service, key: .random())
                let receipt = try #require(outcome.receipt)
                while last < receipt.position {
                    let event = try #require(try await feed.next())
                    // Without gaps: everything in this journal is one event at one position.
                    #expect(event.position.rawValue == last.rawValue + 1)
                    last = event.position
                    if event.position == receipt.position {
                        #expect(event.kind == .booked && event.appointment == receipt.appointment)
                    }
                }
                breaker.cutAll()
            }
            #expect(breaker.connections >= 5)
            reader.close()
            await breaker.close()
        }
    }

    @Test func `from now on means from the first moment, whatever breaks later`() async throws {
        try await withClient { client, hospital in
            let start = try await client.status().durablePosition
            let pages = Task { () -> ChangePage? in
                for try await page in client.changePages() where !page.events.isEmpty { return page }
                return nil
            }
            // Whether the subscription or the booking comes first is open, so book until the feed has seen one.
            let bookings = Task {
                for index in 0..<200 where !Task.isCancelled {
                    _ = try await client.book(
                        patient: hospital.patient(index), slot: hospital.slot(UInt16(index / 100)),
                        service: hospital.service, key: .random())
                }
            }
            let page = try #require(try await pages.value)
            bookings.cancel()
            #expect(page.events.allSatisfy { $0.kind == .booked && $0.position > start })
            #expect(page.through >= page.events.last?.position ?? start)
            _ = await bookings.result
        }
    }

    @Test func `a cancelled task ends it without an error`() async throws {
        try await withClient { client, _ in
            let feed = Task {
                var count = 0
                for try await _ in client.changes() { count += 1 }
                return count
            }
            feed.cancel()
            let count = try await feed.value
            #expect(count == 0)
        }
    }

    @Test func `a closed client ends it with an error`() async throws {
        try await withClient { client, _ in
            let feed = Task {
                for try await _ in client.changes(after: Position(rawValue: 0)) { client.close() }
            }
            await #expect { try await feed.value } throws: { ($0 as? HaoyuanError)?.code == .clientClosed }
        }
    }

    @Test func `a position that cannot be is an error`() async throws {
        try await withClient { client, _ in
            var feed = client.changes(after: Position(rawValue: 1 << 40)).makeAsyncIterator()
            await #expect { try await feed.next() } throws: { ($0 as? HaoyuanError)?.code == .invalidArgument }
        }
    }

    @Test func `a named reader resumes behind what it has confirmed, and is listed and dropped`() async throws {
        try await withClient { client, hospital in
            func book(_ patient: Int) async throws -> Position {
                let outcome = try await client.book(
                    patient: hospital.patient(patient), slot: hospital.slot(0), service: hospital.service,
                    key: .random())
                return try #require(outcome.receipt).position
            }
            var first = client.changePages(named: "sms", from: .oldest).makeAsyncIterator()
            let one = try await book(0)
            var page = try #require(try await first.next())
            while page.through < one { page = try #require(try await first.next()) }
            try await client.confirm(page, of: "sms")
            #expect(first.isOfNewName && page.settled >= page.through)
            let two = try await book(1)

            // It has stored what this log never told.
            let ahead = FeedPlace(position: Position(rawValue: 1 << 40), epoch: page.epoch)
            var astray = client.changePages(named: "sms", stored: ahead).makeAsyncIterator()
            await #expect { try await astray.next() } throws: { ($0 as? HaoyuanError)?.code == .invalidArgument }
            var again = client.changePages(named: "sms", stored: page.place).makeAsyncIterator()
            var told: [Position] = []
            while told.last ?? page.through < two {
                told += try #require(try await again.next()).events.map(\.position)
            }
            #expect(told.first.map { $0 > page.through } ?? false && told.contains(two))
            #expect(!again.isOfNewName)
            let reader = try #require(try await client.feedReaders().first)
            #expect(reader.name == "sms" && reader.confirmed == page.through && reader.behindRecords > 0)
            try await client.dropFeedReader("sms")
            #expect(try await client.feedReaders().isEmpty)
            var anew = client.changePages(named: "sms").makeAsyncIterator()
            #expect(try await anew.begin() != nil && anew.isOfNewName)
            try await client.dropFeedReader("sms")
            await #expect { try await client.confirm(page, of: "sms") } throws: {
                ($0 as? HaoyuanError)?.code == .notFound
            }
        }
    }
}
