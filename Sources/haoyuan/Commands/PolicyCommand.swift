import ArgumentParser
import HaoyuanClient
import Hosting
import Terminal

struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Show the policies in force, and what a hospital file would change in them.",
        subcommands: [PolicyShow.self, PolicyDiff.self], defaultSubcommand: PolicyShow.self)
}

struct PolicyShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show the policies in force, a line for each number and each term.")

    @Option(help: ArgumentHelp("The policy that judges in this department.", valueName: "code"))
    var department: String?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ServerLink.with(connection) { link in
            let names = try await link.names()
            var policies = names.catalogue.policies
            if let department {
                let code = try names.department(department).code
                let own = policies.filter { $0.department == code }
                // A department without a policy of its own is judged by the hospital's.
                policies = own.isEmpty ? policies.filter { $0.department.isEmpty } : own
                if own.isEmpty, !output.json {
                    Output.line("department ‘\(code)’ has no policy of its own; the hospital’s judges there")
                }
            }
            if output.json {
                Output.document(["policies": .list(policies.map(CatalogueListing.json))])
            } else {
                Output.lines(Self.table(policies).lines(.standardOutput))
            }
        }
    }

    private static func table(_ policies: [Catalogue.Policy]) -> Table {
        var table = Table(["DEPARTMENT", .right("VERSION"), "WHAT", "ALLOWS"])
        for policy in policies {
            for line in policy.lines {
                table.add([
                    Table.Cell(PolicyNames.name(policy.department)), Table.Cell(String(policy.version)),
                    Table.Cell(line.what), Table.Cell(line.words),
                ])
            }
        }
        return table
    }
}

struct PolicyDiff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Compare the policies of a hospital file with those in force; change nothing.",
        discussion:
            "A policy of the file takes the place of the one in force whole; departments that the file does not name "
            + "stay as they are. Ends with 1 where importing the file would change a policy, with 0 where not.")

    @Argument(
        help: ArgumentHelp("A YAML file, or a folder of CSV files, as haoyuan import takes it.", valueName: "path"),
        transform: PathText.read)
    var path: String

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let hospital = try HospitalSource.read(path)
        try await ServerLink.with(connection) { link in
            let known = try await link.client.catalogue().catalogue
            try hospital.checkLimits(known)
            let comparison = PolicyComparison(of: hospital.catalogue, with: known)
            if output.json {
                Output.document([
                    "same": .bool(comparison.differences.isEmpty),
                    "differences": .list(comparison.differences.map(Self.json)),
                ])
            } else if comparison.differences.isEmpty {
                Output.line("the policies in force say what the file says")
            } else {
                Output.lines(Self.table(comparison.differences).lines(.standardOutput))
            }
            if !comparison.differences.isEmpty { throw Ending(status: .notRight) }
        }
    }

    private static func table(_ differences: [PolicyComparison.Difference]) -> Table {
        var table = Table(["DEPARTMENT", "CHANGE", "WHAT", "FROM THE FILE"])
        for difference in differences {
            table.add([
                Table.Cell(PolicyNames.name(difference.department)),
                Table.Cell(difference.kind.rawValue, tint(difference.kind)),
                Table.Cell(difference.what), Table.Cell(difference.words),
            ])
        }
        return table
    }

    private static func tint(_ kind: PolicyComparison.Difference.Kind) -> Palette.Tint {
        switch kind {
        case .added: .good
        case .changed: .caution
        case .removed: .bad
        }
    }

    private static func json(_ difference: PolicyComparison.Difference) -> JSON {
        [
            "department": .text(difference.department), "change": .text(difference.kind.rawValue),
            "what": .text(difference.what), "words": .text(difference.words),
        ]
    }
}

/// Whose a policy is, in a table.
private enum PolicyNames {
    static func name(_ department: String) -> String { department.isEmpty ? "(hospital)" : department }
}
