import HaoyuanClient
import Terminal

/// A hospital to try things on: invented, but of the shape of a real one.
package enum SampleHospital {
    /// Sessions are opened for so many days, today included.
    private static let days: Int32 = 28

    /// Brings it into a server that has no hospital yet, with four weeks of sessions. A start that was cut off between
    /// the two is made good; any other hospital is left alone.
    package static func load(port: Int, host: String, credential: String?) async throws {
        var configuration = ClientConfiguration(
            addresses: [.init(host: reachable(host), port: port)], channel: .window, operatorName: "sample")
        configuration.clientName = Version.text
        configuration.credential = credential ?? ""
        configuration.connections = 1
        // A start takes the time it takes, on a machine that has much else to do, too.
        configuration.requestTimeout = .seconds(600)
        configuration.connectTimeout = .seconds(300)
        let client = HaoyuanClient(configuration)
        defer { client.close() }
        do {
            let sample = try HospitalSource.parse(yaml: text, name: "the sample hospital")
            let known = try await client.catalogue().catalogue
            let status = try await client.status()
            guard known.departments.isEmpty || (known.hospital == sample.hospital && status.counts.sessions == 0) else {
                return
            }
            _ = try await client.putCatalogue(sample)
            let names = try HospitalNames(try await client.catalogue().catalogue)
            let now = status.now.milliseconds
            _ = try await client.generateSessions(
                from: LocalDate(names.clock.day(now)), to: LocalDate(names.clock.day(now, plus: days - 1)))
        } catch let error as HaoyuanError {
            throw CommandFailure(.internal, "the sample hospital was not taken: \(error.message)")
        }
    }

    /// An address that listens for everybody is reached on this machine.
    private static func reachable(_ host: String) -> String {
        switch host {
        case "0.0.0.0": "127.0.0.1"
        case "::", "[::]": "::1"
        default: host
        }
    }
}
