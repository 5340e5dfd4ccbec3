/// A catalogue as people write it: entities refer to each other by code, and ids are not theirs to choose.
package struct CatalogueDraft: Sendable {
    /// A department by its code.
    package struct Department: Sendable {
        package var code, name: String
        package init(code: String, name: String) {
            self.code = code
            self.name = name
        }
    }

    /// A resource by its code, in a department by its code.
    package struct Resource: Sendable {
        package var code, name: String
        package var kind: Scheduling.Resource.Kind
        package var department: String
        package init(code: String, name: String, kind: Scheduling.Resource.Kind, department: String) {
            self.code = code
            self.name = name
            self.kind = kind
            self.department = department
        }
    }

    /// A service by its code. Numbers are checked when the draft is put.
    package struct Service: Sendable {
        package var code, name: String
        package var kind: Scheduling.Service.Kind
        package var slots, units, priceFen: UInt32
        package var preparation: String
        package init(
            code: String, name: String, kind: Scheduling.Service.Kind, slots: UInt32 = 1, units: UInt32 = 1,
            priceFen: UInt32 = 0, preparation: String = ""
        ) {
            self.code = code
            self.name = name
            self.kind = kind
            self.slots = slots
            self.units = units
            self.priceFen = priceFen
            self.preparation = preparation
        }
    }

    /// A pool by its code; department, resources and services by theirs.
    package struct Pool: Sendable {
        package var code, name, department: String
        package var resources, services: [String]
        package init(code: String, name: String, department: String, resources: [String], services: [String]) {
            self.code = code
            self.name = name
            self.department = department
            self.resources = resources
            self.services = services
        }
    }

    /// One rule's terms within a policy; services and pools by their codes.
    package struct PolicyTerm: Sendable {
        package var rule: Rule
        package var services, pools: [String]
        package var channels: [Channel]
        package var classes: [PatientClass]
        package var limit, days: UInt32
        package var at: WallTime?
        package var minutes: UInt32
        /// Of a ladder: days of the block, and percent of a late cancellation.
        package var blockDays, weight: UInt32
        package init(
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

    /// A policy of a department, or of the hospital.
    package struct Policy: Sendable {
        /// Empty for the hospital's default.
        package var department: String
        package var perDayDepartment, perDay, holdSeconds: UInt32
        package var terms: [PolicyTerm]
        package init(
            department: String, perDayDepartment: UInt32, perDay: UInt32, holdSeconds: UInt32, terms: [PolicyTerm] = []
        ) {
            self.department = department
            self.perDayDepartment = perDayDepartment
            self.perDay = perDay
            self.holdSeconds = holdSeconds
            self.terms = terms
        }
    }

    /// A template by its code, for a pool by its code.
    package struct Template: Sendable {
        package var code, pool: String
        /// Bit 0 for Monday to bit 6 for Sunday.
        package var weekdays: UInt32
        package var start: WallTime
        package var slotMinutes, slots, capacity: UInt32
        package var validFrom, validUntil: LocalDate?
        /// Empty where it follows none.
        package var calendar: String
        package var exceptions: [TemplateException]
        package init(
            code: String, pool: String, weekdays: UInt32, start: WallTime, slotMinutes: UInt32, slots: UInt32,
            capacity: UInt32, validFrom: LocalDate? = nil, validUntil: LocalDate? = nil, calendar: String = "",
            exceptions: [TemplateException] = []
        ) {
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

    package var hospital: Hospital?
    package var departments: [Department] = []
    package var resources: [Resource] = []
    package var services: [Service] = []
    package var pools: [Pool] = []
    package var policies: [Policy] = []
    package var templates: [Template] = []
    package var calendars: [Calendar] = []
    package var leaves: [Leave] = []

    package init() {}
}

/// What is wrong with a catalogue that was put: one sentence that names the entity and says what to mend.
package struct InvalidCatalogue: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// The events that make a draft true, and how many entities they add, change or leave alone.
package struct CataloguePut: Sendable {
    package var events: [CatalogueEntity] = []
    package var counts = CatalogueCounts()
}
