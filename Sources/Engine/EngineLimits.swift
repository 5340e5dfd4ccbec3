/// Everything has a limit. These are the engine's; `docs/reference/limits.md` lists them with what happens one past
/// each.
package enum EngineLimits {
    /// Slots one search returns.
    package static let slotsPerSearch = 5_000
    /// Slots one search returns when it does not say.
    package static let slotsPerSearchByDefault = 200
    /// Slots up to which a search is short: it goes with the others of its moment, and its answer is small enough to be
    /// written at once.
    package static let slotsPerShortSearch = 50
    /// Days one search or listing may span.
    package static let daysPerSearch = 400
    /// Days one counting may span: a calendar's sheet and more.
    package static let daysPerCounting = 62
    /// Days one report of counts may span: a year, leap years too, and a month more.
    package static let daysPerReport = 400
    /// Sessions that a report of counts looks at: a month of three thousand pools with two a day.
    package static let sessionsPerReport = 200_000
    /// Pools whose sessions are counted in one go of one shard, so that bookings get their turn between two.
    package static let poolsCountedPerTurn = 2
    /// Archived sessions that are read for a report between two looks whether others want the thread.
    package static let archivedCountedPerTurn = 64
    /// Departments and pools up to which a counting is short: it goes with the others of its moment.
    package static let placesPerShortCounting = 8
    /// Departments, resources and services that one search by name returns.
    package static let entitiesPerFinding = 200
    /// As many as it returns when it does not say.
    package static let entitiesPerFindingByDefault = 20
    /// Sessions one listing returns.
    package static let sessionsPerListing = 20_000
    /// Appointments, sessions or entities of one page.
    package static let itemsPerPage = 5_000
    /// Appointments one reading returns.
    package static let appointmentsPerReading = 20_000
    /// Sessions one generation from templates opens (or finds open): a month of three a day for two hundred templates.
    package static let sessionsPerGeneration = 20_000
    /// Sessions opened in one go of one shard, so that bookings get their turn between two.
    package static let sessionsOpenedPerTurn = 256
    /// Pools whose sessions are compared with their templates in one go of one shard.
    package static let poolsComparedPerTurn = 32
    /// Pairs of sessions that a refusal or the log names, where a resource is in both at one time.
    package static let clashesNamed = 10
    /// Pairs of such sessions that the status lists.
    package static let clashesListed = 100
    /// Milliseconds a key and its answer are remembered, unless the configuration says otherwise: a day.
    package static let keyWindowMilliseconds: Int64 = 86_400_000
    /// Milliseconds after its end at which a session whose appointments have all ended goes to the history table: a
    /// week.
    package static let archiveAfterMilliseconds: Int64 = 7 * 86_400_000
    /// Timers that run in one go of one shard, so that a go stays short.
    package static let timersPerTurn = 1_024
    /// Sessions archived in one go of one shard.
    package static let sessionsArchivedPerTurn = 256
    /// Appointments after which such a go takes no further session. A session is archived in one commit, whatever it
    /// holds, and the journal sets blocks aside for a commit beforehand: up to 16 KiB for each appointment, whose
    /// patients lie all over a table.
    package static let appointmentsArchivedPerTurn = 1_024
    /// Bytes of table writes that a checkpoint hands over at once; a single session may be more. What a write of a
    /// caller waits behind, and small beside the queue before the disk (64 MiB unless set otherwise).
    package static let checkpointSliceBytes = 512 << 10
    /// Milliseconds that a checkpoint pauses after a slice, at most.
    package static let checkpointPauseMilliseconds: Int64 = 200
    /// Sessions of one slice of a checkpoint: about a millisecond of a shard's time.
    package static let sessionsWrittenPerTurn = 32
    /// Values of outlived keys that a checkpoint removes at once.
    package static let keyValuesDroppedAtOnce = 1_024
    /// Milliseconds that stopping waits for the disk. What is not durable by then may or may not become so; nobody is
    /// told.
    package static let stopMilliseconds: Int64 = 10_000
    /// Bytes of records one reading of the change feed takes from the disk.
    package static let feedReadBytes = 1 << 20
    /// Bytes of log sent to a standby in one piece.
    package static let shippedBytes = 256 << 10
    /// Milliseconds between two looks for what is due: how late a hold may end.
    package static let timerTickMilliseconds: Int64 = 200
    /// Milliseconds between two looks whether a checkpoint is due.
    package static let checkpointTickMilliseconds: Int64 = 500
    /// Milliseconds between two notes on disk of what the standby has confirmed.
    package static let confirmedTickMilliseconds: Int64 = 1_000
    /// Milliseconds between two looks whether a primary goes on without its standby.
    package static let standbyTickMilliseconds: Int64 = 200
    /// Milliseconds between two looks for what readers of the feed have confirmed: what a crash may forget of it.
    package static let readerTickMilliseconds: Int64 = 1_000
    /// Milliseconds between two looks whether more of what a subscription was told is safe from failovers.
    package static let settledTickMilliseconds: Int64 = 100
    /// Milliseconds between two looks at the zone tables of the machine.
    package static let zoneTickMilliseconds: Int64 = 60_000
    /// Milliseconds between two looks whether the days ahead are to be opened.
    package static let rollTickMilliseconds: Int64 = 30_000
    /// Milliseconds between two looks for sessions to archive.
    package static let archiveTickMilliseconds: Int64 = 60_000
    /// The latest moment that a trial's clock shows, in milliseconds since 1970: in September 2096.
    package static let clockEndMilliseconds: Int64 = 3_999_000_000_000
    /// Milliseconds that a trial's clock may be moved at once: 366 days.
    package static let clockAdvanceMilliseconds: Int64 = 366 * 86_400_000
    /// Milliseconds by which the wall clock may differ from the engine's time before that is a fault of the wall clock.
    /// Up to here the difference is made up.
    package static let clockToleranceMilliseconds: Int64 = 5_000
    /// What part of the time that passes is made up of such a difference: a twentieth, so 50 ms a second.
    package static let clockSlewDivisor: Int64 = 20
    /// Milliseconds from the journal's latest moment up to which a start believes a wall clock that the kernel does not
    /// call synchronised. Half a day: a restart is one, and no key that is younger is forgotten by it.
    package static let clockGapMilliseconds: Int64 = 43_200_000
    /// Milliseconds after a start up to which a wall clock that was doubted at it may still be believed by itself. A
    /// day: a time server is found by then.
    package static let clockDoubtMilliseconds: Int64 = 86_400_000
    /// Milliseconds between two looks at how the wall clock stands.
    package static let clockTickMilliseconds: Int64 = 1_000
    /// Milliseconds after which the journal is told the time where nothing else told it.
    package static let momentKeptMilliseconds: Int64 = 60_000
}
