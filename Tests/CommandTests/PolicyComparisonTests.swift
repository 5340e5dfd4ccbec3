import HaoyuanClient
import Testing

@testable import Hosting

@Suite struct `What a hospital file would change in the policies in force` {
    private typealias Difference = PolicyComparison.Difference

    private func differences(_ file: [Catalogue.Policy], _ known: [Catalogue.Policy]) -> [Difference] {
        var (new, old) = (Catalogue(), Catalogue())
        (new.policies, old.policies) = (file, known)
        return PolicyComparison(of: new, with: old).differences
    }

    @Test func `what says the same is no difference, in whatever order its lists stand`() {
        let old = Catalogue.Policy(
            department: "general", version: 7, perDay: 4,
            terms: [
                .init(rule: .channelClosed, services: ["a", "b"], channels: [.window, .ward]),
                .init(rule: .channelClosed, pools: ["p"], channels: [.app]),
            ])
        var new = old
        new.version = 0
        new.terms = [
            .init(rule: .channelClosed, pools: ["p"], channels: [.app]),
            .init(rule: .channelClosed, services: ["b", "a"], channels: [.ward, .window]),
        ]
        #expect(differences([new], [old]) == [])
        // A department that the file does not name stays as it is.
        #expect(differences([], [old]) == [])
    }

    @Test func `numbers and terms are told as added, changed and removed`() {
        let old = Catalogue.Policy(
            version: 3, perDay: 4,
            terms: [
                .init(rule: .channelClosed, services: ["a"], channels: [.window]),
                .init(rule: .channelClosed, services: ["gone"], channels: [.window]),
            ])
        let new = Catalogue.Policy(
            perDayDepartment: 1, perDay: 4, holdSeconds: 600,
            terms: [
                .init(rule: .channelClosed, services: ["a"], channels: [.ward, .window]),
                .init(rule: .channelClosed, pools: ["p"], channels: [.app]),
            ])
        #expect(
            differences([new], [old]) == [
                Difference(department: "", kind: .changed, what: "per_day_department", words: "no limit → 1"),
                Difference(department: "", kind: .changed, what: "hold", words: "15m → 10m"),
                Difference(department: "", kind: .changed, what: "CHANNEL_CLOSED", words: "services a: channels +ward"),
                Difference(department: "", kind: .added, what: "CHANNEL_CLOSED", words: "pools p, channels app"),
                Difference(
                    department: "", kind: .removed, what: "CHANNEL_CLOSED", words: "services gone, channels window"),
            ])
    }

    @Test func `a department's first policy of its own is told whole`() {
        let new = Catalogue.Policy(department: "ct", perDay: 2)
        let told = differences([new], [Catalogue.Policy(version: 1)])
        #expect(told.map(\.what) == ["policy", "per_day_department", "per_day", "hold"])
        #expect(told.allSatisfy { $0.kind == .added && $0.department == "ct" })
    }
}
