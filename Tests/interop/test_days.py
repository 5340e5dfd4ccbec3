"""DAY_COUNTS: what a calendar shows is the sum of what a search lists."""

from case import Case
from client import new_key
from messages import pb


class Counting(Case):
    def count(self, **query):
        return self.connection.call(pb.DayCountsRequest(**query))

    def days(self, first, last):
        return {"from": self.hospital.date(first), "to": self.hospital.date(last)}

    def test_each_day_has_free_sold_and_all_units_and_its_sessions(self):
        clinic = self.hospital.clinic(capacities=(2, 0, 3), days=1)
        self.hospital.session(clinic.code, capacities=(4,), days=3)
        outcome = self.assert_done(self.hospital.book(clinic, slot=2))
        reply = self.count(departments=[clinic.department], **self.days(1, 4))
        self.assertEqual(getattr(reply, "from"), self.hospital.date(1))
        numbers = [(day.free, day.capacity, day.sold, day.sessions) for day in reply.days]
        self.assertEqual(numbers, [(4, 5, 1, 1), (0, 0, 0, 0), (4, 4, 0, 1), (0, 0, 0, 0)])
        self.assertGreaterEqual(reply.position, outcome.position)
        for query in ({"pools": [clinic.pool]}, {"service": clinic.service}, {"departments": [clinic.department] * 2}):
            again = self.count(**query, **self.days(1, 4))
            self.assertEqual(list(again.days), list(reply.days))

    def test_free_is_what_a_search_lists_also_for_a_long_service(self):
        clinic = self.hospital.clinic(capacities=(3, 2, 2, 0, 1, 1), slots=2)
        self.assert_done(self.hospital.book(clinic, slot=0))
        for query in ({}, {"service": clinic.service}, {"service": clinic.service, "channel": pb.CHANNEL_KIOSK}):
            listed = self.hospital.free(department=clinic.department, **query, **self.days(1, 1))
            reply = self.count(departments=[clinic.department], **query, **self.days(1, 1))
            self.assertEqual(reply.days[0].free, sum(slot.free for slot in listed))
        self.assertEqual(reply.days[0].free, 1 + 1 + 1)

    def test_what_a_patient_may_not_have_is_not_free(self):
        clinic = self.hospital.clinic(policy={"per_day": 1})
        patient = self.hospital.patient()
        self.assert_done(self.hospital.book(clinic, patient=patient))
        day = self.days(1, 1)
        self.assertEqual(self.count(departments=[clinic.department], patient=patient, **day).days[0].free, 0)
        self.assertEqual(self.count(departments=[clinic.department], **day).days[0].free, 7)

    def test_a_lock_takes_units_from_what_is_free(self):
        clinic = self.hospital.clinic(capacities=(2, 2, 2))
        self.connection.call(
            pb.LockSlotsRequest(session=clinic.session.id, first=1, slots=1, units=1, reason="检修", **new_key())
        )
        day = self.count(departments=[clinic.department], **self.days(1, 1)).days[0]
        self.assertEqual((day.free, day.capacity, day.sold), (5, 6, 0))

    def test_pipelined_calendars_are_answered_each(self):
        clinics = [self.hospital.clinic(capacities=(turn,)) for turn in (1, 2, 3)]
        requests = [
            pb.DayCountsRequest(departments=[clinics[turn % 3].department], **self.days(1, 31)) for turn in range(300)
        ]
        replies = [future.result() for future in self.connection.send_all(requests)]
        self.assertEqual([reply.days[0].free for reply in replies], [turn % 3 + 1 for turn in range(300)])
        self.assertEqual({len(reply.days) for reply in replies}, {31})

    def test_what_cannot_be_counted_is_named(self):
        clinic = self.hospital.clinic()
        for query, code in (
            ({}, "INVALID_ARGUMENT"),
            ({"departments": [clinic.department], **self.days(1, 63)}, "INVALID_ARGUMENT"),
            ({"departments": [clinic.department], **self.days(2, 1)}, "INVALID_ARGUMENT"),
            ({"pools": range(1, 258)}, "INVALID_ARGUMENT"),
            ({"departments": [999_999]}, "NOT_FOUND"),
            ({"pools": [999_999]}, "NOT_FOUND"),
            ({"service": 999_999}, "NOT_FOUND"),
        ):
            with self.subTest(query=query):
                with self.fails(code):
                    self.count(**query)
