/// Everything has a limit. These are the domain's; `docs/reference/limits.md` lists them with what happens one past
/// each.
package enum Limits {
    /// Sessions a pool can ever have: 20 bits of an id, about 950 years of three a day.
    package static let sessionsPerPool: UInt32 = 1 << 20
    /// Slots of one session: keeps a session's definition inside one small value.
    package static let slotsPerSession = 512
    /// Numbers one session can give out: 20 bits of an id, less 0.
    package static let numbersPerSession: UInt32 = (1 << 20) - 1
    /// Locks of one session in its life, ended ones too.
    package static let locksPerSession = 64
    /// Appointments that one fact of a stop names: with all of its lines it fits the smallest push of the feed.
    package static let appointmentsPerStop = 400
    /// Units of one slot.
    package static let capacityPerSlot = 10_000
    /// Minutes of one slot: a day.
    package static let slotMinutes = 1_440
    /// Minutes of one session: a session may cross midnight, not last longer than two days.
    package static let sessionMinutes = 2_880
    /// Neighbouring slots one service may take.
    package static let slotsPerService = 32
    /// Appointments the engine keeps in memory for one patient, ended ones of unarchived sessions included.
    package static let appointmentsPerPatient = 500
    /// Appointments of one joint booking.
    package static let itemsTogether = 16
    /// Slots of one choice, in the order in which they are wanted.
    package static let itemsOfChoice = 32
    /// Payments of one appointment, those that went back too.
    package static let paymentsPerAppointment = 16
    /// Bytes of the reference of a payment, and of a refund.
    package static let paymentReferenceBytes = 64
    /// Patients of one registration, identifiers of one search, sessions of one opening, templates of one generation.
    package static let itemsPerRequest = 8_192
    /// Conflicts that the answer to an opening of sessions tells, and that its key remembers.
    package static let conflictsRemembered = 4_096
    /// Bytes of an entity's code.
    package static let codeBytes = 64
    /// Bytes of an entity's name.
    package static let nameBytes = 256
    /// Bytes of a service's preparation text.
    package static let preparationBytes = 2_048
    /// Bytes of an operator's name.
    package static let operatorBytes = 64
    /// Bytes of a reason.
    package static let reasonBytes = 256
    /// Bytes of an identifier's system, and of its value.
    package static let identifierBytes = 128
    /// Identifiers of one patient.
    package static let identifiersPerPatient = 16
    /// Pools: 24 bits of an id.
    package static let pools: UInt32 = (1 << 24) - 1
    /// Entities of one kind in the catalogue.
    package static let entitiesPerKind = 100_000
    /// Bytes of the catalogue as it is listed for a reader, at most: one frame of 4 MiB must hold it, or nobody could
    /// read it.
    package static let catalogueBytes = 32_000_000
    /// Bytes of one policy as the catalogue's readers get it: a frame holds it.
    package static let policyBytes = 1_000_000
    /// Characters (scalars) of a text by which departments, resources and services are looked for: the bits of a word
    /// tell the places in it apart.
    package static let entityTextScalars = 60
    /// Departments, and pools, that one counting of days names.
    package static let placesPerCounting = 256
    /// Resources of one pool, and services it offers.
    package static let membersPerPool = 1_024
    /// Terms of one policy.
    package static let termsPerPolicy = 64
    /// Services of one policy term, and pools, channels, classes. With all of its terms full a policy still fits one
    /// record of the journal.
    package static let membersPerTerm = 1_024
    /// Days before the day of a slot that a policy term may name, and minutes before its start: 366 days.
    package static let daysOfTerm: UInt32 = 366
    package static let minutesOfTerm: UInt32 = 527_040
    /// Minutes before its start within which a cancellation may count against a patient: two days.
    package static let minutesOfConduct: UInt32 = 2_880
    /// Seconds a hold may be given: a day.
    package static let holdSeconds: UInt32 = 86_400
    /// The highest epoch: a promotion every second for thirty years. None above it is believed, from wherever it comes,
    /// so that there is a next one for as long as nobody makes epochs up.
    package static let epoch: UInt32 = 1_000_000_000
    /// Readers of the change feed that have a name.
    package static let readers = 64
    /// Bytes of a reader's name.
    package static let readerNameBytes = 64
    /// Days of one calendar that are not what their weekday says.
    package static let daysPerCalendar = 1_000
    /// Bytes of a calendar's source.
    package static let sourceBytes = 256
    /// Days on which one template does not go by its week.
    package static let exceptionsPerTemplate = 400
    /// Bytes of an exception's reason.
    package static let exceptionReasonBytes = 64
    /// Days one generation of sessions may span.
    package static let generationDays = 400
}
