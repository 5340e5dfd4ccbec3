package import Scheduling

/// What a caller asks for, in the terms in which the rules judge: places to take, and an appointment to touch.
///
/// A new write is a new way to fill this in, and one more case of ``asks(for:)``.
package struct Wish: Sendable {
    /// What a service takes: neighbouring slots, and units in each of them.
    package struct Demand: Hashable, Sendable {
        package var slots: Int
        package var units: Int

        package init(slots: Int, units: Int) {
            self.slots = slots
            self.units = units
        }
    }

    /// A service in a slot, the first of those it takes.
    package struct Place: Hashable, Sendable {
        package var slot: SlotID
        /// Nil for the service of the appointment that is touched.
        package var service: ServiceID?
        /// What it takes, where that is known; nil for whatever the service takes when the wish is judged.
        package var demand: Demand?
        /// Nil where the request does not say, and for that of the appointment that is touched.
        package var patientClass: PatientClass?

        package init(
            slot: SlotID, service: ServiceID?, demand: Demand? = nil, patientClass: PatientClass? = nil
        ) {
            self.slot = slot
            self.service = service
            self.demand = demand
            self.patientClass = patientClass
        }
    }

    /// What is to become of an appointment that is there.
    package enum Act: Hashable, Sendable {
        case transition(Transition)
        /// It is given up for the place that the wish takes.
        case move
        /// Money came for it. After the end of its hold the wish is for its place, too: `Situation.places`.
        case pay
    }

    /// An appointment that is there, and what is wanted of it.
    package struct Touch: Hashable, Sendable {
        package var appointment: AppointmentID
        package var act: Act
        /// 0 for whatever its version.
        package var ifVersion: UInt32
        package var reason: String
        /// What is paid with it.
        package var payment: Payment?
    }

    package var by: Origin
    /// Who is to have the places; nil for the patient of the appointment that is touched.
    package var patient: PatientID?
    /// All of them, or none; of a choice the first that can be had.
    package var places: [Place] = []
    /// Whether the places are to be held, else booked at once. A move keeps what was.
    package var isHold = false
    package var touch: Touch?
    package var isChoice = false
    /// What takes no place and touches no appointment.
    package var other: Command?

    /// Anything that takes no place and touches no appointment.
    package static func other(_ command: Command, by origin: Origin) -> Wish { Wish(by: origin, other: command) }

    /// One appointment, or several of one patient.
    package static func take(_ places: [Place], for patient: PatientID?, isHold: Bool, by origin: Origin) -> Wish {
        Wish(by: origin, patient: patient, places: places, isHold: isHold)
    }

    /// The next state of an appointment.
    package static func change(
        _ id: AppointmentID, _ transition: Transition, ifVersion: UInt32 = 0, reason: String = "",
        payment: Payment? = nil, by origin: Origin
    ) -> Wish {
        let touch = Touch(
            appointment: id, act: .transition(transition), ifVersion: ifVersion, reason: reason, payment: payment)
        return Wish(by: origin, touch: touch)
    }

    /// The first of these that can be had.
    package static func choose(
        _ places: [Place], for patient: PatientID?, isHold: Bool, by origin: Origin
    ) -> Wish {
        var wish = take(places, for: patient, isHold: isHold, by: origin)
        wish.isChoice = true
        return wish
    }

    /// Money came for an appointment.
    package static func pay(_ id: AppointmentID, _ payment: Payment, by origin: Origin) -> Wish {
        Wish(
            by: origin, touch: Touch(appointment: id, act: .pay, ifVersion: 0, reason: "", payment: payment))
    }

    /// Another slot for an appointment.
    package static func move(
        _ id: AppointmentID, to slot: SlotID, ifVersion: UInt32 = 0, reason: String = "", by origin: Origin
    ) -> Wish {
        let touch = Touch(appointment: id, act: .move, ifVersion: ifVersion, reason: reason)
        return Wish(by: origin, places: [Place(slot: slot, service: nil)], touch: touch)
    }

    /// Whether it claims units at its pools ahead of its fact: what concerns one pool alone is taken in one step.
    var claimsUnits: Bool { !places.isEmpty && !isChoice && (places.count > 1 || touch != nil) }

    /// Of a choice: one of its places by itself.
    func only(_ item: Int) -> Wish { .take([places[item]], for: patient, isHold: isHold, by: by) }

    // MARK: What comes of it

    /// Whether a fact is what this wish asks for, or a refusal of it.
    package func asks(for fact: Fact) -> Bool {
        switch fact {
        case .refused: true
        case .booked(let taken): touch == nil && !isChoice && places.count == 1 && asks(for: [taken])
        case .bookedTogether(let all): touch == nil && !isChoice && places.count > 1 && asks(for: all)
        case .chosen(let taken, let passed):
            isChoice && passed.count < places.count && only(passed.count).asks(for: .booked(taken))
        case .answered(.noneFits(let refusals)): isChoice && refusals.count == places.count
        case .answered(.payment): touch?.act == .pay
        case .takenAgain(let taken): touch?.act == .pay && taken.payment == touch?.payment
        case .refund(let refund) where touch?.act == .pay:
            refund.appointment == touch?.appointment && refund.payment == touch?.payment && refund.closedBy == nil
        case .changed(let change):
            switch touch?.act {
            case .transition(let transition)?: ends(change, as: transition.end)
            case .pay?: ends(change, as: change.state)
            case .move?, nil: false
            }
        case .moved(let from, let to): touch?.act == .move && ends(from, as: .moved) && places[0].slot == to.first
        default: other.map { $0.mayHaveLed(to: fact) } ?? false
        }
    }

    private func asks(for all: [Taken]) -> Bool {
        places.count == all.count
            && zip(places, all).allSatisfy { place, taken in
                taken.patient == patient && taken.service == place.service && taken.first == place.slot
                    && isHold == (taken.state == .held) && taken.patientClass == place.patientClass
            }
    }

    private func ends(_ change: Change, as state: AppointmentState) -> Bool {
        change.appointment == touch?.appointment && change.state == state && change.reason == touch?.reason
            && (change.state == .moved || change.payment == touch?.payment)
    }

    /// The same wish with what its fact says that it took.
    func pinned(to all: [Taken]) -> Wish {
        var pinned = self
        for (index, taken) in all.enumerated() where pinned.places.indices.contains(index) {
            pinned.places[index].demand = Demand(slots: Int(taken.span), units: Int(taken.units))
        }
        return pinned
    }
}

extension Taken {
    /// The first of its slots.
    var first: SlotID { SlotID(session: appointment.session, index: slot) }
}
