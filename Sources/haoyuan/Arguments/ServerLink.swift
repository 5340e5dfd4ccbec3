import HaoyuanClient
import Hosting
import Terminal

/// A command's line to the server: the client, and what names mean there.
struct ServerLink {
    let client: HaoyuanClient
    private let address: String

    /// How long a server that does not answer is waited for before it counts as unreachable: long enough for a
    /// restart's gap, short enough for a person.
    private static let patience = Duration.seconds(1)

    /// Connects, and ends the connection when the body is done. Errors of the client come out as failures of the
    /// command.
    static func with<Value>(
        _ options: ConnectionOptions, key: KeyArgument? = nil, _ body: (ServerLink) async throws -> Value
    ) async throws -> Value {
        let addresses = try options.addresses()
        let link = ServerLink(
            client: HaoyuanClient(try options.configuration()),
            address: addresses.map(\.description).joined(separator: " or "))
        // Among several the primary must be found, perhaps while it changes.
        let patience = addresses.count > 1 ? options.timeout.duration : Self.patience
        defer { link.client.close() }
        do {
            try await link.greet(within: min(patience, options.timeout.duration))
            return try await body(link)
        } catch let error as HaoyuanError {
            throw link.failure(error, key: key)
        }
    }

    /// The first request, with little patience: nobody wants to wait ten seconds to hear that nothing listens.
    private func greet(within patience: Duration) async throws {
        do {
            _ = try await client.status(options: RequestOptions(timeout: patience))
        } catch {
            // Somebody may be there and busy; the request itself has its own patience.
            if error.code != .deadlineExceeded, error.code != .overloaded { throw error }
        }
    }

    func failure(_ error: HaoyuanError, key: KeyArgument? = nil) -> CommandFailure {
        guard error.code == .connectionFailed else { return CommandFailure(error, key: key?.description) }
        return CommandFailure(
            .unavailable, "no server answers at \(address)",
            remedy: "start one with haoyuan serve, or name another with --server")
    }

    /// Everything that has a name, as the server knows it now.
    func names() async throws -> HospitalNames { try HospitalNames(try await client.catalogue().catalogue) }

    /// The patient's id.
    /// - Parameter registering: register the patient when the identifier is unknown.
    func patient(_ argument: PatientArgument, registering: Bool = false) async throws -> PatientID {
        switch argument {
        case .id(let id): return id
        case .identifier(let identifier):
            if let known = try await client.findPatients([identifier])[0] { return known }
            let text = "\(identifier.system)|\(identifier.value)"
            guard registering else {
                throw CommandFailure.usage(
                    "there is no patient ‘\(text)’", remedy: "register first: haoyuan patients register '\(text)'")
            }
            return try await register(identifier)
        }
    }

    private func register(_ identifier: Identifier) async throws -> PatientID {
        switch try await client.registerPatients([[identifier]])[0] {
        case .created(let patient), .known(let patient): return patient
        case .failed(let problem): throw CommandFailure.usage(problem)
        }
    }
}

extension HospitalNames {
    /// The day that a person meant. Days told from today are counted in the hospital's zone, by the server's clock.
    func day(_ argument: DayArgument, _ link: ServerLink) async throws -> LocalDate {
        LocalDate(try await argument.day(clock) { try await link.client.status().now.milliseconds })
    }
}
