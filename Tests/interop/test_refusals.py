"""Every rule of the list that a client can reach, the order in which rules are asked, and what is no booking at all."""

import dataclasses

from case import Case
from client import Failed, new_key
from hospital import booking, slot_of
from messages import pb

# Far beyond whatever a reason or an operator's name may have.
LONG_TEXT = "长" * 100_000


class Rules(Case):
    def setUp(self):
        super().setUp()
        self.patient = self.hospital.patient()

    def test_slot_full(self):
        clinic = self.hospital.clinic(units=2, capacities=(3,))
        self.hospital.book(clinic)
        refused = self.assert_refused(self.hospital.book(clinic), pb.RULE_SLOT_FULL)
        self.assertEqual((refused.policy_version, refused.appointment), (0, 0))

    def test_channel_closed(self):
        clinic = self.hospital.clinic()
        term = pb.PolicyTerm(rule=pb.RULE_CHANNEL_CLOSED, channels=[pb.CHANNEL_WINDOW])
        self.hospital.put(policies=[pb.Policy(department=clinic.code, terms=[term])])
        refused = self.assert_refused(self.hospital.book(clinic), pb.RULE_CHANNEL_CLOSED)
        self.assertGreater(refused.policy_version, 0)
        self.assertEqual(refused.authority, pb.AUTHORITY_DEPARTMENT)
        days = {"from": self.hospital.date(1), "to": self.hospital.date(1)}
        self.assertEqual(self.hospital.free(service=clinic.service, **days), [])
        free = self.hospital.free(service=clinic.service, channel=pb.CHANNEL_WINDOW, **days)
        self.assertEqual([slot.slot for slot in free], clinic.slots)
        window = self.connect(channel=pb.CHANNEL_WINDOW)
        self.assert_done(window.call(booking(clinic, patient=self.patient)))

    def test_quota(self):
        clinic = self.hospital.clinic(capacities=(1,) * 4)
        shares = [
            pb.PolicyTerm(rule=pb.RULE_QUOTA, channels=[pb.CHANNEL_WINDOW], limit=1),
            pb.PolicyTerm(rule=pb.RULE_QUOTA, classes=[pb.PATIENT_CLASS_INPATIENT], limit=2, minutes=1),
        ]
        self.hospital.put(policies=[pb.Policy(department=clinic.code, terms=shares)])
        self.assert_done(self.hospital.book(clinic, slot=0))
        refused = self.assert_refused(self.hospital.book(clinic, slot=1), pb.RULE_QUOTA)
        self.assertGreater(refused.policy_version, 0)
        self.assertEqual((refused.authority, refused.limit), (pb.AUTHORITY_DEPARTMENT, 0))
        days = {"from": self.hospital.date(1), "to": self.hospital.date(1)}
        self.assertEqual(self.hospital.free(service=clinic.service, **days), [])
        inpatient = {"patient_class": pb.PATIENT_CLASS_INPATIENT}
        free = self.hospital.free(service=clinic.service, **inpatient, **days)
        self.assertEqual([slot.slot for slot in free], clinic.slots[1:])
        done = self.assert_done(self.hospital.book(clinic, slot=1, **inpatient))
        reply = self.connection.call(pb.GetAppointmentsRequest(ids=[done.appointment]))
        self.assertEqual(reply.appointments[0].patient_class, pb.PATIENT_CLASS_INPATIENT)
        items = [
            pb.TogetherItem(slot=slot, service=clinic.service, **named)
            for slot, named in zip(clinic.slots[2:], (inpatient, {}))
        ]
        request = pb.BookTogetherRequest(patient=self.patient, items=items, **new_key())
        together = self.connection.call(request)
        self.assertEqual((together.outcome.rule, together.refused_item), (pb.RULE_QUOTA, 1))
        window = self.connect(channel=pb.CHANNEL_WINDOW)
        self.assert_done(window.call(booking(clinic, slot=2, patient=self.patient)))

    def test_a_quota_above_the_capacity_is_named(self):
        clinic = self.hospital.clinic()
        template = pb.Template(
            code=clinic.code, pool=clinic.code, weekdays=127, start="08:00", slot_minutes=10, slots=10, capacity=2
        )
        self.hospital.put(templates=[template])
        share = pb.PolicyTerm(rule=pb.RULE_QUOTA, pools=[clinic.code], channels=[pb.CHANNEL_APP], limit=21)
        with self.assertRaises(Failed) as raised:
            self.hospital.put(policies=[pb.Policy(department=clinic.code, terms=[share])])
        self.assertEqual(raised.exception.failure.code, pb.ERROR_CODE_INVALID_ARGUMENT)
        self.assertIn("a quota above the capacity", raised.exception.failure.message)

    def test_slot_past(self):
        clinic = self.hospital.clinic(days=0, start="00:00", slot_minutes=60, capacities=(1,) * 24)
        self.assert_refused(self.hospital.book(clinic, slot=0), pb.RULE_SLOT_PAST)
        last = self.hospital.book(clinic, slot=23)
        self.assert_refused(self.hospital.move(last.appointment, clinic.slots[0]), pb.RULE_SLOT_PAST)

    def test_per_day_and_department(self):
        clinic = self.hospital.clinic(policy={"per_day_department": 2})
        first, _ = (self.assert_done(self.hospital.book(clinic, slot=slot, patient=self.patient)) for slot in (0, 1))
        refused = self.hospital.book(clinic, slot=2, patient=self.patient)
        self.assert_refused(refused, pb.RULE_PER_DAY_DEPARTMENT, limit=2)
        self.assertGreater(refused.policy_version, 0)
        # Another day, and another patient, are another matter; what is cancelled no longer counts.
        tomorrow = self.hospital.session(clinic.code, days=2)
        self.assert_done(self.hospital.book(clinic, slot=2))
        self.assert_done(
            self.hospital.book(dataclasses.replace(clinic, session=tomorrow), slot=2, patient=self.patient)
        )
        self.hospital.change(first.appointment, pb.TRANSITION_CANCEL)
        self.assert_done(self.hospital.book(clinic, slot=3, patient=self.patient))

    def test_per_day_over_departments(self):
        clinics = [self.hospital.clinic(policy={"per_day": 2}) for _ in range(3)]
        for index in (0, 1):
            self.assert_done(self.hospital.book(clinics[index], slot=index, patient=self.patient))
        self.assert_refused(self.hospital.book(clinics[2], slot=2, patient=self.patient), pb.RULE_PER_DAY, limit=2)

    def test_a_changed_policy_judges_the_next_request_and_is_named(self):
        clinic = self.hospital.clinic(policy={"per_day_department": 1})
        self.hospital.book(clinic, slot=0, patient=self.patient)
        old = self.hospital.book(clinic, slot=1, patient=self.patient)
        self.hospital.put(policies=[pb.Policy(department=clinic.code, per_day_department=2)])
        self.assert_done(self.hospital.book(clinic, slot=1, patient=self.patient))
        new = self.assert_refused(
            self.hospital.book(clinic, slot=2, patient=self.patient), pb.RULE_PER_DAY_DEPARTMENT, limit=2
        )
        self.assertGreater(new.policy_version, old.policy_version)

    def test_overlap(self):
        here, there = self.hospital.clinic(), self.hospital.clinic(start="08:05")
        self.hospital.book(here, slot=1, patient=self.patient)  # 08:15 to 08:30
        for slot in (0, 1):  # 08:05 to 08:20, 08:20 to 08:35
            with self.subTest(slot=slot):
                self.assert_refused(self.hospital.book(there, slot=slot, patient=self.patient), pb.RULE_OVERLAP)
        self.assert_done(self.hospital.book(there, slot=2, patient=self.patient))
        self.assert_done(self.hospital.book(here, slot=0, patient=self.patient), pb.APPOINTMENT_STATE_BOOKED)

    def test_overlap_across_midnight(self):
        night = self.hospital.clinic(start="23:00", slot_minutes=60, slots=3, capacities=(1,) * 3)
        morning = self.hospital.clinic(days=2, start="01:00")
        self.hospital.book(night, patient=self.patient)
        self.assert_refused(self.hospital.book(morning, patient=self.patient), pb.RULE_OVERLAP)

    def test_state(self):
        outcome = self.hospital.book(self.hospital.clinic())
        self.assert_refused(self.hospital.change(outcome.appointment, pb.TRANSITION_CONFIRM), pb.RULE_STATE)

    def test_version(self):
        clinic = self.hospital.clinic()
        outcome = self.hospital.book(clinic, hold=True)
        stale = outcome.version + 1

        def refuse(answer):
            self.assert_refused(answer, pb.RULE_VERSION)

        refuse(self.hospital.change(outcome.appointment, pb.TRANSITION_CONFIRM, if_version=stale))
        refuse(self.hospital.move(outcome.appointment, clinic.slots[1], if_version=stale))
        now = self.hospital.change(outcome.appointment, pb.TRANSITION_CONFIRM, if_version=outcome.version)
        self.assert_done(now)
        refuse(self.hospital.change(outcome.appointment, pb.TRANSITION_CANCEL, if_version=outcome.version))
        self.assert_done(self.hospital.change(outcome.appointment, pb.TRANSITION_CANCEL, if_version=now.version))

    def test_too_early(self):
        outcome = self.hospital.book(self.hospital.clinic(days=1))
        for transition in (pb.TRANSITION_ARRIVE, pb.TRANSITION_NO_SHOW):
            with self.subTest(transition=pb.Transition.Name(transition)):
                self.assert_refused(self.hospital.change(outcome.appointment, transition), pb.RULE_TOO_EARLY)

    def test_service_not_offered(self):
        clinic, other = self.hospital.clinic(slots=3), self.hospital.clinic()
        self.assert_refused(self.hospital.book(clinic, service=other.service), pb.RULE_SERVICE_NOT_OFFERED)
        for slot in (6, 7):  # three slots do not fit any more
            with self.subTest(slot=slot):
                self.assert_refused(self.hospital.book(clinic, slot=slot), pb.RULE_SERVICE_NOT_OFFERED)
        outcome = self.hospital.book(clinic)
        self.assert_refused(self.hospital.move(outcome.appointment, other.slots[3]), pb.RULE_SERVICE_NOT_OFFERED)

    def test_the_patients_appointments_have_an_end(self):
        clinic = self.hospital.clinic(slot_minutes=1, capacities=(1,) * 400)
        outcomes = []
        for days in range(2, 32):
            requests = [booking(clinic, slot=index, patient=self.patient) for index in range(400)]
            outcomes += self.connection.call(pb.BatchRequest(bookings=requests)).bookings
            if any(outcome.result != pb.RESULT_DONE for outcome in outcomes):
                break
            session = self.hospital.session(clinic.code, days=days, slot_minutes=1, capacities=(1,) * 400)
            clinic = dataclasses.replace(clinic, session=session)
        refused = [outcome for outcome in outcomes if outcome.result != pb.RESULT_DONE]
        self.assertTrue(refused, "no end in sight")
        for outcome in refused:
            self.assert_refused(outcome, pb.RULE_PATIENT_APPOINTMENTS, limit=len(outcomes) - len(refused))
        self.assertEqual(len(self.hospital.appointments_of(self.patient)), len(outcomes) - len(refused))


class Order(Case):
    """PROTOCOL.md §5: ids exist · slot in the past · service offered · limits and overlaps · free units."""

    def test_the_first_check_that_fails_answers(self):
        clinic = self.hospital.clinic(days=0, start="00:00", slot_minutes=60, capacities=(1,) * 24)
        other, patient = self.hospital.clinic(), self.hospital.patient()
        with self.fails("NOT_FOUND"):  # before: past
            self.hospital.book(clinic, slot=0, patient=2**62)
        with self.fails("NOT_FOUND"):
            self.hospital.book(clinic, slot=0, service=4_000_000)
        # Past before not offered.
        self.assert_refused(self.hospital.book(clinic, slot=0, service=other.service), pb.RULE_SLOT_PAST)
        # Not offered before overlap.
        self.assert_done(self.hospital.book(clinic, slot=23, patient=patient))
        self.assert_refused(
            self.hospital.book(clinic, slot=23, patient=patient, service=other.service), pb.RULE_SERVICE_NOT_OFFERED
        )
        # Overlap before full.
        self.assert_refused(self.hospital.book(clinic, slot=23, patient=patient), pb.RULE_OVERLAP)
        self.assert_refused(self.hospital.book(clinic, slot=23), pb.RULE_SLOT_FULL)


class NoBooking(Case):
    """Requests that are wrong in themselves: errors, not refusals."""

    def setUp(self):
        super().setUp()
        self.clinic = self.hospital.clinic()
        self.booked = self.hospital.book(self.clinic, slot=7)

    def test_ids_nobody_has_are_not_found(self):
        session = self.clinic.session.id
        for wrong in (
            {"patient": 2**62},
            {"service": 4_000_000},
            {"slot_id": slot_of(session, 8)},
            {"slot_id": 1},
            {"slot_id": slot_of(session + 1, 0)},
            {"slot_id": 2**64 - 1},
        ):
            with self.subTest(wrong=wrong):
                request = booking(self.clinic, patient=wrong.get("patient") or self.hospital.patient())
                request.service = wrong.get("service", request.service)
                request.slot = wrong.get("slot_id", request.slot)
                with self.fails("NOT_FOUND"):
                    self.connection.call(request)
        for appointment in (self.booked.appointment + 1, 1, 2**64 - 1):
            with self.subTest(appointment=appointment), self.fails("NOT_FOUND"):
                self.hospital.change(appointment, pb.TRANSITION_CANCEL)

    def test_what_is_left_out_is_not_booked(self):
        for field in ("patient", "slot", "service"):
            with self.subTest(field=field):
                request = booking(self.clinic, patient=self.hospital.patient())
                request.ClearField(field)
                with self.fails("NOT_FOUND"):
                    self.connection.call(request)

    def test_a_key_of_zeros_is_no_key(self):
        zeros = {"key_high": 0, "key_low": 0}
        with self.fails("INVALID_ARGUMENT"):
            self.hospital.book(self.clinic, **zeros)
        with self.fails("INVALID_ARGUMENT"):
            self.hospital.change(self.booked.appointment, pb.TRANSITION_CANCEL, **zeros)
        with self.fails("INVALID_ARGUMENT"):
            self.hospital.move(self.booked.appointment, self.clinic.slots[1], **zeros)
        with self.fails("INVALID_ARGUMENT"):
            self.hospital.together(
                self.hospital.patient(), [(slot, self.clinic.service) for slot in self.clinic.slots[:2]], **zeros
            )
        self.assertEqual(list(self.hospital.session_now(self.clinic).taken), [0] * 7 + [1])

    def test_half_a_key_of_zeros_is_a_key(self):
        for key in ({**new_key(), "key_high": 0}, {**new_key(), "key_low": 0}):
            with self.subTest(key=key):
                self.assert_done(self.hospital.book(self.clinic, slot=0 if key["key_high"] else 1, **key))

    def test_words_that_do_not_exist_are_invalid(self):
        for transition in (pb.TRANSITION_UNSPECIFIED, 99):
            with self.subTest(transition=transition), self.fails("INVALID_ARGUMENT"):
                self.hospital.change(self.booked.appointment, transition)
        for channel in (99, pb.CHANNEL_SYSTEM):
            with self.subTest(channel=channel), self.fails("INVALID_ARGUMENT"):
                self.hospital.book(self.clinic, channel=channel)

    def test_text_has_its_limits(self):
        for operator in ("x" * 65, LONG_TEXT):
            with self.subTest(operator=operator[:9]), self.fails("INVALID_ARGUMENT"):
                self.hospital.book(self.clinic, operator=operator)
        self.assert_done(self.hospital.book(self.clinic, operator="x" * 64))
        with self.fails("INVALID_ARGUMENT"):
            self.hospital.change(self.booked.appointment, pb.TRANSITION_CANCEL, reason=LONG_TEXT)
        with self.fails("INVALID_ARGUMENT"):
            self.hospital.move(self.booked.appointment, self.clinic.slots[1], reason=LONG_TEXT)
        self.assertEqual(self.hospital.appointment(self.booked.appointment).version, self.booked.version)
