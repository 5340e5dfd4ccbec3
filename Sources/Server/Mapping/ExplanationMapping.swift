import Engine
import Journal
import Scheduling
import Wire

extension SlotQuestion {
    init(_ request: PBExplainSlotRequest, on connection: ConnectionOrigin) throws(ProtocolError) {
        self.init(
            slot: SlotID(rawValue: request.slot), service: ServiceID(rawValue: request.service),
            origin: try connection.asking(request.channel),
            patient: request.patient == 0 ? nil : PatientID(rawValue: request.patient),
            patientClass: try PatientClass(optional: request.patientClass))
    }
}

extension PBExplainSlotReply {
    init(_ reading: Reading<Explanation>) {
        self.init()
        verdicts = reading.value.verdicts.map { PBRuleVerdict($0) }
        position = reading.position.rawValue
    }
}

extension PBRuleVerdict {
    fileprivate init(_ verdict: Explanation.Verdict) {
        self.init()
        rule = PBRule(verdict.rule)
        switch verdict.judgement {
        case .passes: judgement = .passes
        case .notJudged(let missing):
            judgement = .notJudged
            needs = PBNaming.all(of: missing)
        case .refuses(let refusal):
            judgement = .refuses
            policyVersion = refusal.policyVersion
            authority = PBAuthority(refusal.authority)
            limit = refusal.limit
        }
    }
}

extension PBNaming {
    /// In the order of their numbers.
    fileprivate static func all(of naming: SearchNaming) -> [PBNaming] {
        let names: [(SearchNaming, PBNaming)] = [
            (.channel, .channel), (.patient, .patient), (.patientClass, .patientClass), (.service, .service),
        ]
        return names.filter { naming.contains($0.0) }.map(\.1)
    }
}
