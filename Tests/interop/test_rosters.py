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

    def pages(self, connection, request):
        """All pages of a preview."""
        while True:
            reply = connection.call(request)
            yield reply
            if not reply.more:
                return
            request.after.CopyFrom(reply.next)

    def test_a_preview_comes_in_pages(self):
        self.put()
        whole = self.ask(pb.PreviewSessionsRequest)
        days = {"from": self.hospital.date(2), "to": self.hospital.date(6)}
        request = pb.PreviewSessionsRequest(**days, templates=[self.template], limit=2)
        replies = list(self.pages(self.connection, request))
        self.assertEqual([len(reply.rows) for reply in replies], [2, 2, 1])
        self.assertEqual([row for reply in replies for row in reply.rows], list(whole.rows))
        self.assertEqual([each for reply in replies for each in reply.conflicts], list(whole.conflicts))
        self.assertEqual({reply.opened for reply in replies}, {whole.opened})
        with self.fails("INVALID_ARGUMENT"):
            self.connection.call(pb.PreviewSessionsRequest(**days, limit=2, after=pb.PreviewCursor(date="today")))

    def test_a_preview_that_no_frame_holds_comes_in_pages_whatever_is_opened_between_two(self):
        templates = [self.template, unique("template"), unique("template")]
        for at, code in enumerate(templates):
            # The last is in the way of the second.
            self.put(code=code, calendar="", start=("08:00", "10:00", "10:30")[at])
        days = {"from": self.hospital.date(2), "to": self.hospital.date(401)}
        narrow = self.connect(frame_limit=65_536)
        with self.fails("FRAME_TOO_LARGE"):
            narrow.call(pb.PreviewSessionsRequest(**days, templates=templates))
        rows, conflicts, numbers = [], [], 0
        for reply in self.pages(narrow, pb.PreviewSessionsRequest(**days, templates=templates, limit=10_000)):
            rows += reply.rows
            conflicts += reply.conflicts
            numbers += 1
            self.ask(pb.GenerateSessionsRequest)
        self.assertGreater(numbers, 1)
        self.assertEqual(len(rows), 1_200)
        self.assertEqual(len({(row.date, row.template) for row in rows}), 1_200, "each template's day once")
        self.assertEqual(len(conflicts), 400)

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
