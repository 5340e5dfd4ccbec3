"""COUNT_REPORT: what happened, counted from sessions and history."""

from case import Case
from hospital import slot_of
from messages import pb


class Reporting(Case):
    def report(self, clinic, *by, first=0, last=40, **query):
        days = {"from": self.hospital.date(first), "to": self.hospital.date(last)}
        return self.connection.call(pb.CountReportRequest(pools=[clinic.pool], by=by, **{**days, **query}))

    def total(self, clinic, **query):
        return self.report(clinic, **query).rows[0]

    def test_each_appointment_counts_once(self):
        clinic = self.hospital.clinic(capacities=(2, 1, 1, 1))
        kept, given_up, moved = (self.assert_done(self.hospital.book(clinic, slot=slot)) for slot in range(3))
        held = self.assert_done(self.hospital.book(clinic, slot=0, hold=True))
        self.assert_done(self.hospital.change(given_up.appointment, pb.TRANSITION_CANCEL))
        self.assert_done(self.hospital.move(moved.appointment, slot_of(clinic.session.id, 3)))
        row = self.total(clinic)
        self.assertEqual(row.by, pb.COUNT_BY_TOTAL)
        self.assertEqual((row.offered, row.sold_units, row.sold), (5, 2, 2))
        self.assertEqual((row.cancelled, row.moved, row.held, row.lapsed, row.stopped), (1, 1, 1, 0, 0))
        self.assertEqual((row.sessions, row.sold_out, sum(row.lead)), (1, 0, 4))
        self.assertEqual(kept.appointment >> 20, held.appointment >> 20)

    def test_rows_add_up_by_day_hour_place_and_channel(self):
        clinic = self.hospital.clinic(capacities=(3, 3), days=2, start="09:00", slot_minutes=60)
        self.hospital.session(clinic.code, capacities=(4,), days=3)
        for slot in (0, 1, 1):
            self.assert_done(self.hospital.book(clinic, slot=slot))
        kinds = range(pb.COUNT_BY_TOTAL, pb.COUNT_BY_HOUR + 1)
        rows = self.report(clinic, *kinds).rows
        self.assertEqual([row.by for row in rows], sorted(row.by for row in rows))
        self.assertEqual({row.by for row in rows}, set(kinds))
        for kind in kinds:
            mine = [row for row in rows if row.by == kind]
            self.assertEqual(sum(row.sold for row in mine), 3, kind)
            offered = 0 if kind in (pb.COUNT_BY_SERVICE, pb.COUNT_BY_CHANNEL) else 10
            self.assertEqual(sum(row.offered for row in mine), offered, kind)
        days = {row.day: row.offered for row in rows if row.by == pb.COUNT_BY_DAY}
        self.assertEqual(days, {self.hospital.date(2): 6, self.hospital.date(3): 4})

    def test_pages_make_the_whole(self):
        clinic = self.hospital.clinic(capacities=(2, 2))
        whole = self.report(clinic, pb.COUNT_BY_TOTAL, pb.COUNT_BY_DAY, pb.COUNT_BY_HOUR).rows
        rows, after = [], {}
        while True:
            page = self.report(clinic, pb.COUNT_BY_TOTAL, pb.COUNT_BY_DAY, pb.COUNT_BY_HOUR, limit=1, **after)
            rows += page.rows
            if not page.more:
                break
            after = {"after_by": page.next_by, "after_key": page.next_key}
        self.assertEqual(rows, list(whole))

    def test_what_cannot_be_counted_is_named(self):
        clinic = self.hospital.clinic()
        for query, code in (
            ({"first": 2, "last": 1}, "INVALID_ARGUMENT"),
            ({"first": 0, "last": 400}, "INVALID_ARGUMENT"),
            ({"departments": [999_999]}, "NOT_FOUND"),
        ):
            with self.subTest(query=query):
                with self.fails(code):
                    self.report(clinic, **query)
        with self.fails("INVALID_ARGUMENT"):
            self.report(clinic, pb.COUNT_BY_UNSPECIFIED)
