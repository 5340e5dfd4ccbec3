package import Scheduling

/// What a judge may have had before it: the hospital as it was somewhere between two positions, the moment, and what
/// others may have claimed. Where nothing is in doubt, everything said of it is exact.
package struct Situation: Sendable {
    package let model: NaiveModel
    package let now: Instant
    /// The catalogue was as at one of these positions,
    let catalogue: ClosedRange<UInt64>
    /// and the appointments as at one of these.
    let visits: ClosedRange<UInt64>
    /// A claim is invisible in the journal, so all that may have claimed something counts.
    let beside: [Wish]
    /// Between which moments it was judged; `now` alone, unless a reading leaves that in doubt.
    package var clock: ClosedRange<Instant>

    /// Everything as it is now, and nothing beside.
    package init(_ model: NaiveModel, now: Instant) {
        self.init(model, from: .max, to: .max, now: now)
    }

    /// Everything as it was at one of the positions from `low` to `high`, beside these wishes.
    /// - Parameter isInPlace: the appointments were as at the last position, and only the catalogue is older.
    package init(
        _ model: NaiveModel, from low: UInt64, to high: UInt64, now: Instant, beside: [Wish] = [],
        isInPlace: Bool = false
    ) {
        self.model = model
        self.now = now
        catalogue = low...max(low, high)
        visits = isInPlace ? catalogue.upperBound...catalogue.upperBound : catalogue
        self.beside = beside
        clock = now...now
    }

    /// Everything as a fact at `position` finds it: the appointments as they are, while the catalogue is read a little
    /// before, from `low` on.
    package init(_ model: NaiveModel, factAt position: UInt64, decidedFrom low: UInt64, now: Instant) {
        self.model = model
        self.now = now
        catalogue = low...max(low, position)
        visits = position...position
        beside = []
        clock = now...now
    }

    // MARK: What is asked

    /// One place of a wish and the appointment it touches, with what the rules want to know of them.
    struct Asked {
        var touched: Touched?
        var place: Place?
    }

    /// An appointment that is touched.
    struct Touched {
        let touch: Wish.Touch
        let by: Origin
        /// Nil where no fact told of it.
        let visit: NaiveModel.Visit?
        let sitting: NaiveModel.Sitting?
        /// What it may have been found as; nothing where it was archived all the time.
        let versions: [(number: UInt32, state: AppointmentState)]
        let mayBeGone: Bool
    }

    /// A place that is asked for.
    struct Place {
        let wish: Wish
        let patient: PatientID?
        let service: ServiceID?
        /// Nil where the wish does not say.
        let patientClass: PatientClass?
        let sitting: NaiveModel.Sitting
        let department: DepartmentID
        /// The first of its slots.
        let first: Int
        /// What the service may have taken.
        let demands: [Wish.Demand]
        /// The policies that may have judged.
        var policies: [Policy]
        let givenUp: NaiveModel.Visit?
        /// The places of the same wish that were granted before this one.
        let before: ArraySlice<Wish.Place>

        var date: LocalDate { sitting.date(first) }

        func slots(_ demand: Wish.Demand) -> Range<Int> { first..<first + demand.slots }

        /// The demands that the session has room for, whatever is taken in it.
        var fitting: [Wish.Demand] { demands.filter { first + $0.slots <= sitting.capacities.count } }
    }

    /// What is asked with one place of a wish. Of what no fact told there is nothing.
    func asked(_ wish: Wish, _ item: Int) -> Asked {
        var asked = Asked(touched: wish.touch.map { touched($0, by: wish.by) })
        guard wish.places.indices.contains(item) else { return asked }
        let place = wish.places[item]
        let first = Int(place.slot.index)
        let givenUp = asked.touched?.visit
        guard let sitting = model.sittings[place.slot.session],
            first < sitting.capacities.count || sitting.archived != nil,
            let department = model.department(of: sitting.id.pool), wish.touch == nil || givenUp != nil
        else { return asked }
        let service = place.service ?? givenUp?.service
        asked.place = Place(
            wish: wish, patient: wish.patient ?? givenUp?.patient, service: service,
            patientClass: place.patientClass ?? givenUp?.patientClass, sitting: sitting, department: department,
            first: first, demands: demands(place, service),
            policies: model.policies(of: department, in: catalogue), givenUp: givenUp, before: wish.places[..<item])
        return asked
    }

    private func touched(_ touch: Wish.Touch, by origin: Origin) -> Touched {
        let visit = model.visits[touch.appointment]
        let sitting = model.sittings[touch.appointment.session]
        let archived = sitting?.archived
        let isGone = archived.map { $0 <= visits.lowerBound } ?? false
        let versions = visit.map { visit in
            visit.inForce(visits).map { (number: UInt32($0) + 1, state: visit.versions[$0].state) }
        }
        return Touched(
            touch: touch, by: origin, visit: visit, sitting: sitting, versions: isGone ? [] : versions ?? [],
            mayBeGone: archived != nil)
    }

    private func demands(_ place: Wish.Place, _ service: ServiceID?) -> [Wish.Demand] {
        if let demand = place.demand { return [demand] }
        return service.map { demands(of: $0) } ?? []
    }

    /// What a service may have taken.
    package func demands(of service: ServiceID) -> [Wish.Demand] {
        NaiveModel.versions(service.rawValue, of: model.services)?.inForce(catalogue).map {
            Wish.Demand(slots: Int($0.slots), units: Int($0.units))
        } ?? []
    }

    /// A pool as it may have been.
    package func pools(_ id: PoolID) -> [Pool] {
        NaiveModel.versions(id.rawValue, of: model.pools)?.inForce(catalogue) ?? []
    }

    // MARK: Units

    /// The units that were free in a slot: at least, when all that may have been claimed was, and at most.
    package func free(_ sitting: NaiveModel.Sitting, _ slot: Int) -> ClosedRange<Int> {
        free(sitting, slot, of: sitting.capacity(slot, in: visits), givenUp: nil, isPassedOn: false)
    }

    /// The units that appointments had in a slot: at least, and at most, with all that may have been claimed.
    package func taken(_ sitting: NaiveModel.Sitting, _ slot: Int) -> ClosedRange<Int> {
        // Of a slot without locks everything that is not taken is free.
        let capacity = sitting.capacities[slot]
        let free = free(sitting, slot, of: capacity...capacity, givenUp: nil, isPassedOn: false)
        return max(0, capacity - free.upperBound)...max(0, capacity - free.lowerBound)
    }

    /// The units that were free in a slot for a place that is asked for.
    func free(_ slot: Int, for place: Place, _ demand: Wish.Demand) -> ClosedRange<Int> {
        let old = place.givenUp
        // What the old place of a move has is passed on to the new one where both have the same shape. Else it stands
        // in the way of the wish, though not of its fact.
        let isPassedOn = old.map { $0.slots.count == demand.slots && $0.units == demand.units } ?? false
        // A write of several places claims them first; a lock that comes between claim and fact stands before the fact.
        let isClaimed = place.wish.places.count > 1 || place.wish.touch != nil
        let capacity = place.sitting.capacity(slot, in: isClaimed ? catalogue : visits)
        let free = free(place.sitting, slot, of: capacity, givenUp: old?.id, isPassedOn: isPassedOn)
        let before = place.before.map { units(of: $0, place.wish, in: place.sitting, slot) }
        // What is passed on is there, whatever else may not be sold.
        let passedOn =
            old.map { isPassedOn && $0.id.session == place.sitting.id && $0.slots.contains(slot) ? $0.units : 0 } ?? 0
        let least = max(free.lowerBound, passedOn) - before.reduce(0) { $0 + $1.upperBound }
        return least...max(free.upperBound, passedOn) - before.reduce(0) { $0 + $1.lowerBound }
    }

    private func free(
        _ sitting: NaiveModel.Sitting, _ slot: Int, of capacity: ClosedRange<Int>, givenUp: AppointmentID?,
        isPassedOn: Bool
    ) -> ClosedRange<Int> {
        let least = model.units(sitting, slot: slot) { $0.id != givenUp && model.surelyOccupies($0, in: visits) }
        let most = model.units(sitting, slot: slot) {
            !(isPassedOn && $0.id == givenUp) && model.mayOccupy($0, in: visits)
        }
        let claimed = beside.reduce(0) { sum, wish in
            wish.claimsUnits
                ? wish.places.reduce(sum) { $0 + units(of: $1, wish, in: sitting, slot).upperBound } : sum
        }
        return capacity.lowerBound - most - claimed...capacity.upperBound - least
    }

    /// The units that the session of a place had sold, all slots together: at least, and at most, with what may have
    /// been claimed in it.
    func sold(for place: Place) -> ClosedRange<Int> {
        let sitting = place.sitting
        // A write of several places claims first; what is sold between claim and fact stands before the fact.
        let positions = place.wish.places.count > 1 || place.wish.touch != nil ? catalogue : visits
        let claims = beside.filter(\.claimsUnits).flatMap { wish in wish.places.map { (place: $0, wish: wish) } }
        var (least, most) = (0, 0)
        for slot in sitting.capacities.indices {
            let before = place.before.map { units(of: $0, place.wish, in: sitting, slot) }
            least += model.units(sitting, slot: slot) { model.surelyOccupies($0, in: positions) }
            least += before.reduce(0) { $0 + $1.lowerBound }
            most += model.units(sitting, slot: slot) { model.mayOccupy($0, in: positions) }
            most += before.reduce(0) { $0 + $1.upperBound }
            most += claims.reduce(0) { $0 + units(of: $1.place, $1.wish, in: sitting, slot).upperBound }
        }
        return least...max(least, most)
    }

    /// The units that a place of a wish takes in a slot.
    func units(
        of place: Wish.Place, _ wish: Wish, in sitting: NaiveModel.Sitting, _ slot: Int
    ) -> ClosedRange<Int> {
        guard place.slot.session == sitting.id else { return 0...0 }
        let first = Int(place.slot.index)
        let service = place.service ?? wish.touch.flatMap { model.visits[$0.appointment]?.service }
        let units = demands(place, service).map { (first..<first + $0.slots).contains(slot) ? $0.units : 0 }
        return (units.min() ?? 0)...(units.max() ?? 0)
    }

    // MARK: Patients

    /// Where a patient is at some time, at least perhaps.
    struct Stay {
        /// It is one of these, in minutes since 1970.
        var times: [Range<Int>]
        var date: LocalDate
        var department: DepartmentID
        var isCertain: Bool
        /// The fact that told of it; nil for a claim.
        var made: UInt64?
    }

    /// Where the patient of a place is beside it.
    func stays(beside place: Place) -> [Stay] {
        guard let patient = place.patient else { return [] }
        let told = (model.visitsOfPatient[patient] ?? []).compactMap { id -> Stay? in
            guard let visit = model.visits[id], id != place.givenUp?.id, model.mayOccupy(visit, in: visits) else {
                return nil
            }
            return stay(id.session, [visit.slots], isCertain: model.surelyOccupies(visit, in: visits), made: visit.made)
        }
        let own = place.before.compactMap { stay(of: $0, place.service, isCertain: true) }
        return told + own + beside.flatMap { wish in claimed(by: wish, for: patient) }
    }

    private func claimed(by wish: Wish, for patient: PatientID) -> [Stay] {
        let visit = wish.touch.flatMap { model.visits[$0.appointment] }
        guard (wish.patient ?? visit?.patient) == patient else { return [] }
        return places(of: wish).compactMap { stay(of: $0, visit?.service, isCertain: false) }
    }

    private func stay(of place: Wish.Place, _ service: ServiceID?, isCertain: Bool) -> Stay? {
        let first = Int(place.slot.index)
        let slots = demands(place, place.service ?? service).map { first..<first + $0.slots }
        return stay(place.slot.session, slots, isCertain: isCertain)
    }

    private func stay(_ session: SessionID, _ slots: [Range<Int>], isCertain: Bool, made: UInt64? = nil) -> Stay? {
        guard let sitting = model.sittings[session], let department = model.department(of: session.pool) else {
            return nil
        }
        let fitting = slots.filter { $0.upperBound <= sitting.capacities.count }
        guard let first = fitting.first?.lowerBound else { return nil }
        return Stay(
            times: fitting.map(sitting.time), date: sitting.date(first), department: department, isCertain: isCertain,
            made: made)
    }
}
