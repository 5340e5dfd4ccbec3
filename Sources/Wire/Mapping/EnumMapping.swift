package import Scheduling

// The domain's enums carry the numbers of the wire, so the way out is the number itself; the way in may meet a number
// that this version does not know, and gives nil.

extension PBChannel {
    package init(_ channel: Channel) { self = PBChannel(rawValue: Int(channel.rawValue)) ?? .unspecified }
    package var channel: Channel? { UInt8(exactly: rawValue).flatMap(Channel.init) }
}

extension PBAppointmentState {
    package init(_ state: AppointmentState) { self = PBAppointmentState(rawValue: Int(state.rawValue)) ?? .unspecified }
    package var state: AppointmentState? { UInt8(exactly: rawValue).flatMap(AppointmentState.init) }
}

extension PBPatientClass {
    package init(_ patientClass: PatientClass) {
        self = PBPatientClass(rawValue: Int(patientClass.rawValue)) ?? .unspecified
    }
    package var patientClass: PatientClass? { UInt8(exactly: rawValue).flatMap(PatientClass.init) }
}

extension PBTransition {
    package init(_ transition: Transition) { self = PBTransition(rawValue: Int(transition.rawValue)) ?? .unspecified }
    package var transition: Transition? { UInt8(exactly: rawValue).flatMap(Transition.init) }
}

extension PBRule {
    package init(_ rule: Rule) { self = PBRule(rawValue: Int(rule.rawValue)) ?? .unspecified }
    package var rule: Rule? { UInt8(exactly: rawValue).flatMap(Rule.init) }
}

extension PBAuthority {
    package init(_ authority: Authority) { self = PBAuthority(rawValue: Int(authority.rawValue)) ?? .unspecified }
    package var authority: Authority? { UInt8(exactly: rawValue).flatMap(Authority.init) }
}

extension PBRefundCause {
    package init(_ cause: RefundCause) { self = PBRefundCause(rawValue: Int(cause.rawValue)) ?? .unspecified }
    package var cause: RefundCause? { UInt8(exactly: rawValue).flatMap(RefundCause.init) }
}

extension PBResourceKind {
    package init(_ kind: Resource.Kind) { self = PBResourceKind(rawValue: Int(kind.rawValue)) ?? .unspecified }
    package var kind: Resource.Kind? { UInt8(exactly: rawValue).flatMap(Resource.Kind.init) }
}

extension PBEntityKind {
    package init(_ kind: EntityKind) { self = PBEntityKind(rawValue: Int(kind.rawValue)) ?? .unspecified }
    package var kind: EntityKind? { UInt8(exactly: rawValue).flatMap(EntityKind.init) }
}

extension PBServiceKind {
    package init(_ kind: Service.Kind) { self = PBServiceKind(rawValue: Int(kind.rawValue)) ?? .unspecified }
    package var kind: Service.Kind? { UInt8(exactly: rawValue).flatMap(Service.Kind.init) }
}

extension PBErrorCode {
    package init(_ code: ErrorCode) { self = PBErrorCode(rawValue: Int(code.rawValue)) ?? .unspecified }
    package var code: ErrorCode? { UInt8(exactly: rawValue).flatMap(ErrorCode.init) }
}
