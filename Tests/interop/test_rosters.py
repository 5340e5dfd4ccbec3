"""Rosters: calendars, exceptions and leaves, and the preview of what a generation would do."""

from case import Case
from hospital import unique
from messages import pb

OPENS, STANDS, WITHDRAWN, CONFLICT, NOT_JUDGED, ABSENT = range(1, 7)


class Rosters(Case):
    def setUp(self):
        super().setUp()
        self.code, draft = self.hospital.draft()
        self.hospital.put(**draft)
        self.template = unique("template")
        self.calendar = unique("calendar")

    def put(self, *, last=5, **fields):
        day = pb.CalendarDay(date=self.hospital.date(3), kind=1)
        calendar = pb.Calendar(
            code=self.calendar, name="日历", source="国办", first=self.hospital.date(0), last=self.hospital.date(last), days=[day]
        )
        template = dict(
            code=self.template, pool=self.code, weekdays=127, start="08:00", slot_minutes=10, slots=6, capacity=1
        )
        template = pb.Template(**{**template, "calendar": self.calendar, **fields})
        return self.hospital.put(calendars=[calendar], templates=[template])

    def ask(self, request):
        days = {"from": self.hospital.date(2), "to": self.hospital.date(6)}
        return self.hospital.connection.call(request(**days, templates=[self.template]))

    def test_a_preview_says_what_a_generation_then_does(self):
        self.put()
        preview = self.ask(pb.PreviewSessionsRequest)
        kinds = [row.kind for row in preview.rows]
        self.assertEqual(kinds, [OPENS, ABSENT, OPENS, OPENS, NOT_JUDGED])
        done = self.ask(pb.GenerateSessionsRequest)
        for field in ("opened", "unchanged", "withdrawn", "conflicts"):
            self.assertEqual(getattr(preview, field), getattr(done, field), field)
        self.assertEqual((done.opened, len(done.conflicts)), (3, 1))
        self.assertIn(self.hospital.date(6), done.conflicts[0])
        again = self.ask(pb.PreviewSessionsRequest)
        self.assertEqual([row.kind for row in again.rows], [STANDS, ABSENT, STANDS, STANDS, NOT_JUDGED])

    def test_what_an_exception_says_comes_back_and_holds(self):
        closed = pb.TemplateException(date=self.hospital.date(4), kind=1, reason="会议")
        extra = pb.TemplateException(
            date=self.hospital.date(3), kind=3, start="09:00", slot_minutes=15, slots=2, capacity=2
        )
        self.put(exceptions=[closed, extra])
        template = next(each for each in self.hospital.catalogue().templates if each.code == self.template)
        self.assertEqual(list(template.exceptions), [extra, closed])
        self.assertEqual(template.calendar, self.calendar)
        kinds = [row.kind for row in self.ask(pb.PreviewSessionsRequest).rows]
        self.assertEqual(kinds, [OPENS, OPENS, ABSENT, OPENS, NOT_JUDGED])

    def test_what_contradicts_itself_is_refused_by_name(self):
        date = self.hospital.date
        for exception in [
            pb.TemplateException(date=date(3), kind=1),
            pb.TemplateException(date=date(4), kind=3, start="09:00", slot_minutes=15, slots=2, capacity=2),
            pb.TemplateException(date=date(4), kind=1, slots=3),
            pb.TemplateException(date=date(4), kind=9),
            pb.TemplateException(date="2026-02-30", kind=1),
        ]:
            with self.subTest(str(exception)), self.fails("INVALID_ARGUMENT"):
                self.put(exceptions=[exception])
        with self.fails("INVALID_ARGUMENT"):
            self.put(slot_minutes=1_440, slots=2)
        with self.fails("INVALID_ARGUMENT"):
            self.put(calendar="nowhere")
        with self.fails("INVALID_ARGUMENT"):
            day = pb.CalendarDay(date=date(1), kind=2)
            self.hospital.put(
                calendars=[
                    pb.Calendar(code="x", name="x", source="x", first=date(0), last=date(9), days=[day])
                ]
            )
        with self.fails("INVALID_ARGUMENT"):
            self.hospital.put(leaves=[pb.Leave(code="x", resource="nobody", **{"from": date(1), "until": date(2)})])
