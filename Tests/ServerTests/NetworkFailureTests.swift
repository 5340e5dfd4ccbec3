import NIOConcurrencyHelpers
import NIOPosix
import Server
import Testing

@testable import HaoyuanClient

@Suite struct `When the network fails` {
    @Test func `a write whose answer was lost is repeated under its key, and applied once`() async throws {
        try await withHospital { served in
            let hospital = KnownHospital(hospital: served)
            let breaker = try await Breaker.to(port: served.port)
            let waits = NIOLockedValueBox<[Duration]>([])
            let client = hospital.client(port: breaker.port, waits: waits)
            breaker.cutNext(3)
            let outcome = try await client.book(
                patient: hospital.patient(0), slot: hospital.slot(0), service: hospital.service, key: .random())
            let receipt = try #require(outcome.receipt)
            #expect(receipt.isRepetition && receipt.number == 1)
            #expect(waits.withLockedValue { $0 } == [.milliseconds(20), .milliseconds(40), .milliseconds(80)])
            #expect(breaker.connections == 4)
            #expect(try await client.appointments(of: hospital.patient(0)).count == 1)
            client.close()
            await breaker.close()
        }
    }

    @Test func `a reading is repeated, a write without a key is not`() async throws {
        try await withHospital { served in
            let hospital = KnownHospital(hospital: served)
            let breaker = try await Breaker.to(port: served.port)
            let client = hospital.client(port: breaker.port)
            breaker.cutNext(1)
            #expect(try await client.status().counts.patients == 200)
            breaker.cutNext(1)
            await #expect {
                try await client.putCatalogue(Catalogue(departments: [.init(code: "X", name: "X")]))
            } throws: { error in
                guard let error = error as? HaoyuanError else { return false }
                return error.code == .connectionLost && error.mayHaveBeenApplied && error.isRetryable
            }
            client.close()
            await breaker.close()
        }
    }

    @Test func `a server that cannot be reached fails within the deadline, unapplied`() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let port = try await closedPort()
        var configuration = ClientConfiguration(addresses: [.init(host: "127.0.0.1", port: port)], channel: .app)
        let clock = NIOLockedValueBox<UInt64>(0)
        let time = TimeSource(
            now: { clock.withLockedValue { $0 } }, sleep: { wait in clock.withLockedValue { $0 += wait.nanoseconds } },
            random: { 0 })
        configuration.requestTimeout = .seconds(3_600)
        let client = HaoyuanClient(configuration, group: group, time: time)
        await #expect { try await client.catalogue() } throws: { error in
            guard let error = error as? HaoyuanError else { return false }
            return error.code == .connectionFailed && error.isRetryable && !error.mayHaveBeenApplied
        }
        // An hour of tries went by at once.
        #expect(clock.withLockedValue { $0 } > 3_590_000_000_000)
        client.close()
    }

    @Test func `the next address is tried when one does not answer`() async throws {
        try await withHospital { served in
            let hospital = KnownHospital(hospital: served)
            let port = try await closedPort()
            let client = hospital.client { $0.addresses.insert(.init(host: "127.0.0.1", port: port), at: 0) }
            #expect(try await client.status().counts.patients == 200)
            client.close()
        }
    }

    @Test func `a server that stops is left for the next without losing a write`() async throws {
        try await withHospital { served in
            let hospital = KnownHospital(hospital: served)
            let second = try await ServedHospital.serve(served.engine)
            let client = hospital.client {
                $0.addresses.append(.init(host: "127.0.0.1", port: second.port))
            }
            _ = try await client.status()
            let bookings = Task {
                var done = 0
                for index in 0..<200 {
                    let outcome = try await client.book(
                        patient: hospital.patient(index), slot: hospital.slot(UInt16(index / 100)),
                        service: hospital.service, key: .random())
                    if outcome.receipt != nil { done += 1 }
                }
                return done
            }
            await served.server.stop(reason: "upgrade")
            #expect(try await bookings.value == 200)
            client.close()
            await second.stop(reason: "the test is over")
        }
    }

    @Test func `a deadline ends the waiting, and the key tells what became of the write`() async throws {
        try await withHospital { served in
            let hospital = KnownHospital(hospital: served)
            let client = hospital.client()
            _ = try await client.status()
            served.disk.shut()
            let key = IdempotencyKey.random()
            await #expect {
                try await client.book(
                    patient: hospital.patient(0), slot: hospital.slot(0), service: hospital.service, key: key,
                    options: .init(timeout: .milliseconds(5)))
            } throws: { error in
                guard let error = error as? HaoyuanError else { return false }
                return error.code == .deadlineExceeded && error.mayHaveBeenApplied
            }
            served.disk.open()
            let outcome = try await client.book(
                patient: hospital.patient(0), slot: hospital.slot(0), service: hospital.service, key: key)
            #expect(outcome.receipt?.isRepetition == true)
            client.close()
        }
    }

    @Test func `a cancelled task waits no longer`() async throws {
        try await withHospital { served in
            let hospital = KnownHospital(hospital: served)
            let client = hospital.client()
            _ = try await client.status()
            served.disk.shut()
            let booking = Task { () -> HaoyuanError.Code? in
                do {
                    _ = try await client.book(
                        patient: hospital.patient(0), slot: hospital.slot(0), service: hospital.service, key: .random())
                    return nil
                } catch {
                    return (error as? HaoyuanError)?.code
                }
            }
            booking.cancel()
            #expect(await booking.value == .cancelled)
            served.disk.open()
            client.close()
        }
    }

    @Test func `wrong credentials are not tried again`() async throws {
        try await withHospital({ $0.credential = "sesame" }) { served in
            let waits = NIOLockedValueBox<[Duration]>([])
            let hospital = KnownHospital(hospital: served)
            let client = hospital.client(waits: waits) { $0.credential = "sesamf" }
            await #expect { try await client.status() } throws: { ($0 as? HaoyuanError)?.code == .unauthenticated }
            #expect(waits.withLockedValue { $0 }.isEmpty)
            client.close()
            let right = hospital.client { $0.credential = "sesame" }
            let status = try await right.status()
            #expect(status.connections == 1)
            right.close()
        }
    }
}
