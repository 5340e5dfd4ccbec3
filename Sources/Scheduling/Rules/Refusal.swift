/// Who may set a rule aside. The numbers are those of the wire and of the journal.
package enum Authority: UInt8, Hashable, Sendable {
    case nobody = 1
    /// The department's number manager.
    case department
    /// The hospital's number manager.
    case hospital
}

/// 拒绝: a lawful no. It names the rule and its version, who may override it, and what it allows.
package struct Refusal: Error, Hashable, Sendable {
    package var rule: Rule
    /// Version of the policy that judged; 0 where no policy is involved and the rule always holds.
    package var policyVersion: UInt32
    package var authority: Authority
    /// The count that the rule allows, where it has one; else 0.
    package var limit: UInt32

    package init(_ rule: Rule, policyVersion: UInt32 = 0, authority: Authority = .nobody, limit: UInt32 = 0) {
        self.rule = rule
        self.policyVersion = policyVersion
        self.authority = authority
        self.limit = limit
    }
}
