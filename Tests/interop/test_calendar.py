"""Calendar files, against two libraries that many programs read and write them with: python-dateutil and icalendar."""

import datetime
import json
import os
import pathlib
import random
import subprocess
import tempfile
import unittest.mock
import zoneinfo

import icalendar
from case import Case, port
from dateutil.rrule import rrulestr
from server import binary

ZONES = ("Europe/Berlin", "Australia/Lord_Howe", "Asia/Shanghai")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
UTC = datetime.timezone.utc
# Both clock changes of each zone lie in these days.
FIRST, LAST = datetime.date(2026, 3, 1), datetime.date(2026, 11, 30)
# The last year that is compared; dateutil asks datetime.MAXYEAR how far to look.
LAST_YEAR = 2026
SERIES, SERIES_AT_ONCE = 360, 30


def haoyuan(*arguments, cwd):
    """What a command prints as JSON."""
    ended = subprocess.run(
        [binary(), *arguments, "--json"],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={**os.environ, "HAOYUAN_ADDRESS": f"127.0.0.1:{port()}"},
        timeout=60,
    )
    if ended.returncode != 0:
        raise AssertionError(f"{arguments}: {ended.returncode} {ended.stderr}")
    return json.loads(ended.stdout)


def some(draw, values, most):
    return ",".join(str(value) for value in draw.sample(values, draw.randint(1, most)))


def days(draw, ordinals):
    """A list for BYDAY."""
    names = draw.sample(WEEKDAYS, draw.randint(1, 3))
    return ",".join(f"{draw.choice(ordinals)}{name}" if draw.random() < 0.6 else name for name in names)


def draw_rule(draw):
    """A rule that we read, without its end."""
    frequency = draw.choice(("DAILY", "WEEKLY", "MONTHLY", "YEARLY"))
    parts = [f"FREQ={frequency}"]
    if draw.random() < 0.5:
        parts.append(f"INTERVAL={draw.randint(1, 4)}")
    if draw.random() < 0.4:
        parts.append(f"WKST={draw.choice(WEEKDAYS)}")
    chosen = False
    if draw.random() < (0.6 if frequency == "YEARLY" else 0.25):
        parts.append("BYMONTH=" + some(draw, range(1, 13), 5))
        chosen = True
    if frequency != "WEEKLY" and draw.random() < 0.4:
        parts.append("BYMONTHDAY=" + some(draw, [*range(1, 32), *range(-31, 0)], 12))
        chosen = True
    if draw.random() < 0.6:
        plain = frequency in ("DAILY", "WEEKLY")
        # Ordinals that the interval has.
        named = any(part.startswith("BYMONTH=") for part in parts)
        ordinals = (1, 2, 3, 4, 5, -1, -2, -5) if frequency == "MONTHLY" or named else (1, 20, 53, -1, -30)
        parts.append("BYDAY=" + (some(draw, WEEKDAYS, 4) if plain else days(draw, ordinals)))
        chosen = True
    # dateutil takes the first week from DTSTART on for the whole of a week's set; RFC 5545 does not. See below.
    if chosen and frequency != "WEEKLY" and draw.random() < 0.4:
        parts.append("BYSETPOS=" + some(draw, (1, 2, 3, -1, -2), 2))
    return ";".join(parts)


def expanded(rule, start):
    """dateutil's days up to the last year."""
    with unittest.mock.patch("datetime.MAXYEAR", LAST_YEAR):
        return list(rrulestr(rule, dtstart=start))


def instants(starts, zone):
    """Wall times of a zone as moments. PEP 495 reads skipped and doubled times as RFC 5545 does."""
    return {start.replace(tzinfo=zoneinfo.ZoneInfo(zone)).astimezone(UTC) for start in starts}


class Calendars(Case):
    def setUp(self):
        super().setUp()
        self.clinic = self.hospital.clinic(capacities=(2,) * 4)
        folder = tempfile.TemporaryDirectory(prefix="haoyuan-calendar-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def begins(self, events, first=FIRST, last=LAST):
        """By UID, the moments at which our expansion has each event of a file begin."""
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//interop//EN", *events, "END:VCALENDAR", ""]
        return self.begins_of("\r\n".join(lines).encode(), first, last)

    def begins_of(self, data, first=FIRST, last=LAST):
        """The same of a whole file."""
        (self.folder / "in.ics").write_bytes(data)
        found = haoyuan(
            *("calendar", "import", "in.ics", "--resource", self.clinic.code, "--dry-run"),
            *("--from", first.isoformat(), "--to", last.isoformat()),
            cwd=self.folder,
        )
        begins = {}
        for leave in found["leaves"]:
            moment = datetime.datetime.fromisoformat(leave["begin"].replace("Z", "+00:00")).astimezone(UTC)
            begins.setdefault(leave["uid"], set()).add(moment)
        return begins

    def draw_series(self, draw, uid):
        """An event's lines, and the moments that dateutil has it begin."""
        zone = draw.choice(ZONES)
        hour, minute = draw.randint(0, 23), draw.choice((0, 15, 45))
        while True:
            rule = draw_rule(draw)
            day = datetime.datetime(2025, 1, 1, hour, minute) + datetime.timedelta(days=draw.randrange(500))
            # DTSTART is one of the rule: RFC 5545 leaves open what it means otherwise.
            start = next(iter(expanded(rule, day)), None)
            if start is not None:
                break
        end = draw.random()
        count = draw.randint(1, 120) if end < 0.4 else None
        until = None
        if end > 0.7:
            until = start + datetime.timedelta(days=draw.randrange(600), hours=draw.randrange(24))
        wall = [
            one
            for one in expanded(rule, start)[:count]
            if until is None or one.replace(tzinfo=zoneinfo.ZoneInfo(zone)) <= until.replace(tzinfo=UTC)
        ]
        if until:
            rule += f";UNTIL={until:%Y%m%dT%H%M%SZ}"
        if count:
            rule += f";COUNT={count}"
        excluded = draw.sample(wall, min(len(wall), draw.randint(0, 3)))
        lines = [
            "BEGIN:VEVENT",
            f"UID:{uid}",
            f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}",
            "DURATION:PT10M",
            f"RRULE:{rule}",
            *(f"EXDATE;TZID={zone}:{one:%Y%m%dT%H%M%S}" for one in excluded),
            "END:VEVENT",
        ]
        return lines, instants(set(wall) - set(excluded), zone)

    def window(self, moments, hours):
        """Those that lie in the days asked about, and so many hours within their ends: zones differ at the edges."""
        margin = datetime.timedelta(hours=hours)
        first = datetime.datetime.combine(FIRST, datetime.time(), UTC) + margin
        last = datetime.datetime.combine(LAST, datetime.time(), UTC) - margin
        return {moment for moment in moments if first <= moment <= last}

    def test_random_rules_are_expanded_as_dateutil_does(self):
        seed = int(os.environ.get("HAOYUAN_CALENDAR_SEED", "5545"))
        draw = random.Random(seed)
        occurrences = 0
        for batch in range(0, SERIES, SERIES_AT_ONCE):
            series = {f"{number}": self.draw_series(draw, number) for number in range(batch, batch + SERIES_AT_ONCE)}
            begins = self.begins([line for lines, _ in series.values() for line in lines])
            for uid, (lines, expected) in series.items():
                found = self.window(begins.get(uid, set()), 36)
                expected = self.window(expected, 36)
                occurrences += len(expected)
                with self.subTest(seed=seed, event=lines):
                    missing, surplus = sorted(expected - found), sorted(found - expected)
                    self.assertEqual((missing[:3], surplus[:3]), ([], []))
        self.assertGreater(occurrences, 5_000)

    def test_the_set_of_a_week_is_where_dateutil_and_rfc_5545_part(self):
        rule = "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2;COUNT=3"
        start = datetime.datetime(2026, 7, 1, 9)
        lines = ["UID:a", f"DTSTART:{start:%Y%m%dT%H%M%S}", "DURATION:PT1H", f"RRULE:{rule}"]
        ours = sorted(self.begins(["BEGIN:VEVENT", *lines, "END:VEVENT"])["a"])
        gaps = [later - earlier for earlier, later in zip(ours, ours[1:])]
        self.assertEqual(gaps, [datetime.timedelta(days=7)] * 2)
        # Friday of the first week: it counts from DTSTART, a Wednesday. Where this turns red, dateutil was mended.
        self.assertEqual([one.day for one in rrulestr(rule, dtstart=start)], [3, 8, 15])

    def test_an_export_is_read_by_icalendar(self):
        self.assert_done(self.hospital.book(self.clinic))
        day = self.hospital.date(0)
        haoyuan(
            *("calendar", "export", "--resource", self.clinic.code, "--from", "today", "--to", "+30", "--out", "out.ics"),
            cwd=self.folder,
        )
        data = (self.folder / "out.ics").read_bytes()
        calendar = icalendar.Calendar.from_ical(data)
        self.assertEqual((calendar["VERSION"], calendar["METHOD"]), ("2.0", "PUBLISH"))
        events = calendar.walk("VEVENT")
        self.assertEqual(len(events), 1, data)
        event, session = events[0], self.clinic.session
        self.assertEqual(event.errors, [])
        self.assertEqual(event["DTSTART"].dt, datetime.datetime.fromtimestamp(session.start_ms / 1_000, UTC))
        length = datetime.timedelta(minutes=session.slot_minutes * len(session.capacities))
        self.assertEqual(event["DTEND"].dt - event["DTSTART"].dt, length)
        self.assertTrue(event["UID"].endswith(f"-session-{session.id}"), f"{event['UID']} of {day}")
        self.assertEqual((event["STATUS"], event["TRANSP"], event["SUMMARY"]), ("CONFIRMED", "OPAQUE", "内科一"))
        self.assertLessEqual(max(map(len, data.split(b"\r\n"))), 75)

    def test_what_icalendar_writes_is_read(self):
        event = icalendar.Event()
        event.add("uid", "a")
        event.add("summary", "学术会议，" * 30)
        event.add("dtstart", datetime.datetime(2026, 7, 1, 9, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")))
        event.add("dtend", datetime.datetime(2026, 7, 1, 10, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")))
        event.add("rrule", {"freq": "weekly", "count": 3, "byday": ["we"]})
        event.add("exdate", datetime.datetime(2026, 7, 8, 9, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")))
        calendar = icalendar.Calendar()
        calendar.add("version", "2.0")
        calendar.add("prodid", "-//interop//EN")
        calendar.add_component(event)
        calendar.add_missing_timezones()
        self.assertEqual(
            self.begins_of(calendar.to_ical())["a"],
            {datetime.datetime(2026, 7, day, 7, tzinfo=UTC) for day in (1, 15)},
        )
