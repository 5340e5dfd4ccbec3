import NIOCore
import Scheduling
import SwiftProtobuf
import Testing

@testable import Wire

@Suite struct `Words of the domain on the wire` {
    @Test func `every enum goes both ways, number by number`() {
        for channel in Channel.allCases { #expect(PBChannel(channel).channel == channel) }
        for state in AppointmentState.allCases { #expect(PBAppointmentState(state).state == state) }
        for transition in Transition.allCases { #expect(PBTransition(transition).transition == transition) }
        for rule in Rule.allCases { #expect(PBRule(rule).rule == rule) }
        for code in ErrorCode.allCases { #expect(PBErrorCode(code).code == code) }
        for authority in [Authority.nobody, .department, .hospital] {
            #expect(PBAuthority(authority).authority == authority)
        }
        for kind in [Resource.Kind.practitioner, .device, .room, .desk] { #expect(PBResourceKind(kind).kind == kind) }
        for kind in [Service.Kind.clinic, .exam, .lab] { #expect(PBServiceKind(kind).kind == kind) }
    }

    /// Names, so that a number that slips shows.
    @Test func `the numbers mean the same on both sides`() {
        #expect(Channel.allCases.map { "\(PBChannel($0))" } == Channel.allCases.map { "\($0)" })
        #expect(
            AppointmentState.allCases.map { "\(PBAppointmentState($0))" } == AppointmentState.allCases.map { "\($0)" })
        #expect(Transition.allCases.map { "\(PBTransition($0))" } == Transition.allCases.map { "\($0)" })
        #expect(Rule.allCases.map { "\(PBRule($0))" } == Rule.allCases.map { "\($0)" })
        #expect(ErrorCode.allCases.map { "\(PBErrorCode($0))" } == ErrorCode.allCases.map { "\($0)" })
        #expect(PBErrorCode.allCases.count == ErrorCode.allCases.count + 1)
        #expect(PBRule.allCases.count == Rule.allCases.count + 1)
        #expect(PBChannel.allCases.count == Channel.allCases.count + 1)
        #expect(PBAppointmentState.allCases.count == AppointmentState.allCases.count + 1)
        #expect(PBTransition.allCases.count == Transition.allCases.count + 1)
    }

    @Test(arguments: [0, 99, -1, 256 + 1])
    func `a number of a later version is nothing`(number: Int) {
        #expect(PBChannel(rawValue: number)?.channel == nil)
        #expect(PBTransition(rawValue: number)?.transition == nil)
        #expect(PBErrorCode(rawValue: number)?.code == nil)
    }
}

@Suite struct `Writes are checked as they come in` {
    private let kiosk = ConnectionOrigin(channel: .kiosk, operatorName: "k-3")

    private var booking: PBBookRequest {
        var booking = PBBookRequest()
        booking.keyLow = 1
        booking.patient = 5
        booking.slot = 77
        booking.service = 2
        return booking
    }

    @Test func `channel and operator of Hello hold where the request names none`() throws {
        var message = booking
        #expect(try Write(message, on: kiosk, deadline: nil).by == Origin(channel: .kiosk, operatorName: "k-3"))
        message.channel = .ward
        message.operator = "nurse-7"
        #expect(try Write(message, on: kiosk, deadline: nil).by == Origin(channel: .ward, operatorName: "nurse-7"))
    }

    struct Wrong: CustomTestStringConvertible {
        var testDescription: String
        var change: @Sendable (inout PBBookRequest) -> Void
    }

    @Test(arguments: [
        Wrong(testDescription: "channel") { $0.channel = .system },
        Wrong(testDescription: "channel") { $0.channel = .UNRECOGNIZED(77) },
        Wrong(testDescription: "patient_class") { $0.patientClass = .UNRECOGNIZED(77) },
    ])
    func `what cannot be is named by its field`(wrong: Wrong) {
        var message = booking
        wrong.change(&message)
        #expect { try Write(message, on: kiosk, deadline: nil) } throws: { error in
            guard let error = error as? ProtocolError else { return false }
            return error.code == .invalidArgument && error.message.hasPrefix(wrong.testDescription + ":")
        }
    }

    @Test func `the class of a patient is what the request says, of each item of a joint booking`() throws {
        func items(_ command: Command) -> [Command.Item]? {
            switch command {
            case .book(_, let item, _): [item]
            case .bookTogether(_, let items, _): items
            default: nil
            }
        }
        var message = booking
        #expect(try items(Write(message, on: kiosk, deadline: nil).command)?.map(\.patientClass) == [nil])
        var together = PBBookTogetherRequest()
        for (wire, known) in [(PBPatientClass.outpatient, PatientClass.outpatient), (.checkup, .checkup)] {
            message.patientClass = wire
            #expect(try items(Write(message, on: kiosk, deadline: nil).command)?.map(\.patientClass) == [known])
            var part = PBTogetherItem()
            part.patientClass = wire
            together.items.append(part)
        }
        let all = try items(Write(together, on: kiosk, deadline: nil).command)
        #expect(all?.map(\.patientClass) == [.outpatient, .checkup])
        together.items[1].patientClass = .UNRECOGNIZED(77)
        #expect { try Write(together, on: kiosk, deadline: nil) } throws: {
            ($0 as? ProtocolError)?.message.hasPrefix("items[1].patient_class:") ?? false
        }
    }

    @Test func `without a channel anywhere the write is refused`() {
        let silent = ConnectionOrigin(channel: nil, operatorName: "")
        #expect { try Write(booking, on: silent, deadline: nil) } throws: {
            ($0 as? ProtocolError)?.message.hasPrefix("channel:") ?? false
        }
    }

    @Test(arguments: ["x", "号", "a\u{301}"])
    func `a failure's sentence is cut between two characters where it is too long for the smallest frame`(
        repeated: String
    ) {
        let whole = String(repeating: repeated, count: WireLimits.failureTextBytes / repeated.utf8.count)
        #expect(PBFailure(ProtocolError(.notFound, whole)).message == whole)
        for start in ["", "1", "12"] {
            let cut = PBFailure(ProtocolError(.notFound, start + whole + whole)).message
            #expect(cut.utf8.count <= WireLimits.failureTextBytes)
            #expect(cut.utf8.count > WireLimits.failureTextBytes - 8)
            #expect(cut.hasSuffix("…") && (start + whole + whole).utf8.starts(with: cut.dropLast().utf8))
        }
    }

    @Test func `a transition that this version does not know is named`() throws {
        var change = PBChangeRequest()
        change.keyHigh = 9
        change.transition = .cancel
        #expect(try Write(change, on: kiosk, deadline: 5).deadline == 5)
        change.transition = .unspecified
        #expect(throws: ProtocolError.self) { try Write(change, on: kiosk, deadline: nil) }
    }

    @Test func `an operator of Hello has at most 64 bytes`() throws {
        var hello = PBHello()
        hello.operator = String(repeating: "x", count: 64)
        #expect(try ConnectionOrigin(hello).operatorName.utf8.count == 64)
        hello.operator += "x"
        #expect(throws: ProtocolError.self) { try ConnectionOrigin(hello) }
    }

    @Test(arguments: ["", "2026-2-3", "2026-02-30", "1969-12-31", "2149-06-07", "yesterday"])
    func `a day that is none is named`(text: String) {
        #expect { try LocalDate(text, field: "from") } throws: {
            ($0 as? ProtocolError)?.message.hasPrefix("from:") ?? false
        }
    }

    @Test func `identifiers are named by where they stand`() {
        var request = PBRegisterPatientsRequest()
        var patient = PBPatient()
        var identifier = PBIdentifier()
        identifier.system = "urn:mrn"
        patient.identifiers = [identifier]
        request.patients = [patient]
        #expect { try request.identifiers() } throws: {
            ($0 as? ProtocolError)?.message.hasPrefix("patients[0].identifiers[0].value:") ?? false
        }
        request.patients = [PBPatient()]
        #expect { try request.identifiers() } throws: {
            ($0 as? ProtocolError)?.message.hasPrefix("patients[0].identifiers:") ?? false
        }
    }
}

@Suite struct `The catalogue goes round` {
    @Test func `what is put comes back the same`() throws {
        var wire = PBCatalogue()
        wire.hospital.name = "人民医院"
        wire.hospital.timeZone = "UTC"
        var department = PBDepartment()
        department.code = "CT"
        department.name = "CT室"
        wire.departments = [department]
        var resource = PBResource()
        resource.code = "ct-1"
        resource.name = "CT-1"
        resource.kind = .device
        resource.department = "CT"
        wire.resources = [resource]
        var service = PBService()
        service.code = "scan"
        service.name = "增强CT"
        service.kind = .exam
        service.slots = 3
        service.priceFen = 45_000
        service.preparation = "空腹 6 小时"
        wire.services = [service]
        var pool = PBPool()
        pool.code = "ct"
        pool.name = "CT"
        pool.department = "CT"
        pool.resources = ["ct-1"]
        pool.services = ["scan"]
        wire.pools = [pool]
        var policy = PBPolicy()
        policy.department = "CT"
        policy.perDay = 2
        wire.policies = [policy]
        var template = PBTemplate()
        template.code = "ct-am"
        template.pool = "ct"
        template.weekdays = 0b1_1111
        template.start = "08:00"
        template.slotMinutes = 10
        template.slots = 24
        template.capacity = 1
        template.validUntil = "2026-12-31"
        wire.templates = [template]

        let (draft, hospital) = try wire.draft()
        #expect(hospital?.name == "人民医院" && hospital?.zone == "UTC")
        var catalogue = Catalogue()
        for entity in try catalogue.decide(draft).events { catalogue.evolve(entity) }

        var expected = wire
        expected.hospital.name = ""
        expected.departments[0].id = 1
        expected.resources[0].id = 1
        expected.services[0].id = 1
        expected.services[0].units = 1
        expected.pools[0].id = 1
        expected.templates[0].id = 1
        expected.policies[0].version = PBCatalogue(catalogue).policies.last?.version ?? 0
        expected.policies[0].holdSeconds = 900
        let standard = PBCatalogue(catalogue).policies[0]
        #expect(standard.department == "" && standard.holdSeconds == 900)
        expected.policies.insert(standard, at: 0)
        #expect(PBCatalogue(catalogue) == expected)
    }

    /// Which rule reads what is another matter, so the decision is told that all read everything.
    @Test func `terms come back as sets, in the order they were put in`() throws {
        var wire = PBCatalogue()
        wire.services = ["scan", "visit"].map { code in
            var service = PBService()
            (service.code, service.name, service.kind) = (code, code, .exam)
            return service
        }
        var policy = PBPolicy()
        policy.terms = [PBPolicyTerm(), PBPolicyTerm()]
        policy.terms[0].rule = .perDay
        policy.terms[0].services = ["visit", "scan", "visit"]
        policy.terms[0].channels = [.window, .app, .window]
        policy.terms[0].limit = 7
        policy.terms[0].classes = [.checkup, .outpatient]
        policy.terms[1].rule = .overlap
        policy.terms[1].days = 7
        policy.terms[1].at = "07:00"
        policy.terms[1].minutes = 90
        wire.policies = [policy]
        var catalogue = Catalogue()
        let fields: TermFields = [.channels, .classes, .limit, .wallTime, .minutes]
        for entity in try catalogue.decide(try wire.draft().draft, terms: { _ in fields }).events {
            catalogue.evolve(entity)
        }
        policy.terms[0].services = ["scan", "visit"]
        policy.terms[0].channels = [.app, .window]
        policy.terms[0].classes = [.outpatient, .checkup]
        #expect(PBCatalogue(catalogue).policies.map(\.terms) == [policy.terms])
    }

    @Test(arguments: [
        ("rule", 0, 1), ("rule", 200, 1), ("rule", 256, 1), ("channels", 4, 0), ("channels", 4, 9), ("channels", 4, 77),
    ])
    func `a term's rule or channel that a request cannot name is an error at its field`(
        field: String, rule: Int, channel: Int
    ) throws {
        var wire = PBCatalogue()
        wire.policies = [PBPolicy(), PBPolicy()]
        wire.policies[1].terms = [PBPolicyTerm(), PBPolicyTerm()]
        for index in 0...1 {
            wire.policies[1].terms[index].rule = .perDay
            wire.policies[1].terms[index].channels = [.kiosk]
        }
        wire.policies[1].terms[1].rule = try #require(PBRule(rawValue: rule))
        wire.policies[1].terms[1].channels = [.kiosk, try #require(PBChannel(rawValue: channel))]
        let error = #expect(throws: ProtocolError.self) { try wire.draft() }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.hasPrefix("policies[1].terms[1].\(field): ") == true)
    }

    @Test(arguments: [
        ("classes", 0, "07:00"), ("classes", 5, "07:00"), ("classes", 77, "07:00"), ("at", 1, "7:00"),
        ("at", 1, "24:00"), ("at", 1, "07:00:00"), ("at", 1, "morning"),
    ])
    func `a term's class or time that a request cannot name is an error at its field`(
        field: String, patientClass: Int, at: String
    ) throws {
        var wire = PBCatalogue()
        wire.policies = [PBPolicy()]
        wire.policies[0].terms = [PBPolicyTerm()]
        wire.policies[0].terms[0].rule = .perDay
        wire.policies[0].terms[0].classes = [try #require(PBPatientClass(rawValue: patientClass))]
        wire.policies[0].terms[0].at = at
        let error = #expect(throws: ProtocolError.self) { try wire.draft() }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.hasPrefix("policies[0].terms[0].\(field): ") == true)
    }

    @Test func `a kind that this version does not know is named`() {
        var wire = PBCatalogue()
        wire.resources = [PBResource(), PBResource()]
        wire.resources[0].kind = .device
        #expect { try wire.draft() } throws: {
            ($0 as? ProtocolError)?.message.hasPrefix("resources[1].kind:") ?? false
        }
    }
}

@Suite struct `Events as the feed shows them` {
    private let at = Instant(rawValue: 1_772_409_600_000)
    private let by = Origin(channel: .ward, operatorName: "nurse-7")

    private func taken(_ number: UInt32) -> Taken {
        let session = SessionID(pool: PoolID(rawValue: 3), index: 2)
        return Taken(
            appointment: AppointmentID(session: session, number: number), patient: PatientID(rawValue: 8), slot: 4,
            span: 2,
            units: 1, service: ServiceID(rawValue: 6), state: .held, holdUntil: at.advanced(milliseconds: 900_000),
            itinerary: AppointmentID(session: session, number: 1), patientClass: .emergency)
    }

    @Test func `a joint booking is several events at one position`() {
        let event = Event(at: at, by: by, fact: .bookedTogether([taken(1), taken(2)]))
        let shown = PBEvent.events(of: event, at: 41)
        #expect(shown.map(\.position) == [41, 41])
        #expect(shown.map(\.appointment) == [taken(1).appointment.rawValue, taken(2).appointment.rawValue])
        #expect(
            shown.allSatisfy {
                $0.kind == .booked && $0.state == .held && $0.slots == 2 && $0.operator == "nurse-7" && $0.version == 1
                    && $0.patientClass == .emergency
            })
        #expect(shown[0].slot == SlotID(session: taken(1).appointment.session, index: 4).rawValue)
    }

    @Test func `a stop is the session, then each appointment, and the longest fits the smallest push`() throws {
        var stop = SessionStop(from: 511, reason: String(repeating: "因", count: 85) + "x")
        stop.number = .max
        stop.affected = UInt32(Limits.appointmentsPerStop)
        stop.appointments = (0..<UInt32(Limits.appointmentsPerStop)).map {
            StoppedAppointment(number: 1_048_000 + $0, patient: PatientID(rawValue: .max), version: .max, was: .booked)
        }
        let session = SessionID(pool: PoolID(rawValue: 9), index: 2)
        let who = Origin(channel: .ward, operatorName: String(repeating: "x", count: Limits.operatorBytes))
        let shown = PBEvent.events(of: Event(at: at, by: who, fact: .sessionStopped(session, stop)), at: .max)
        #expect(shown.count == Limits.appointmentsPerStop + 1)
        #expect(
            shown.allSatisfy { $0.kind == .sessionStopped && $0.session == session.rawValue && $0.position == .max })
        #expect(shown[0].appointment == 0 && shown[0].reason == stop.reason && shown[0].slot & 511 == 511)
        #expect(shown.dropFirst().allSatisfy { $0.state == .stopped && $0.version == .max && $0.reason.isEmpty })
        var push = PBFeedPush()
        push.events = shown
        (push.through, push.settled, push.epoch) = (.max, .max, .max)
        #expect(try push.serializedData().count <= WireLimits.smallestFrameBytes)
    }

    @Test func `a move names what was given up`() {
        let old = Change(
            appointment: taken(1).appointment, patient: PatientID(rawValue: 8), state: .moved, version: 2,
            reason: "医生停诊")
        let shown = PBEvent.events(of: Event(at: at, by: by, fact: .moved(from: old, to: taken(9))), at: 5)
        #expect(shown.count == 1)
        #expect(shown[0].kind == .moved && shown[0].movedFrom == taken(1).appointment.rawValue)
        #expect(shown[0].appointment == taken(9).appointment.rawValue && shown[0].reason == "医生停诊")
    }

    @Test func `refusals, sessions, patients and the catalogue are shown too`() {
        func shown(_ fact: Fact) -> PBEvent { PBEvent.events(of: Event(at: at, by: by, fact: fact), at: 1)[0] }
        #expect(shown(.refused(Refusal(.slotFull), item: 0, patient: nil)).rule == .slotFull)
        #expect(shown(.sessionArchived(SessionID(rawValue: 12))).session == 12)
        #expect(shown(.patientRegistered(PatientID(rawValue: 4), [])).patient == 4)
        let department = Department(id: DepartmentID(rawValue: 1), code: "CT", name: "CT室")
        #expect(shown(.catalogueChanged(.department(department))).entity == "department CT")
    }
}
