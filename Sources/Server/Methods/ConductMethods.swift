import Engine
import Journal
import Scheduling
import Wire

extension MethodTable {
    /// 爽约与信用: what a patient did, and appeals.
    static let conductMethods = [
        MethodRow(
            .fileAppeal, PBFileAppealRequest.self, PBAppealReply.self, needs: .book,
            "Says that a no-show or late cancellation of a patient should not count."
        ) { request throws(ProtocolError) in
            .fileAppeal(
                AppealStep(
                    patient: PatientID(rawValue: request.patient),
                    appointment: AppointmentID(rawValue: request.appointment), reason: request.reason))
        } answer: {
            PBAppealReply($0)
        },
        MethodRow(
            .decideAppeal, PBDecideAppealRequest.self, PBAppealReply.self, needs: .writeSchedule,
            "Decides on an appeal; one that is granted strikes the no-show out."
        ) { request throws(ProtocolError) in
            .decideAppeal(
                AppealStep(
                    patient: PatientID(rawValue: request.patient),
                    appointment: AppointmentID(rawValue: request.appointment), reason: request.reason,
                    granted: request.granted))
        } answer: {
            PBAppealReply($0)
        },
        MethodRow(
            .patientStanding, PBPatientStandingRequest.self, PBPatientStandingReply.self, needs: .readAppointments,
            "Tells a patient's no-shows and late cancellations, the blocks that follow, and the appeals."
        ) { request, _ throws(ProtocolError) in
            let patient = PatientID(rawValue: request.patient)
            return { engine, _ throws(EngineError) in
                if patient.rawValue == 0 { return PBPatientStandingReply(open: try await engine.openAppeals()) }
                let reading = try await engine.standing(of: patient)
                let catalogue = try await engine.catalogue().value
                return PBPatientStandingReply(reading, catalogue)
            }
        },
    ]
}

extension PBFileAppealRequest: KeyedMessage {}
extension PBDecideAppealRequest: KeyedMessage {}

extension PBAppealReply {
    fileprivate init(_ answer: Answer) {
        self.init()
        position = answer.position.rawValue
        again = answer.again
        switch answer.outcome {
        case .told(.appealFiled), .told(.appealDecided): result = .done
        case .refused(let refusal, _):
            result = .refused
            rule = PBRule(refusal.rule)
            authority = PBAuthority(refusal.authority)
        case .told, .done, .failed: preconditionFailure("a write about an appeal is answered with one")
        }
    }
}

extension PBPatientStandingReply {
    fileprivate init(open reading: Reading<[Appeal]>) {
        self.init()
        appeals = reading.value.map { PBAppeal($0) }
        position = reading.position.rawValue
    }

    fileprivate init(_ reading: Reading<PatientStanding>, _ catalogue: Catalogue) {
        self.init()
        let standing = reading.value
        let granted = standing.appeals.filter { $0.decision?.granted ?? false }.map(\.appointment)
        strikes = standing.strikes.map { strike in
            var wire = PBStrike()
            wire.appointment = strike.appointment.rawValue
            wire.department = strike.department.rawValue
            wire.startMs = Scheduling.Instant(minute: strike.minute).rawValue
            wire.lateCancellation = strike.conduct != .noShow
            wire.minutesLeft = UInt32(strike.conduct.minutesLeft ?? 0)
            wire.struckOut = granted.contains(strike.appointment)
            return wire
        }
        blocks = standing.blocks.map { block in
            var wire = PBBlock()
            wire.department = block.department.flatMap { catalogue.departments[$0.rawValue]?.code } ?? ""
            wire.policyVersion = block.policyVersion
            wire.term = PBPolicyTerm(block.term, in: catalogue)
            wire.untilMs = block.until.rawValue
            return wire
        }
        appeals = standing.appeals.map { PBAppeal($0) }
        position = reading.position.rawValue
    }
}

extension PBAppeal {
    fileprivate init(_ appeal: Appeal) {
        self.init()
        patient = appeal.patient.rawValue
        appointment = appeal.appointment.rawValue
        filedMs = appeal.filed.rawValue
        filedChannel = PBChannel(appeal.by.channel)
        filedBy = appeal.by.operatorName
        reason = appeal.reason
        state = appeal.decision.map { $0.granted ? .granted : .denied } ?? .open
        guard let decision = appeal.decision else { return }
        decidedMs = decision.at.rawValue
        decidedBy = decision.by.operatorName
        decisionReason = decision.reason
    }
}
