import Wire

/// What can be booked, and under which policy. Entities refer to each other by the hospital's own codes; the ids are
/// the engine's, and are ignored in a put.
public struct Catalogue: Hashable, Sendable {
    /// The hospital itself; nil in a put leaves it as it is.
    public var hospital: Hospital?
    /// 科室.
    public var departments: [Department]
    /// 资源.
    public var resources: [Resource]
    /// 服务项目.
    public var services: [Service]
    /// 号源池.
    public var pools: [Pool]
    /// 策略.
    public var policies: [Policy]
    /// 排班模板.
    public var templates: [Template]
    /// 日历.
    public var calendars: [Calendar]
    /// 请假.
    public var leaves: [Leave]
    /// The clock changes that the hospital goes by, the earliest first: they are kept with its data. The server tells
    /// them; a put ignores them, and a server of an earlier version leaves them empty.
    public var clockChanges: [ClockChange] = []

    /// A catalogue of these entities.
    public init(
        hospital: Hospital? = nil, departments: [Department] = [], resources: [Resource] = [], services: [Service] = [],
        pools: [Pool] = [], policies: [Policy] = [], templates: [Template] = [], calendars: [Calendar] = [],
        leaves: [Leave] = []
    ) {
        self.hospital = hospital
        self.departments = departments
        self.resources = resources
        self.services = services
        self.pools = pools
        self.policies = policies
        self.templates = templates
        self.calendars = calendars
        self.leaves = leaves
    }

    /// The hospital's name and zone.
    public struct Hospital: Hashable, Sendable {
        /// At most 256 bytes.
        public var name: String
        /// IANA name, such as `Asia/Shanghai`.
        public var timeZone: String
        /// In a put: take the zone's clock changes from the server's zone tables also where the hospital has that zone
        /// already. Otherwise it keeps those it has.
        public var fromTables: Bool

        /// A hospital in a time zone.
        public init(name: String, timeZone: String, fromTables: Bool = false) {
            self.name = name
            self.timeZone = timeZone
            self.fromTables = fromTables
        }
    }

    /// From a moment on, wall clocks are so far ahead of UTC. The first of several holds before it, too.
    public struct ClockChange: Hashable, Sendable {
        /// The moment.
        public var from: Instant
        /// Seconds ahead of UTC.
        public var offset: Int32
    }

    /// 科室: owns resources and policies.
    public struct Department: Hashable, Sendable {
        /// Handed out by the engine; 0 in a put.
        public var id: DepartmentID
        /// The hospital's own, at most 64 bytes.
        public var code: String
        /// At most 256 bytes.
        public var name: String

        /// A department to put.
        public init(id: DepartmentID = .init(rawValue: 0), code: String, name: String) {
            self.id = id
            self.code = code
            self.name = name
        }
    }

    /// 资源: a practitioner, a device, a room, a lab desk.
    public struct Resource: Hashable, Sendable {
        /// Handed out by the engine; 0 in a put.
        public var id: ResourceID
        /// The hospital's own, at most 64 bytes.
        public var code: String
        /// At most 256 bytes.
        public var name: String
        /// What it is.
        public var kind: ResourceKind
        /// Code of its department.
        public var department: String

        /// A resource to put.
        public init(
            id: ResourceID = .init(rawValue: 0), code: String, name: String, kind: ResourceKind, department: String
        ) {
            self.id = id
            self.code = code
            self.name = name
            self.kind = kind
            self.department = department
        }
    }

    /// 服务项目: what is booked. It takes `units` units in each of `slots` neighbouring slots.
    public struct Service: Hashable, Sendable {
        /// Handed out by the engine; 0 in a put.
        public var id: ServiceID
        /// The hospital's own, at most 64 bytes.
        public var code: String
        /// At most 256 bytes.
        public var name: String
        /// What it is.
        public var kind: ServiceKind
        /// Neighbouring slots, 1 to 32.
        public var slots: UInt32
        /// Units in each slot, from 1.
        public var units: UInt32
        /// Price in 1/100 of the currency.
        public var priceFen: UInt32
        /// Told to the patient, at most 2,048 bytes.
        public var preparation: String

        /// A service to put.
        public init(
            id: ServiceID = .init(rawValue: 0), code: String, name: String, kind: ServiceKind, slots: UInt32 = 1,
            units: UInt32 = 1, priceFen: UInt32 = 0, preparation: String = ""
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

    /// 号源池: the bookable time of one resource, or of several that are interchangeable.
    public struct Pool: Hashable, Sendable {
        /// Handed out by the engine; 0 in a put.
        public var id: PoolID
        /// The hospital's own, at most 64 bytes.
        public var code: String
        /// At most 256 bytes.
        public var name: String
        /// Code of its department.
        public var department: String
        /// Codes of its resources.
        public var resources: [String]
        /// Codes of the services it offers.
        public var services: [String]

        /// A pool to put.
        public init(
            id: PoolID = .init(rawValue: 0), code: String, name: String, department: String, resources: [String],
            services: [String]
        ) {
            self.id = id
            self.code = code
            self.name = name
            self.department = department
            self.resources = resources
            self.services = services
        }
    }

    /// 条款: one rule's terms within a policy, whom it concerns and what it allows. Which fields a rule reads, and what
    /// they mean to it, stands with the rule; the engine refuses terms of a rule that takes none. Lists are sets: their
    /// order says nothing.
    public struct PolicyTerm: Hashable, Sendable {
        /// The rule they are for.
        public var rule: Rule
        /// Codes of the services it concerns, at most 1,024; empty: every service.
        public var services: [String]
        /// Codes of the pools it concerns, at most 1,024; empty: every pool of the policy's department, or of the
        /// hospital.
        public var pools: [String]
        /// Channels; ``Channel/system`` is none of them.
        public var channels: [Channel]
        /// Classes of patients; empty: every class.
        public var classes: [PatientClass]
        /// A count.
        public var limit: UInt32
        /// With ``at``: so many days before the day of the slot, at most 366.
        public var days: UInt32
        /// A time on the wall clocks of the hospital's zone; nil where the rule reads none.
        public var at: WallTime?
        /// So many minutes before the slot starts, at most 527,040 (366 days).
        public var minutes: UInt32
        /// Of a ladder of no-shows: days that a block lasts, 1 to 366.
        public var blockDays: UInt32
        /// Of a ladder: what a cancellation within ``minutes`` counts, in percent of a no-show.
        public var weight: UInt32

        /// Terms to put in a policy.
        public init(
            rule: Rule, services: [String] = [], pools: [String] = [], channels: [Channel] = [],
            classes: [PatientClass] = [], limit: UInt32 = 0, days: UInt32 = 0, at: WallTime? = nil, minutes: UInt32 = 0,
            blockDays: UInt32 = 0, weight: UInt32 = 0
        ) {
            self.rule = rule
            self.services = services
            self.pools = pools
            self.channels = channels
            self.classes = classes
            self.limit = limit
            self.days = days
            self.at = at
            self.minutes = minutes
            self.blockDays = blockDays
            self.weight = weight
        }
    }

    /// 策略: what a department, or the hospital, allows. A change makes a new version; a refusal names the version that
    /// judged. A department's own policy takes the place of the hospital's whole: numbers and terms.
    public struct Policy: Hashable, Sendable {
        /// Code; empty for the hospital's default.
        public var department: String
        /// Set by the engine; 0 in a put.
        public var version: UInt32
        /// Appointments of one patient on one day in one department; nil: no limit.
        public var perDayDepartment: UInt32?
        /// Appointments of one patient on one day; nil: no limit.
        public var perDay: UInt32?
        /// Seconds a hold waits for its confirmation, 1 to 86,400.
        public var holdSeconds: UInt32
        /// What the rules that take terms are told, at most 64.
        public var terms: [PolicyTerm]

        /// A policy to put.
        public init(
            department: String = "", version: UInt32 = 0, perDayDepartment: UInt32? = nil, perDay: UInt32? = nil,
            holdSeconds: UInt32 = 900, terms: [PolicyTerm] = []
        ) {
            self.department = department
            self.version = version
            self.perDayDepartment = perDayDepartment
            self.perDay = perDay
            self.holdSeconds = holdSeconds
            self.terms = terms
        }
    }

    /// 排班模板: a weekly pattern that sessions are generated from.
    public struct Template: Hashable, Sendable {
        /// Handed out by the engine; 0 in a put.
        public var id: TemplateID
        /// The hospital's own, at most 64 bytes.
        public var code: String
        /// Code of the pool.
        public var pool: String
        /// Bit 0 for Monday to bit 6 for Sunday.
        public var weekdays: UInt32
        /// When a session starts, in the hospital's zone.
        public var start: WallTime
        /// Length of each slot in minutes, 1 to 1,440.
        public var slotMinutes: UInt32
        /// Number of slots, 1 to 512.
        public var slots: UInt32
        /// Units in each slot, 1 to 10,000.
        public var capacity: UInt32
        /// The first day it holds; nil: always did.
        public var validFrom: LocalDate?
        /// The last day it holds; nil: for ever.
        public var validUntil: LocalDate?
        /// Code of the calendar that it follows; nil: none, and holidays are days as others.
        public var calendar: String?
        /// Days on which it does not go by its week, each once, at most 400.
        public var exceptions: [Exception]

        /// A template to put.
        public init(
            id: TemplateID = .init(rawValue: 0), code: String, pool: String, weekdays: UInt32, start: WallTime,
            slotMinutes: UInt32, slots: UInt32, capacity: UInt32, validFrom: LocalDate? = nil,
            validUntil: LocalDate? = nil, calendar: String? = nil, exceptions: [Exception] = []
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
}

/// What a put of the catalogue did.
public struct CatalogueChange: Hashable, Sendable {
    /// Entities that are new.
    public var added: Int
    /// Entities that changed.
    public var changed: Int
    /// Entities that stood already, the same.
    public var unchanged: Int
    /// Where in the journal.
    public var position: Position

    init(_ wire: PBPutCatalogueReply) {
        added = Int(wire.added)
        changed = Int(wire.changed)
        unchanged = Int(wire.unchanged)
        position = Position(rawValue: wire.position)
    }
}
