"""Sessions: opened one by one, generated from templates, and listed."""

import datetime

from case import Case
from hospital import unique
from messages import pb


class Opening(Case):
    def setUp(self):
        super().setUp()
        self.code, draft = self.hospital.draft()
        self.hospital.put(**draft)
        self.pool = self.hospital.id_of("pools", self.code)

    def new(self, **fields):
        good = dict(pool=self.code, date=self.hospital.date(2), start="08:00", slot_minutes=10, capacities=[1, 2, 0, 3])
        return pb.NewSession(**{**good, **fields})

    def mine(self):
        return self.hospital.sessions(pool=self.pool)

    def test_an_opened_session_is_listed_as_it_was_asked_for(self):
        reply = self.hospital.open(self.new())
        self.assertEqual((reply.opened, reply.unchanged, list(reply.conflicts)), (1, 0, []))
        self.assertGreater(reply.position, 0)
        (session,) = self.mine()
        date = self.hospital.date(2)
        self.assertEqual((session.pool, session.date, session.slot_minutes), (self.pool, date, 10))
        self.assertEqual(session.start_ms, self.hospital.instant(date, "08:00"))
        self.assertEqual((list(session.capacities), list(session.taken)), ([1, 2, 0, 3], [0, 0, 0, 0]))
        self.assertEqual(session.appointments, 0)
        self.assertEqual(session.id >> 20, self.pool)

    def test_the_same_session_again_is_left_alone(self):
        self.hospital.open(self.new())
        reply = self.hospital.open(self.new())
        self.assertEqual((reply.opened, reply.unchanged, list(reply.conflicts)), (0, 1, []))
        self.assertEqual(len(self.mine()), 1)

    def test_an_overlap_is_a_conflict_and_the_others_are_opened(self):
        self.hospital.open(self.new())
        reply = self.hospital.open(self.new(start="08:30"), self.new(start="08:40"), self.new(slot_minutes=5))
        self.assertEqual((reply.opened, reply.unchanged, len(reply.conflicts)), (1, 0, 2))
        self.assertTrue(all(reply.conflicts))
        self.assertEqual(len(self.mine()), 2)

    def test_two_that_overlap_in_one_request_are_not_both_opened(self):
        reply = self.hospital.open(self.new(), self.new(start="08:10"))
        self.assertEqual((reply.opened, len(reply.conflicts)), (1, 1))

    def test_a_session_that_touches_midnight_belongs_to_the_day_it_begins(self):
        reply = self.hospital.open(self.new(start="22:00", slot_minutes=60, capacities=[1] * 4))
        self.assertEqual(reply.opened, 1)
        (session,) = self.mine()
        self.assertEqual(session.date, self.hospital.date(2))
        following = self.hospital.open(self.new(date=self.hospital.date(3), start="01:00"))
        self.assertEqual(len(following.conflicts), 1, "two sessions of one pool at one time")

    def test_what_makes_no_sense_is_refused(self):
        wrong = (
            {"date": ""},
            {"date": "2030-13-01"},
            {"date": "2030-02-29"},
            {"date": "1/2/2030"},
            {"date": "2030-01-01T00:00"},
            {"start": ""},
            {"start": "25:00"},
            {"start": "0800"},
            {"slot_minutes": 0},
            {"slot_minutes": 4_000_000_000},
            {"capacities": []},
            {"capacities": [0, 0]},
            {"capacities": [4_000_000_000]},
            {"capacities": [1] * 100_000},
        )
        for fields in wrong:
            with self.subTest(fields=str(fields)[:60]):
                with self.fails("INVALID_ARGUMENT"):
                    self.hospital.open(self.new(**fields))
                self.assertEqual(self.mine(), [])

    def test_a_pool_nobody_knows_is_not_found(self):
        for pool in (unique("nowhere"), ""):
            with self.subTest(pool=pool), self.fails("NOT_FOUND"):
                self.hospital.open(self.new(pool=pool))


class Generating(Case):
    def setUp(self):
        super().setUp()
        self.code, draft = self.hospital.draft()
        self.hospital.put(**draft)
        self.pool = self.hospital.id_of("pools", self.code)

    def template(self, **fields):
        good = dict(
            code=unique("template"), pool=self.code, weekdays=127, start="08:00", slot_minutes=30, slots=4, capacity=2
        )
        template = pb.Template(**{**good, **fields})
        self.hospital.put(templates=[template])
        return template.code

    def generate(self, first, last, *templates):
        return self.connection.call(
            pb.GenerateSessionsRequest(
                **{"from": self.hospital.date(first), "to": self.hospital.date(last)}, templates=templates
            )
        )

    def dates(self):
        return [session.date for session in self.hospital.sessions(pool=self.pool)]

    def test_every_day_of_the_week_gets_its_session(self):
        code = self.template()
        reply = self.generate(1, 7, code)
        self.assertEqual((reply.opened, reply.unchanged, list(reply.conflicts)), (7, 0, []))
        self.assertEqual(sorted(self.dates()), [self.hospital.date(day) for day in range(1, 8)])
        session = self.hospital.sessions(pool=self.pool)[0]
        self.assertEqual((session.slot_minutes, list(session.capacities)), (30, [2] * 4))

    def test_repeating_it_opens_only_what_is_missing(self):
        code = self.template()
        self.generate(2, 3, code)
        reply = self.generate(1, 4, code)
        self.assertEqual((reply.opened, reply.unchanged), (2, 2))
        self.assertEqual(len(self.dates()), 4)

    def test_what_a_template_gives_up_is_withdrawn_and_counted(self):
        code = self.template()
        self.generate(1, 3, code)
        self.template(code=code, start="10:00")
        reply = self.generate(1, 2, code)
        self.assertEqual((reply.opened, reply.unchanged, reply.withdrawn), (2, 0, 2))
        self.assertEqual(list(reply.conflicts), [])
        self.assertEqual(len(self.dates()), 3)
        # Another template at just these hours is told which one has them.
        reply = self.generate(1, 1, self.template(start="10:00"))
        self.assertEqual((reply.opened, reply.unchanged, len(reply.conflicts)), (0, 0, 1))
        self.assertIn(code, reply.conflicts[0])

    def test_days_that_are_over_are_neither_opened_nor_counted(self):
        reply = self.generate(-9, -2, self.template())
        self.assertEqual((reply.opened, reply.unchanged, reply.withdrawn, len(reply.conflicts)), (0, 0, 0, 0))

    def test_bit_0_is_monday(self):
        for bit in range(7):
            with self.subTest(bit=bit):
                code = self.template(weekdays=1 << bit, start=f"{bit + 8:02}:00", slots=2)
                before = set(self.dates_of(bit + 8))
                self.generate(1, 14, code)
                new = [date for date in self.dates_of(bit + 8) if date not in before]
                self.assertEqual([datetime.date.fromisoformat(date).weekday() for date in new], [bit, bit])

    def dates_of(self, hour):
        return [
            each.date
            for each in self.hospital.sessions(pool=self.pool)
            if each.start_ms == self.hospital.instant(each.date, f"{hour:02}:00")
        ]

    def test_validity_is_kept_at_both_ends(self):
        code = self.template(valid_from=self.hospital.date(3), valid_until=self.hospital.date(5))
        self.generate(1, 8, code)
        self.assertEqual(sorted(self.dates()), [self.hospital.date(day) for day in (3, 4, 5)])

    def test_no_template_named_means_all_of_them(self):
        self.template()
        self.generate(20, 20)
        self.assertEqual(self.dates(), [self.hospital.date(20)])

    def test_a_range_that_makes_no_sense_is_refused(self):
        code = self.template()
        good = {"from": self.hospital.date(1), "to": self.hospital.date(2)}
        for wrong in (
            {"from": ""},
            {"to": ""},
            {"to": "2030-02-30"},
            {"to": self.hospital.date(0)},
            {"to": "9999-12-31"},
        ):
            with self.subTest(wrong=wrong), self.fails("INVALID_ARGUMENT"):
                self.connection.call(pb.GenerateSessionsRequest(**{**good, **wrong}, templates=[code]))
        with self.fails("NOT_FOUND"):
            self.generate(1, 2, unique("nobody"))
        self.assertEqual(self.dates(), [])


class Listing(Case):
    def test_a_list_keeps_to_its_department_pool_and_days(self):
        clinic = self.hospital.clinic(days=1)
        self.hospital.session(clinic.code, days=2)
        neighbour = self.hospital.clinic(days=1)
        days = {"from": self.hospital.date(1), "to": self.hospital.date(1)}
        self.assertEqual([each.id for each in self.hospital.sessions(pool=clinic.pool, **days)], [clinic.session.id])
        self.assertEqual(
            [each.id for each in self.hospital.sessions(department=clinic.department, **days)], [clinic.session.id]
        )
        self.assertEqual(len(self.hospital.sessions(department=clinic.department)), 2)
        every = {each.id for each in self.hospital.sessions(**days)}
        self.assertLessEqual({clinic.session.id, neighbour.session.id}, every)
        self.assertEqual(self.hospital.sessions(pool=clinic.pool, department=neighbour.department), [])

    def test_days_that_are_none_are_refused(self):
        for wrong in (
            {"from": ""},
            {"to": ""},
            {"from": "yesterday"},
            {"to": "2030-02-30"},
            {"to": self.hospital.date(0)},
            {"to": self.hospital.date(401)},
        ):
            with self.subTest(wrong=wrong), self.fails("INVALID_ARGUMENT"):
                self.hospital.sessions(**{"from": self.hospital.date(1), "to": self.hospital.date(1), **wrong})

    def test_ids_nobody_has_are_not_found(self):
        for wrong in ({"department": 4_000_000}, {"pool": 4_000_000}):
            with self.subTest(wrong=wrong), self.fails("NOT_FOUND"):
                self.hospital.sessions(**wrong)
