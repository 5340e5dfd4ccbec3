"""SEARCH_SLOTS: what it shows can be booked, and its pages join."""

from case import Case
from hospital import slot_of
from messages import pb


class Searching(Case):
    def day(self, days=1):
        return {"from": self.hospital.date(days), "to": self.hospital.date(days)}

    def test_free_slots_come_by_start_with_what_is_left(self):
        clinic = self.hospital.clinic(capacities=(2, 0, 1), slot_minutes=20)
        self.assert_done(self.hospital.book(clinic, slot=0))
        slots = self.hospital.free(department=clinic.department, **self.day())
        self.assertEqual([slot.slot for slot in slots], [clinic.slots[0], clinic.slots[2]])
        self.assertEqual([(slot.free, slot.capacity) for slot in slots], [(1, 2), (1, 1)])
        self.assertEqual(slots[1].start_ms - slots[0].start_ms, 40 * 60_000)
        self.assertEqual([slot.end_ms - slot.start_ms for slot in slots], [20 * 60_000] * 2)
        self.assertEqual([slot.pool for slot in slots], [clinic.pool] * 2)

    def test_department_service_and_resource_lead_to_the_same_slots(self):
        clinic = self.hospital.clinic()
        by = [
            self.hospital.free(**query, **self.day())
            for query in (
                {"department": clinic.department},
                {"service": clinic.service},
                {"resource": clinic.resource},
                {"department": clinic.department, "service": clinic.service, "resource": clinic.resource},
            )
        ]
        self.assertEqual([slot.slot for slot in by[0]], clinic.slots)
        for slots in by[1:]:
            self.assertEqual(slots, by[0])

    def test_a_full_slot_is_gone_and_a_cancelled_one_is_back(self):
        clinic = self.hospital.clinic(capacities=(1, 1))
        outcome = self.hospital.book(clinic, slot=0)
        self.assertEqual(
            [slot.slot for slot in self.hospital.free(service=clinic.service, **self.day())], clinic.slots[1:]
        )
        self.hospital.change(outcome.appointment, pb.TRANSITION_CANCEL)
        self.assertEqual([slot.slot for slot in self.hospital.free(service=clinic.service, **self.day())], clinic.slots)

    def test_only_slots_where_the_whole_service_fits_are_shown(self):
        clinic = self.hospital.clinic(slots=2, units=2, capacities=(2, 2, 1, 2, 2, 2))
        slots = self.hospital.free(service=clinic.service, **self.day())
        self.assertEqual([slot.slot for slot in slots], [clinic.slots[index] for index in (0, 3, 4)])

    def test_what_is_listed_can_be_booked(self):
        clinic = self.hospital.clinic(slots=3, units=1, capacities=(1, 1, 1, 0, 2, 1, 1, 1))
        booked = 0
        while slots := self.hospital.free(service=clinic.service, **self.day()):
            self.assert_done(self.hospital.book(clinic, slot=clinic.slots.index(slots[-1].slot)))
            booked += 1
        self.assertEqual(booked, 2)

    def test_pages_join_without_gap_or_repetition(self):
        clinic = self.hospital.clinic(capacities=(1,) * 25, slot_minutes=5)
        seen, after = [], {}
        for _ in range(25):
            reply = self.connection.call(pb.SearchSlotsRequest(service=clinic.service, limit=7, **self.day(), **after))
            seen += [slot.slot for slot in reply.slots]
            if not reply.more:
                break
            after = {"after_start_ms": reply.slots[-1].start_ms, "after_slot": reply.slots[-1].slot}
        self.assertEqual(seen, clinic.slots)

    def test_pages_join_where_several_pools_start_at_once(self):
        clinics = [self.hospital.clinic(days=9)]
        for _ in range(3):
            clinics.append(self.hospital.clinic(days=9, department=clinics[0].code))
        seen, after = [], {}
        for _ in range(40):
            reply = self.connection.call(
                pb.SearchSlotsRequest(department=clinics[0].department, limit=3, **self.day(9), **after)
            )
            seen += [(slot.start_ms, slot.slot) for slot in reply.slots]
            if not reply.more:
                break
            after = {"after_start_ms": reply.slots[-1].start_ms, "after_slot": reply.slots[-1].slot}
        self.assertEqual(seen, sorted(seen))
        self.assertEqual({slot for _, slot in seen}, {slot for clinic in clinics for slot in clinic.slots})
        self.assertEqual(len(seen), len(set(seen)))

    def test_next_free_looks_however_far(self):
        clinic = self.hospital.clinic(days=80, capacities=(0, 0, 1))
        slots = self.hospital.free(service=clinic.service, limit=1, next_free=True)
        self.assertEqual([slot.slot for slot in slots], [clinic.slots[2]])
        self.assertEqual(self.hospital.free(service=clinic.service, limit=1, **self.day(79)), [])

    def test_slots_that_have_begun_are_not_shown(self):
        # From midnight to midnight in minutes-long steps: part of it is always past, and part of it never is.
        clinic = self.hospital.clinic(days=0, start="00:00", slot_minutes=60, capacities=(1,) * 24)
        now_ms = self.connection.call(pb.StatusRequest()).now_ms
        slots = self.hospital.free(service=clinic.service)
        self.assertGreater(len(slots), 0)
        self.assertLess(len(slots), 24)
        self.assertTrue(all(slot.start_ms > now_ms for slot in slots))

    def test_a_question_that_makes_no_sense_is_refused(self):
        clinic = self.hospital.clinic()
        for wrong in (
            {},
            {"service": clinic.service, "from": "soon"},
            {"service": clinic.service, "limit": 5001},
            {"service": clinic.service, "from": self.hospital.date(2), "to": self.hospital.date(1)},
        ):
            with self.subTest(wrong=wrong), self.fails("INVALID_ARGUMENT"):
                self.hospital.free(**wrong)

    def test_ids_nobody_has_are_not_found(self):
        for wrong in ({"department": 4_000_000}, {"service": 4_000_000}, {"resource": 4_000_000}):
            with self.subTest(wrong=wrong), self.fails("NOT_FOUND"):
                self.hospital.free(**wrong)

    def test_the_slot_ids_are_built_as_the_page_says(self):
        clinic = self.hospital.clinic()
        slots = self.hospital.free(service=clinic.service, **self.day())
        self.assertEqual([slot.slot for slot in slots], [slot_of(clinic.session.id, index) for index in range(8)])
