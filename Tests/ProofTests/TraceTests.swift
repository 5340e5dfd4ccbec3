import HaoyuanClient
import Testing

@testable import Proof
@testable import Terminal

@Suite struct `A trace is read with its traps, and planned by the stated rule` {
    @Test(arguments: [
        ("29872499824296.0", "29872499824296"), ("2.9872499824296e+13", "29872499824296"),
        ("2.9872499824296E13", "29872499824296"), ("29872499824296", "29872499824296"),
        ("2.9e+13", "29000000000000"),
        ("93779.52927", "93779.52927"), ("9.377952927e4", "93779.52927"), ("0012.50", "12.5"), ("125e-1", "12.5"),
        (".5", "0.5"), ("5.", "5"), ("1e-3", "0.001"),
    ])
    func `ids that were printed as floats`(source: String, text: String) throws {
        let decimal = try #require(DecimalText(source))
        #expect(decimal.text == text)
        #expect(decimal.isFractional == text.contains("."))
        #expect(decimal.hasLostDigits == (source == "2.9e+13"))
    }

    @Test(arguments: ["", ".", "0", "0.0", "-5", "+5", "1e", "1e999", "0x10", "1,5", "nan", "inf", "1 2", "1e2.5"])
    func `what is no id`(source: String) { #expect(DecimalText(source) == nil) }

    private static let header = "PatientId,AppointmentID,ScheduledDay,AppointmentDay,Age,Neighbourhood,No_show"

    private func trace(_ rows: String...) throws -> Trace {
        try Trace(Array(([Self.header] + rows).joined(separator: "\n").utf8), name: "t.csv")
    }

    @Test(arguments: [
        ("1,2,2016-05-01 08:00:00,2016-05-02,40,A", Trace.Fault.cells),
        ("x,2,2016-05-01 08:00:00,2016-05-02,40,A,No", .patient),
        ("1,-2,2016-05-01 08:00:00,2016-05-02,40,A,No", .appointment),
        ("1.10101E+17,2,2016-05-01 08:00:00,2016-05-02,40,A,No", .shortened),
        ("1,1.1e+6,2016-05-01 08:00:00,2016-05-02,40,A,No", .shortened),
        ("1,2,2016-05-01,2016-05-02,40,A,No", .booked), ("1,2,2016-05-01 24:00:00,2016-05-02,40,A,No", .booked),
        ("1,2,2016-13-01 08:00:00,2016-05-02,40,A,No", .booked),
        ("1,2,2016-05-01 08:00:00,2016-02-30,40,A,No", .visit),
        ("1,2,2016-05-01 08:00:00,2016-05-02 or 03,40,A,No", .visit),
        ("1,2,2016-05-01 08:00:00,9999-01-01,40,A,No", .visit),
        ("1,2,2016-05-01 08:00:00,2016-05-02,-1,A,No", .age),
        ("1,2,2016-05-01 08:00:00,2016-05-02,111,A,No", .age),
        ("1,2,2016-05-01 08:00:00,2016-05-02,nan,A,No", .age),
        ("1,2,2016-05-01 08:00:00,2016-05-02,40,,No", .clinic),
        ("1,2,2016-05-01 08:00:00,2016-05-02,40,A,no", .noShow),
        ("7,7.0,2016-05-01 08:00:00,2016-05-02,40,A,No", .duplicate),
        ("1,2,\"2016-05-01 08:00:00,2016-05-02,40,A,No", .quotes),
    ])
    func `each trap is counted with its line, and never a crash`(row: String, fault: Trace.Fault) throws {
        let trace = try trace("7,7,2016-05-01 08:00:00,2016-05-02,0,A,No", row)
        #expect(trace.rows.count == 1)
        #expect(trace.faults == [fault: Trace.Tally(count: 1, firstLine: 3)])
    }

    @Test
    func `both ways to write a moment, quoted commas, ages at the edges`() throws {
        let trace = try trace(
            "1,2,2016-05-01T08:00:00Z,2016-05-02T00:00:00Z,110.0,\"CENTRO, NORTE\",Yes",
            "1,3,2016-05-01 08:00:00,2016-05-02,0,B,No")
        #expect(trace.faults.isEmpty)
        #expect(trace.rows.map(\.clinic) == ["CENTRO, NORTE", "B"])
        #expect(trace.rows[0].bookedWallSecond == trace.rows[1].bookedWallSecond)
        #expect(trace.rows.map(\.cameNot) == [true, false])
    }

    @Test
    func `a file that is no trace says which column it lacks`() {
        let failure = #expect(throws: CommandFailure.self) { try Trace(Array("a,b\n1,2\n".utf8), name: "t.csv") }
        #expect(failure?.status == .usage)
        #expect(failure?.problem == "t.csv has no column ‘PatientId’")
        #expect(throws: CommandFailure.self) { try Trace([], name: "t.csv") }
        let twice = #expect(throws: CommandFailure.self) {
            try Trace(Array("\n\(Self.header),Age\n".utf8), name: "t.csv")
        }
        #expect(twice?.problem == "t.csv line 2: the column ‘Age’ stands there twice")
    }

    @Test
    func `each goes into the least filled slot after the booking, the earliest of equals`() throws {
        var trace = try trace(
            // Booked the day before: from the first slot on, one each.
            "1,11,2016-05-01 08:00:00,2016-05-02,40,A,No", "2,12,2016-05-01 08:00:01,2016-05-02,40,A,No",
            // Booked on the day at 21:20: slots 62 and 63 lie ahead.
            "3,13,2016-05-02 21:20:00,2016-05-02,40,A,No",
            // Not before 07:15, when slot 5 begins; a slot that begins just then is too early.
            "4,14,2016-05-02 07:15:00,2016-05-02,40,A,No",
            // Nothing lies ahead: the last slot, without a unit of its own.
            "5,15,2016-05-03 09:00:00,2016-05-02,40,A,No")
        let plan = try TracePlan(&trace)
        #expect(plan.bookings.map(\.appointment) == ["11", "12", "14", "13", "15"])
        #expect(plan.bookings.map(\.slot) == [0, 1, 6, 62, 63])
        #expect(plan.sessions.count == 1)
        #expect(plan.sessions[0].capacities.enumerated().filter { $0.element > 0 }.map(\.offset) == [0, 1, 6, 62])
        #expect(trace.oddities[.late] == Trace.Tally(count: 1, firstLine: 6))
    }

    @Test
    func `a patient is planned into two clinics at two times, as long as there are two`() throws {
        var trace = try trace(
            "1,11,2016-05-01 08:00:00,2016-05-02,40,A,No", "1,12,2016-05-01 08:00:00,2016-05-02,40,B,No",
            "1,13,2016-05-02 21:35:00,2016-05-02,40,C,No", "1,14,2016-05-02 21:35:00,2016-05-02,40,D,No")
        let plan = try TracePlan(&trace)
        #expect(plan.bookings.map(\.slot) == [0, 1, 63, 63])
        #expect(plan.clinics == ["A", "B", "C", "D"])
    }

    @Test
    func `a session whose only visit came too late still offers something`() throws {
        var trace = try trace("1,11,2016-05-03 08:00:00,2016-05-02,40,A,No")
        let plan = try TracePlan(&trace)
        #expect(plan.sessions[0].capacities.reduce(0, +) == 1)
    }

    @Test
    func `sessions begin at six on the wall clock, in summer and in winter`() throws {
        var trace = try trace(
            "1,11,2016-01-01 08:00:00,2016-02-20,40,A,No", "1,12,2016-01-01 08:00:00,2016-02-22,40,A,No")
        let plan = try TracePlan(&trace)
        let clock = try HospitalClock(zone: TracePlan.zone)
        #expect(
            plan.sessions.map { clock.iso($0.start) } == [
                "2016-02-20T06:00:00.000-02:00", "2016-02-22T06:00:00.000-03:00",
            ])
    }

    @Test
    func `keys come from the trace alone, and no two writes share one`() {
        #expect(ReplayKeys.key(.book, "5642903").description == "74726163650000000000000000561a97")
        var keys: Set<IdempotencyKey> = []
        for id in ["5642903", "5642904", "5642903.5", "99999999999999999999999"] {
            for write in [ReplayKeys.Write.book, .arrive, .call, .start, .complete, .noShow] {
                for attempt in [0, 1, 255] { keys.insert(ReplayKeys.key(write, id, attempt: attempt)) }
            }
        }
        #expect(keys.count == 4 * 6 * 3)
    }

    @Test
    func `a refusal is lawful only where the trace gives its reason`() throws {
        var trace = try trace(
            "1,11,2016-05-01 08:00:00,2016-05-02,40,A,No", "1,12,2016-05-01 08:00:00,2016-05-02,40,B,No",
            "2,13,2016-05-03 08:00:00,2016-05-02,40,A,No")
        let plan = try TracePlan(&trace)
        var answers = [ReplayPass.Answer](repeating: .init(), count: 3)
        answers[0].taken = (AppointmentID(rawValue: 1), 0)
        let law = RefusalLaw(plan: plan, answers: answers, perDayDepartment: 1)
        #expect(law.allows(.slotPast, booking: 2, slot: 63))
        #expect(!law.allows(.slotPast, booking: 1, slot: 1))
        #expect(law.allows(.overlap, booking: 1, slot: 0))
        #expect(!law.allows(.overlap, booking: 1, slot: 1))
        #expect(law.allows(.perDayDepartment, booking: 0, slot: 1))
        #expect(!law.allows(.perDayDepartment, booking: 1, slot: 1))
        #expect(law.allows(.slotFull, booking: 0, slot: 0))
        #expect(!law.allows(.slotFull, booking: 1, slot: 1))
        #expect(!law.allows(.version, booking: 0, slot: 0))
        #expect(
            !RefusalLaw(plan: plan, answers: answers, perDayDepartment: 0).allows(
                .perDayDepartment, booking: 0, slot: 1))
    }
}
