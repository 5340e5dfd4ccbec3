import NIOPosix
import Server
import Testing
import Wire

@testable import HaoyuanClient

@Suite struct `The load connection` {
    @Test(arguments: [1, 100])
    func `counts what became of every booking`(perFrame: Int) async throws {
        try await withHospital { served in
            let (patients, slots) = (served.patientNumbers, (0..<10).map { served.slotNumber($0) })
            let service = served.clinicNumber
            let configuration = served.clientConfiguration()
            let summary = try await LoadConnection.run(
                to: configuration.addresses[0], configuration, on: MultiThreadedEventLoopGroup.singleton.next(),
                depth: 8
            ) {
                var index = 0
                return BookingLoad(perFrame: perFrame) { booking in
                    guard index < 1_050 else { return false }
                    booking.keyLow = UInt64(index % 1_000) + 1
                    booking.patient = patients[index % 200]
                    booking.slot = slots[index % 1_000 / 200 * 2]
                    booking.service = service
                    index += 1
                    return true
                }
            }
            // Five slots of a hundred units, asked for by two hundred patients each; fifty keys come twice.
            #expect(summary.done + summary.refused == 1_050 && summary.failed == 0 && summary.repeated == 50)
            #expect(summary.done >= 500 && summary.done <= 550)
            #expect(summary.latencies.count == UInt64((1_050 + perFrame - 1) / perFrame))
            #expect(summary.latencies.percentile(50) <= summary.latencies.longest)
        }
    }

    @Test func `says what a server does not take`() async throws {
        try await withHospital({ $0.credential = "sesame" }) { served in
            let configuration = served.clientConfiguration()
            await #expect {
                try await LoadConnection.run(
                    to: configuration.addresses[0], configuration, on: MultiThreadedEventLoopGroup.singleton.next(),
                    depth: 1
                ) { BookingLoad(perFrame: 1) { _ in false } }
            } throws: { ($0 as? HaoyuanError)?.code == .unauthenticated }
        }
    }

    @Test func `percentiles are at most a quarter too high`() {
        var histogram = LatencyHistogram()
        #expect(histogram.percentile(99) == 0)
        for value in 1...1_000 as ClosedRange<UInt64> { histogram.add(value * 1_000) }
        var sum = LatencyHistogram()
        sum.add(histogram)
        sum.add(histogram)
        #expect(sum.count == 2_000 && sum.longest == 1_000_000)
        for percent in [1.0, 50, 90, 99, 100] {
            let exact = max(1_000, percent * 10_000)
            let told = Double(sum.percentile(percent))
            #expect(told >= exact && told <= exact * 1.25)
        }
    }
}
