import ArgumentParser
import HaoyuanClient
import Hosting
import Terminal

struct Appointments: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show appointments: by id, of a patient, or of a session.")

    @Option(help: ArgumentHelp("An appointment, by id or place (1/0/1). Repeat it for more.", valueName: "appointment"))
    var id: [AppointmentArgument] = []

    @Option(help: ArgumentHelp("All of this patient, '#17' or 'system|value'.", valueName: "patient"))
    var patient: PatientArgument?

    @Option(help: ArgumentHelp("All of this session, by id or place (1/0).", valueName: "session"))
    var session: SessionArgument?

    @Flag(help: "With --patient: archived ones too.")
    var history = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        let ways = [!id.isEmpty, patient != nil, session != nil].count { $0 }
        guard ways == 1 else { throw ValidationError("say which appointments: one of --id, --patient, --session") }
        try ArgumentList.checkOnce(id.map(\.id.place), "--id")
        if history, patient == nil { throw ValidationError("--history goes with --patient") }
    }

    func run() async throws {
        try await ServerLink.with(connection) { link in
            let names = try await link.names()
            let found = try await find(link)
            if output.json {
                Output.document(.list(found.map { AppointmentView($0, names).json }))
            } else if found.isEmpty {
                Output.complain("no appointments")
            } else {
                var table = Table(AppointmentView.columns)
                for appointment in found { table.add(AppointmentView(appointment, names).row) }
                Output.lines(table.lines(.standardOutput))
            }
            let missing = id.map(\.id).filter { id in !found.contains { $0.id == id } }
            if let first = missing.first {
                throw CommandFailure.usage("there is no appointment \(first.place) (id \(first))")
            }
        }
    }

    private func find(_ link: ServerLink) async throws -> [Appointment] {
        if let patient {
            return try await link.client.appointments(of: link.patient(patient), includingHistory: history)
        }
        if let session { return try await link.client.appointments(in: session.id) }
        return try await link.client.appointments(id.map(\.id))
    }
}
