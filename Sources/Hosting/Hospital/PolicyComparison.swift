package import HaoyuanClient
import Terminal

import enum Scheduling.Rule
import struct Scheduling.TermFields

/// One thing that a policy says: a number, or a term.
package struct PolicyLine: Equatable, Sendable {
    /// As hospital files write it: `per_day`, or a rule's name.
    package var what: String
    /// What it allows, and to whom.
    package var words: String
}

extension Catalogue.Policy {
    /// What it says, number by number, then term by term.
    package var lines: [PolicyLine] {
        numbers.map { PolicyLine(what: $0.what, words: $0.words) }
            + terms.map { PolicyLine(what: $0.rule.name, words: $0.words) }
    }

    fileprivate var numbers: [(what: String, words: String)] {
        [
            ("per_day_department", perDayDepartment.map { String($0) } ?? "no limit"),
            ("per_day", perDay.map { String($0) } ?? "no limit"),
            ("hold", SpanArgument(milliseconds: Int64(holdSeconds) * 1_000).description),
        ]
    }
}

extension Catalogue.PolicyTerm {
    /// Whom it concerns and what it allows, in a few words: what says nothing is left out.
    package var words: String {
        let parts = [limit == 0 ? nil : "limit \(limit)", scope(whole: true), moment].compactMap(\.self).filter {
            !$0.isEmpty
        }
        return parts.isEmpty ? "everything" : parts.joined(separator: ", ")
    }

    fileprivate var lists: [(name: String, members: [String])] {
        [
            ("services", services), ("pools", pools), ("channels", channels.map(\.word)),
            ("classes", classes.map(\.word)),
        ]
    }

    /// Services and pools, and where it is all of its scope channels and classes, too.
    fileprivate func scope(whole: Bool) -> String {
        lists.prefix(whole ? 4 : 2).filter { !$0.members.isEmpty }.map {
            "\($0.name) \($0.members.sorted().joined(separator: " "))"
        }
        .joined(separator: ", ")
    }

    fileprivate var moment: String? {
        let wall =
            at.map { "\(days) days before at \($0)" }
            ?? (days == 0 ? nil : isOverPeriod ? "within \(days) days" : "\(days) days before")
        let elapsed = minutes == 0 ? nil : "\(SpanArgument(milliseconds: Int64(minutes) * 60_000)) before"
        let counted = weight == 0 ? nil : "weight \(weight) %"
        let block = blockDays == 0 ? nil : "block \(blockDays) days"
        let said = [wall, elapsed, counted, block].compactMap(\.self)
        return said.isEmpty ? nil : said.joined(separator: ", ")
    }

    /// Lists are sets: terms that say the same are equal.
    fileprivate func says(_ other: Catalogue.PolicyTerm) -> Bool {
        rule == other.rule && limit == other.limit && days == other.days && at == other.at && minutes == other.minutes
            && blockDays == other.blockDays && weight == other.weight
            && zip(lists, other.lists).allSatisfy { Set($0.members) == Set($1.members) }
    }

    /// Whether one takes the other's place: of one rule, for the same services and pools, at the same moment where a
    /// rule has several.
    fileprivate func follows(_ other: Catalogue.PolicyTerm, exactly: Bool) -> Bool {
        let isStaged = fields?.contains(.staged) ?? false || isOverPeriod
        return rule == other.rule && Set(services) == Set(other.services) && Set(pools) == Set(other.pools)
            && (!isStaged || (days == other.days && at == other.at))
            && (!exactly || (Set(channels) == Set(other.channels) && Set(classes) == Set(other.classes)))
    }

    /// What is new in it beside the one whose place it takes.
    fileprivate func changes(from old: Catalogue.PolicyTerm) -> String {
        var changes: [String] = []
        for (new, old) in zip(lists, old.lists) where Set(new.members) != Set(old.members) {
            let added = Set(new.members).subtracting(old.members).sorted().map { "+\($0)" }
            let gone = Set(old.members).subtracting(new.members).sorted().map { "-\($0)" }
            let parts = added + gone
            changes.append("\(new.name) \(parts.joined(separator: " "))")
        }
        if limit != old.limit { changes.append("limit \(old.limit) → \(limit)") }
        if moment != old.moment { changes.append("\(old.moment ?? "no moment") → \(moment ?? "no moment")") }
        return changes.joined(separator: ", ")
    }
}

extension Catalogue.PolicyTerm {
    fileprivate var fields: TermFields? { UInt8(exactly: rule.number).flatMap(Scheduling.Rule.init)?.about.terms }

    /// Whether its days are a window.
    fileprivate var isOverPeriod: Bool { !(fields?.isDisjoint(with: [.ladder, .period]) ?? true) }
}

/// What a hospital file would change in the policies that are in force.
package struct PolicyComparison: Sendable {
    /// One number or term that would not be as it is.
    package struct Difference: Equatable, Sendable {
        /// What would become of it.
        package enum Kind: String, Sendable { case added, changed, removed }

        /// Code; empty for the hospital's own.
        package var department: String
        package var kind: Kind
        /// As hospital files write it: `per_day`, or a rule's name; `policy` for a whole one.
        package var what: String
        /// What it would say, or from what to what it would go.
        package var words: String
    }

    package private(set) var differences: [Difference] = []

    /// - Parameters:
    ///   - file: Its policies take the place of those in force whole; departments without one there stay as they are.
    ///   - known: What is in force.
    package init(of file: Catalogue, with known: Catalogue) {
        for new in file.policies {
            let old = known.policies.first { $0.department == new.department }
            compare(new, with: old)
        }
    }

    private mutating func note(_ department: String, _ kind: Difference.Kind, _ what: String, _ words: String) {
        differences.append(Difference(department: department, kind: kind, what: what, words: words))
    }

    private mutating func compare(_ new: Catalogue.Policy, with old: Catalogue.Policy?) {
        let department = new.department
        guard let old else {
            note(department, .added, "policy", "takes the place of the hospital’s")
            for line in new.lines { note(department, .added, line.what, line.words) }
            return
        }
        for (now, then) in zip(new.numbers, old.numbers) where now.words != then.words {
            note(department, .changed, now.what, "\(then.words) → \(now.words)")
        }
        var added = new.terms
        var removed = old.terms
        // What says the same is no difference, however often lists are turned about.
        added.removeAll { term in
            guard let same = removed.firstIndex(where: { $0.says(term) }) else { return false }
            removed.remove(at: same)
            return true
        }
        // Terms that keep their scope have changed; then those that keep at least services and pools.
        for exactly in [true, false] {
            added.removeAll { term in
                guard let before = removed.firstIndex(where: { term.follows($0, exactly: exactly) }) else {
                    return false
                }
                let old = removed.remove(at: before)
                let scope = term.scope(whole: exactly)
                note(
                    department, .changed, term.rule.name,
                    (scope.isEmpty ? "" : "\(scope): ") + term.changes(from: old))
                return true
            }
        }
        for term in added { note(department, .added, term.rule.name, term.words) }
        for term in removed { note(department, .removed, term.rule.name, term.words) }
    }
}
