import ArgumentParser
import HaoyuanClient
import Hosting
import Terminal

struct Patients: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Register patients under their identifiers, or find them.",
        subcommands: [Register.self, Find.self])

    struct Register: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Register one patient under one or more identifiers.",
            discussion: "A patient known by any of them keeps the id, and the others are added.")

        @Argument(help: ArgumentHelp("Identifiers of the patient, each 'system|value'.", valueName: "identifier"))
        var identifiers: [PatientArgument]

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard identifiers.allSatisfy({ $0.identifier != nil }) else {
                throw ValidationError("an identifier is written 'system|value'")
            }
            try ArgumentList.checkOnce(
                identifiers.compactMap(\.identifier).map { "\($0.system)|\($0.value)" }, "the list of identifiers")
        }

        func run() async throws {
            try await ServerLink.with(connection) { link in
                let registration = try await link.client.registerPatients([identifiers.compactMap(\.identifier)])[0]
                switch registration {
                case .failed(let problem): throw CommandFailure.usage(problem)
                case .created(let patient): show(patient, isNew: true)
                case .known(let patient): show(patient, isNew: false)
                }
            }
        }

        private func show(_ patient: PatientID, isNew: Bool) {
            if output.json {
                Output.document(["patient": .id(patient.rawValue), "created": .bool(isNew)])
            } else {
                Output.line("#\(patient)\(isNew ? "" : " (known already)")")
            }
        }
    }

    struct Find: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Find patients by identifier.")

        @Argument(help: ArgumentHelp("Identifiers, each 'system|value'.", valueName: "identifier"))
        var identifiers: [PatientArgument]

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard identifiers.allSatisfy({ $0.identifier != nil }) else {
                throw ValidationError("an identifier is written 'system|value'")
            }
            try ArgumentList.checkOnce(
                identifiers.compactMap(\.identifier).map { "\($0.system)|\($0.value)" }, "the list of identifiers")
        }

        func run() async throws {
            try await ServerLink.with(connection) { link in
                let asked = identifiers.compactMap(\.identifier)
                let found = try await link.client.findPatients(asked)
                if output.json {
                    Output.document(
                        .list(
                            zip(asked, found).map { identifier, patient in
                                [
                                    "system": .text(identifier.system), "value": .text(identifier.value),
                                    "patient": .optional(patient) { .id($0.rawValue) },
                                ]
                            }))
                } else {
                    var table = Table(["IDENTIFIER", "PATIENT"])
                    for (identifier, patient) in zip(asked, found) {
                        table.add([
                            Table.Cell("\(identifier.system)|\(identifier.value)"),
                            patient.map { Table.Cell("#\($0)") } ?? Table.Cell("unknown", .bad),
                        ])
                    }
                    Output.lines(table.lines(.standardOutput))
                }
            }
        }
    }
}

extension PatientArgument {
    fileprivate var identifier: Identifier? {
        if case .identifier(let identifier) = self { identifier } else { nil }
    }
}
