/// The hospital itself: its name, and the zone its wall clocks follow.
package struct Hospital: Hashable, Sendable {
    package var name: String
    package var zone: TimeZoneRules

    package init(name: String, zone: TimeZoneRules) {
        self.name = name
        self.zone = zone
    }
}

/// 科室: owns resources and policies.
package struct Department: Hashable, Sendable {
    package var id: DepartmentID
    package var code: String
    package var name: String

    package init(id: DepartmentID, code: String, name: String) {
        self.id = id
        self.code = code
        self.name = name
    }
}

/// 资源: a practitioner 医师, a device 设备, a room 诊室, a lab desk.
package struct Resource: Hashable, Sendable {
    /// The numbers are those of the wire and of the journal.
    package enum Kind: UInt8, Hashable, Sendable { case practitioner = 1, device, room, desk }

    package var id: ResourceID
    package var code: String
    package var name: String
    package var kind: Kind
    package var department: DepartmentID

    package init(id: ResourceID, code: String, name: String, kind: Kind, department: DepartmentID) {
        self.id = id
        self.code = code
        self.name = name
        self.kind = kind
        self.department = department
    }
}

/// 服务项目: what is booked. An appointment for it takes `units` units in each of `slots` neighbouring slots.
package struct Service: Hashable, Sendable {
    /// The numbers are those of the wire and of the journal; they never change.
    package enum Kind: UInt8, Hashable, Sendable { case clinic = 1, exam, lab }

    package var id: ServiceID
    package var code: String
    package var name: String
    package var kind: Kind
    package var slots: UInt8
    package var units: UInt16
    /// 1/100 of the currency.
    package var priceFen: UInt32
    package var preparation: String

    package init(
        id: ServiceID, code: String, name: String, kind: Kind, slots: UInt8, units: UInt16, priceFen: UInt32,
        preparation: String
    ) {
        self.id = id
        self.code = code
        self.name = name
        self.kind = kind
        self.slots = slots
        self.units = units
        self.priceFen = priceFen
        self.preparation = preparation
    }
}

/// 号源池: the bookable time of one resource, or of several that are interchangeable; the unit of sharding.
package struct Pool: Hashable, Sendable {
    package var id: PoolID
    package var code: String
    package var name: String
    package var department: DepartmentID
    package var resources: [ResourceID]
    package var services: [ServiceID]

    package init(
        id: PoolID, code: String, name: String, department: DepartmentID, resources: [ResourceID], services: [ServiceID]
    ) {
        self.id = id
        self.code = code
        self.name = name
        self.department = department
        self.resources = resources
        self.services = services
    }
}

/// 策略: what a department (or, without one, the hospital) allows. Every change is a new version.
package struct Policy: Hashable, Sendable {
    package var department: DepartmentID?
    package var version: UInt32
    /// Appointments of one patient on one day in one department; 0 for no limit.
    package var perDayDepartment: UInt32
    /// Appointments of one patient on one day in all; 0 for no limit.
    package var perDay: UInt32
    /// How long a hold waits for its confirmation.
    package var holdSeconds: UInt32
    /// What the rules that take terms are told, in the order in which the hospital gave them.
    package var terms: [PolicyTerm]

    package init(
        department: DepartmentID?, version: UInt32, perDayDepartment: UInt32, perDay: UInt32, holdSeconds: UInt32,
        terms: [PolicyTerm] = []
    ) {
        self.department = department
        self.version = version
        self.perDayDepartment = perDayDepartment
        self.perDay = perDay
        self.holdSeconds = holdSeconds
        self.terms = terms
    }

    /// What holds until the hospital says otherwise: no limits but that a person is in one place at a time, 15 minutes
    /// to pay (published notices: 10 to 30).
    package static let initial = Policy(department: nil, version: 1, perDayDepartment: 0, perDay: 0, holdSeconds: 900)

    package func allowsTheSame(as other: Policy) -> Bool {
        perDayDepartment == other.perDayDepartment && perDay == other.perDay && holdSeconds == other.holdSeconds
            && terms == other.terms
    }
}

/// 排班模板: a weekly pattern with a validity, from which sessions are generated.
package struct Template: Hashable, Sendable {
    package var id: TemplateID
    package var code: String
    package var pool: PoolID
    /// Bit 0 for Monday to bit 6 for Sunday.
    package var weekdays: UInt8
    package var start: WallTime
    package var slotMinutes: UInt16
    package var slots: UInt16
    /// Units in each slot.
    package var capacity: UInt16
    package var validFrom: LocalDate?
    package var validUntil: LocalDate?
    /// The one that it follows; nil where it follows none.
    package var calendar: CalendarID?
    /// In the order of their days, each once.
    package var exceptions: [TemplateException]

    package init(
        id: TemplateID, code: String, pool: PoolID, weekdays: UInt8, start: WallTime, slotMinutes: UInt16,
        slots: UInt16, capacity: UInt16, validFrom: LocalDate?, validUntil: LocalDate?,
        calendar: CalendarID? = nil, exceptions: [TemplateException] = []
    ) {
        self.id = id
        self.code = code
        self.pool = pool
        self.weekdays = weekdays
        self.start = start
        self.slotMinutes = slotMinutes
        self.slots = slots
        self.capacity = capacity
        self.validFrom = validFrom
        self.validUntil = validUntil
        self.calendar = calendar
        self.exceptions = exceptions
    }
}

/// One entity of the catalogue, whole. A put is the catalogue's only event: the newest version of an entity wins.
package enum CatalogueEntity: Hashable, Sendable {
    case hospital(Hospital)
    case department(Department)
    case resource(Resource)
    case service(Service)
    case pool(Pool)
    case policy(Policy)
    case template(Template)
    case calendar(HolidayCalendar)
    case leave(Leave)
}
