/// The rules that can refuse. The numbers are those of the wire and of the journal.
package enum Rule: UInt8, Hashable, Sendable, CaseIterable {
    case slotFull = 1
    case slotPast
    case perDayDepartment
    case perDay
    case overlap
    case holdExpired
    case state
    case version
    case tooEarly
    case serviceNotOffered
    case numbersExhausted
    case patientAppointments
    case inProgress

    /// Whether a policy can have terms for it. Each rule says so for itself, that a new one cannot be forgotten.
    package var takesTerms: Bool {
        switch self {
        case .slotFull, .slotPast, .perDayDepartment, .perDay, .overlap, .holdExpired, .state, .version, .tooEarly,
            .serviceNotOffered, .numbersExhausted, .patientAppointments, .inProgress:
            false
        }
    }

    /// Its name in the protocol: `slotFull` as `SLOT_FULL`.
    package var word: String {
        "\(self)".reduce(into: "") { text, letter in
            if letter.isUppercase { text += "_" }
            text += letter.uppercased()
        }
    }
}

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
