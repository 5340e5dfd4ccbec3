"""BOOK, CHANGE, MOVE and BOOK_TOGETHER where the answer is yes, and the reads that must agree with it."""

from case import Case
from hospital import slot_of
from messages import pb


class Booking(Case):
    def test_a_booking_is_what_every_read_says_it_is(self):
        clinic = self.hospital.clinic(slots=2, units=2, capacities=(4, 4, 4))
        patient = self.hospital.patient()
        outcome = self.assert_done(self.hospital.book(clinic, slot=1, patient=patient), pb.APPOINTMENT_STATE_BOOKED)
        self.assertFalse(outcome.again)
        self.assertEqual(outcome.hold_until_ms, 0)
        self.assertEqual(outcome.appointment, clinic.session.id << 20 | outcome.number)

        found = self.hospital.appointment(outcome.appointment)
        self.assertEqual((found.patient, found.slot, found.slots, found.units), (patient, clinic.slots[1], 2, 2))
        self.assertEqual((found.service, found.pool, found.number), (clinic.service, clinic.pool, outcome.number))
        self.assertEqual((found.state, found.version), (outcome.state, outcome.version))
        self.assertEqual(found.start_ms, clinic.session.start_ms + 15 * 60_000)
        self.assertEqual(found.end_ms - found.start_ms, 30 * 60_000)
        self.assertEqual((found.hold_until_ms, found.itinerary, found.moved_from, found.archived), (0, 0, 0, False))
        self.assertEqual(found.channel, pb.CHANNEL_APP)
        self.assertGreaterEqual(found.made_ms, self.connection.welcome.now_ms)

        self.assertEqual(self.hospital.appointments_of(patient), [found])
        of_session = self.connection.call(pb.SessionAppointmentsRequest(session=clinic.session.id)).appointments
        self.assertEqual(list(of_session), [found])
        session = self.hospital.session_now(clinic)
        self.assertEqual((list(session.taken), session.appointments), ([0, 2, 2], 1))

    def test_numbers_grow_and_are_never_given_twice(self):
        clinic = self.hospital.clinic(capacities=(2, 2))
        numbers = []
        for _ in range(12):
            outcome = self.assert_done(self.hospital.book(clinic, slot=len(numbers) % 2))
            numbers.append(outcome.number)
            self.assert_done(self.hospital.change(outcome.appointment, pb.TRANSITION_CANCEL))
        self.assertEqual(len(set(numbers)), 12)
        self.assertEqual(numbers, sorted(numbers))

    def test_the_last_unit_is_sold_and_only_once(self):
        clinic = self.hospital.clinic(capacities=(3,))
        outcomes = [self.hospital.book(clinic) for _ in range(4)]
        for outcome in outcomes[:3]:
            self.assert_done(outcome)
        self.assert_refused(outcomes[3], pb.RULE_SLOT_FULL)

    def test_a_booking_reaches_across_neighbouring_slots(self):
        clinic = self.hospital.clinic(slots=3, capacities=(1,) * 5)
        self.assert_done(self.hospital.book(clinic, slot=1))
        self.assertEqual(list(self.hospital.session_now(clinic).taken), [0, 1, 1, 1, 0])
        self.assert_refused(self.hospital.book(clinic, slot=0), pb.RULE_SLOT_FULL)

    def test_unknown_ids_are_left_out_of_a_reading(self):
        clinic = self.hospital.clinic()
        outcome = self.hospital.book(clinic)
        reply = self.connection.call(
            pb.GetAppointmentsRequest(ids=[1, outcome.appointment, outcome.appointment + 1, 2**64 - 1])
        )
        self.assertEqual([each.id for each in reply.appointments], [outcome.appointment])

    def test_a_patient_without_appointments_has_an_empty_list(self):
        self.assertEqual(self.hospital.appointments_of(self.hospital.patient()), [])

    def test_positions_only_grow(self):
        clinic = self.hospital.clinic(capacities=(20,))
        positions = [self.hospital.book(clinic).position for _ in range(20)]
        self.assertEqual(positions, sorted(set(positions)))
        self.assertGreaterEqual(self.connection.call(pb.StatusRequest()).durable_position, positions[-1])


class Holding(Case):
    def setUp(self):
        super().setUp()
        self.clinic = self.hospital.clinic(capacities=(1, 1), policy={"hold_seconds": 600})

    def test_a_hold_takes_the_slot_until_its_time(self):
        outcome = self.assert_done(self.hospital.book(self.clinic, hold=True), pb.APPOINTMENT_STATE_HELD)
        found = self.hospital.appointment(outcome.appointment)
        self.assertEqual(found.hold_until_ms, outcome.hold_until_ms)
        self.assertEqual(outcome.hold_until_ms - found.made_ms, 600_000)
        self.assert_refused(self.hospital.book(self.clinic), pb.RULE_SLOT_FULL)

    def test_a_confirmed_hold_is_a_booking_with_the_same_number(self):
        held = self.hospital.book(self.clinic, hold=True)
        booked = self.assert_done(
            self.hospital.change(held.appointment, pb.TRANSITION_CONFIRM), pb.APPOINTMENT_STATE_BOOKED
        )
        self.assertEqual((booked.appointment, booked.number), (held.appointment, held.number))
        self.assertGreater(booked.version, held.version)
        self.assertGreater(booked.position, held.position)

    def test_a_hold_may_be_given_back(self):
        held = self.hospital.book(self.clinic, hold=True)
        self.assert_done(self.hospital.change(held.appointment, pb.TRANSITION_CANCEL), pb.APPOINTMENT_STATE_CANCELLED)
        self.assert_done(self.hospital.book(self.clinic))

    def test_a_hold_that_nobody_confirms_expires_and_the_slot_is_free_again(self):
        clinic = self.hospital.clinic(capacities=(1,), policy={"hold_seconds": 1})
        feed = self.connection.subscribe(latest=True)
        held = self.assert_done(self.hospital.book(clinic, hold=True), pb.APPOINTMENT_STATE_HELD)
        expired = None
        while expired is None:  # each read gives up by itself
            expired = next(
                (
                    event
                    for event in feed.next()
                    if event.appointment == held.appointment and event.state == pb.APPOINTMENT_STATE_EXPIRED
                ),
                None,
            )
        self.assertEqual((expired.kind, expired.channel), (pb.EVENT_KIND_CHANGED, pb.CHANNEL_SYSTEM))
        self.assertGreaterEqual(expired.at_ms, held.hold_until_ms)
        self.assertEqual(self.hospital.appointment(held.appointment).state, pb.APPOINTMENT_STATE_EXPIRED)
        self.assert_refused(self.hospital.change(held.appointment, pb.TRANSITION_CONFIRM), pb.RULE_HOLD_EXPIRED)
        self.assert_done(self.hospital.book(clinic))


class Visit(Case):
    """The way of an appointment on the day itself: the session is today's."""

    def setUp(self):
        super().setUp()
        self.clinic = self.hospital.clinic(days=0, start="00:00", slot_minutes=60, capacities=(5,) * 24)
        free = self.hospital.free(service=self.clinic.service)
        self.slot = self.clinic.slots.index(free[0].slot)

    def test_arrive_call_start_complete(self):
        outcome = self.assert_done(self.hospital.book(self.clinic, slot=self.slot))
        versions = [outcome.version]
        for transition, state in (
            (pb.TRANSITION_ARRIVE, pb.APPOINTMENT_STATE_ARRIVED),
            (pb.TRANSITION_CALL, pb.APPOINTMENT_STATE_CALLED),
            (pb.TRANSITION_START, pb.APPOINTMENT_STATE_STARTED),
            (pb.TRANSITION_COMPLETE, pb.APPOINTMENT_STATE_COMPLETED),
        ):
            changed = self.assert_done(self.hospital.change(outcome.appointment, transition), state)
            self.assertEqual(changed.number, outcome.number)
            versions.append(changed.version)
        self.assertEqual(versions, sorted(set(versions)))
        self.assertEqual(self.hospital.appointment(outcome.appointment).state, pb.APPOINTMENT_STATE_COMPLETED)

    def test_an_ended_visit_allows_nothing_more(self):
        outcome = self.hospital.book(self.clinic, slot=self.slot)
        self.hospital.change(outcome.appointment, pb.TRANSITION_CANCEL)
        for transition in range(pb.TRANSITION_CONFIRM, pb.TRANSITION_STOP + 1):
            with self.subTest(transition=pb.Transition.Name(transition)):
                self.assert_refused(self.hospital.change(outcome.appointment, transition), pb.RULE_STATE)

    def test_steps_cannot_be_left_out(self):
        outcome = self.hospital.book(self.clinic, slot=self.slot)
        for transition in (pb.TRANSITION_CONFIRM, pb.TRANSITION_START, pb.TRANSITION_COMPLETE):
            with self.subTest(transition=pb.Transition.Name(transition)):
                self.assert_refused(self.hospital.change(outcome.appointment, transition), pb.RULE_STATE)

    def test_a_stopped_clinic_stops_its_appointments(self):
        outcome = self.hospital.book(self.clinic, slot=self.slot)
        self.assert_done(
            self.hospital.change(outcome.appointment, pb.TRANSITION_STOP, reason="停诊"), pb.APPOINTMENT_STATE_STOPPED
        )


class Moving(Case):
    def setUp(self):
        super().setUp()
        self.clinic = self.hospital.clinic(capacities=(1, 1, 1))
        self.patient = self.hospital.patient()

    def test_a_move_ends_the_old_and_makes_a_new_one_in_its_state(self):
        for hold, state in ((False, pb.APPOINTMENT_STATE_BOOKED), (True, pb.APPOINTMENT_STATE_HELD)):
            with self.subTest(hold=hold):
                clinic = self.hospital.clinic(capacities=(1, 1))
                old = self.hospital.book(clinic, hold=hold)
                new = self.assert_done(self.hospital.move(old.appointment, clinic.slots[1]), state)
                self.assertNotEqual(new.appointment, old.appointment)
                self.assertNotEqual(new.number, old.number)
                self.assertEqual(self.hospital.appointment(old.appointment).state, pb.APPOINTMENT_STATE_MOVED)
                self.assertEqual(self.hospital.appointment(new.appointment).moved_from, old.appointment)
                self.assertEqual(list(self.hospital.session_now(clinic).taken), [0, 1])

    def test_a_move_to_another_pool_that_offers_the_service(self):
        other = self.hospital.clinic(services=[self.clinic.code], department=self.clinic.code)
        old = self.hospital.book(self.clinic)
        new = self.assert_done(self.hospital.move(old.appointment, other.slots[2]))
        found = self.hospital.appointment(new.appointment)
        self.assertEqual((found.pool, found.slot), (other.pool, other.slots[2]))
        self.assertEqual(list(self.hospital.session_now(self.clinic).taken), [0, 0, 0])

    def test_a_move_into_a_full_slot_leaves_everything_as_it_was(self):
        self.hospital.book(self.clinic, slot=1)
        old = self.hospital.book(self.clinic, slot=0, patient=self.patient)
        before = self.hospital.appointment(old.appointment)
        self.assert_refused(self.hospital.move(old.appointment, self.clinic.slots[1]), pb.RULE_SLOT_FULL)
        self.assertEqual(self.hospital.appointment(old.appointment), before)
        self.assertEqual(list(self.hospital.session_now(self.clinic).taken), [1, 1, 0])

    def test_a_move_is_not_in_its_own_way(self):
        # Two slots long: the new place overlaps the old one, in time and in units.
        clinic = self.hospital.clinic(slots=2, capacities=(1, 1, 1))
        old = self.hospital.book(clinic)
        later = self.assert_done(self.hospital.move(old.appointment, clinic.slots[1]))
        self.assertEqual(list(self.hospital.session_now(clinic).taken), [0, 1, 1])
        earlier = self.assert_done(self.hospital.move(later.appointment, clinic.slots[0]))
        self.assertEqual(list(self.hospital.session_now(clinic).taken), [1, 1, 0])
        self.assert_done(self.hospital.move(earlier.appointment, clinic.slots[0]))
        self.assertEqual(list(self.hospital.session_now(clinic).taken), [1, 1, 0])

    def test_a_move_that_overlaps_itself_still_needs_what_lies_beyond(self):
        clinic = self.hospital.clinic(slots=2, capacities=(1, 1, 1, 1))
        old = self.hospital.book(clinic)
        self.hospital.book(clinic, slot=2)
        self.assert_refused(self.hospital.move(old.appointment, clinic.slots[1]), pb.RULE_SLOT_FULL)
        self.assertEqual(list(self.hospital.session_now(clinic).taken), [1, 1, 1, 1])

    def test_a_move_does_not_count_twice_against_the_patients_limits(self):
        clinic = self.hospital.clinic(policy={"per_day_department": 1, "per_day": 1})
        old = self.hospital.book(clinic)
        self.assert_done(self.hospital.move(old.appointment, clinic.slots[3]))

    def test_the_old_slot_can_be_booked_by_the_next(self):
        old = self.hospital.book(self.clinic)
        self.hospital.move(old.appointment, self.clinic.slots[1])
        self.assert_done(self.hospital.book(self.clinic, slot=0))

    def test_what_is_over_cannot_be_moved(self):
        old = self.hospital.book(self.clinic)
        self.hospital.change(old.appointment, pb.TRANSITION_CANCEL)
        self.assert_refused(self.hospital.move(old.appointment, self.clinic.slots[1]), pb.RULE_STATE)

    def test_what_does_not_exist_cannot_be_moved_or_be_a_goal(self):
        old = self.hospital.book(self.clinic)
        with self.fails("NOT_FOUND"):
            self.hospital.move(old.appointment + 1, self.clinic.slots[1])
        with self.fails("NOT_FOUND"):
            self.hospital.move(old.appointment, slot_of(self.clinic.session.id, 3))


class Together(Case):
    def setUp(self):
        super().setUp()
        self.ct, self.lab, self.echo = (self.hospital.clinic(capacities=(1, 1, 1)) for _ in range(3))
        self.patient = self.hospital.patient()

    def items(self, *indices):
        """Slots with these indices, one from each clinic in turn."""
        return [(clinic.slots[index], clinic.service) for clinic, index in zip((self.ct, self.lab, self.echo), indices)]

    def taken(self):
        return [list(self.hospital.session_now(clinic).taken) for clinic in (self.ct, self.lab, self.echo)]

    def test_all_are_booked_in_one_step(self):
        reply = self.hospital.together(self.patient, self.items(0, 1, 2))
        self.assert_done(reply.outcome, pb.APPOINTMENT_STATE_BOOKED)
        self.assertEqual(len(reply.appointments), 3)
        self.assertEqual(reply.outcome.appointment, reply.appointments[0])
        found = [self.hospital.appointment(each) for each in reply.appointments]
        self.assertEqual([each.slot for each in found], [slot for slot, _ in self.items(0, 1, 2)])
        self.assertEqual({each.itinerary for each in found}, {reply.appointments[0]})
        self.assertEqual(self.taken(), [[1, 0, 0], [0, 1, 0], [0, 0, 1]])

    def test_they_may_be_held(self):
        reply = self.hospital.together(self.patient, self.items(0, 1), hold=True)
        self.assert_done(reply.outcome, pb.APPOINTMENT_STATE_HELD)
        self.assertGreater(reply.outcome.hold_until_ms, 0)

    def test_one_that_is_full_refuses_all_and_is_named(self):
        self.hospital.book(self.lab, slot=1)
        before = self.taken()
        reply = self.hospital.together(self.patient, self.items(0, 1, 2))
        self.assert_refused(reply.outcome, pb.RULE_SLOT_FULL)
        self.assertEqual((reply.refused_item, list(reply.appointments)), (1, []))
        self.assertEqual(self.taken(), before)
        self.assertEqual(self.hospital.appointments_of(self.patient), [])

    def test_two_at_one_time_are_refused(self):
        reply = self.hospital.together(self.patient, self.items(0, 1, 1))
        self.assert_refused(reply.outcome, pb.RULE_OVERLAP)
        self.assertEqual(self.taken(), [[0] * 3] * 3)

    def test_several_of_one_pool_count_together(self):
        items = [(self.ct.slots[index], self.ct.service) for index in (0, 1, 2)]
        self.assert_done(self.hospital.together(self.patient, items).outcome)
        self.assertEqual(self.taken()[0], [1, 1, 1])

    def test_limits_count_the_whole_booking(self):
        clinic = self.hospital.clinic(policy={"per_day_department": 2})
        items = [(clinic.slots[index], clinic.service) for index in (0, 1, 2)]
        reply = self.hospital.together(self.patient, items)
        self.assert_refused(reply.outcome, pb.RULE_PER_DAY_DEPARTMENT, limit=2)
        self.assertEqual(self.hospital.appointments_of(self.patient), [])

    def test_each_can_be_changed_alone_afterwards(self):
        reply = self.hospital.together(self.patient, self.items(0, 1))
        self.assert_done(self.hospital.change(reply.appointments[1], pb.TRANSITION_CANCEL))
        self.assertEqual(self.hospital.appointment(reply.appointments[0]).state, pb.APPOINTMENT_STATE_BOOKED)

    def test_fewer_than_two_and_more_than_sixteen_are_no_joint_booking(self):
        clinic = self.hospital.clinic(capacities=(1,) * 17)
        for count in (0, 1, 17):
            with self.subTest(count=count), self.fails("INVALID_ARGUMENT"):
                self.hospital.together(self.patient, [(slot, clinic.service) for slot in clinic.slots[:count]])
        reply = self.hospital.together(self.patient, [(slot, clinic.service) for slot in clinic.slots[:16]])
        self.assert_done(reply.outcome)

    def test_an_unknown_id_among_them_books_none(self):
        for wrong in ((slot_of(self.lab.session.id, 3), self.lab.service), (self.lab.slots[1], 4_000_000)):
            with self.subTest(wrong=wrong), self.fails("NOT_FOUND"):
                self.hospital.together(self.patient, [*self.items(0), wrong])
        self.assertEqual(self.taken(), [[0] * 3] * 3)
