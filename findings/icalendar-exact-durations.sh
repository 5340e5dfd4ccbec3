#!/usr/bin/env bash
# recurring-ical-events 3.8.2 on icalendar 7.3.2 makes an hour of a night clinic last no time at all, or two hours.
#
# RFC 5545, 3.3.6: a duration of hours is exact, one of days is nominal; 3.8.5.3: an end given by DTEND gives every
# repetition the same exact duration. The library adds durations to the wall clock in both cases: on the night in
# which clocks go forward a repetition of PT1H across the gap begins and ends at the same moment, on the night in
# which they go back it lasts two hours, and PT24H is taken for P1D.
# So: a calendar that is read through it and turned into bookable minutes shows minutes that are not there; go by
# elapsed time, as RFC 5545 says, and compare on nights of both changes.
#
# Seen with Python 3.11, 2026-11-28:
#   02:30 PT1H, Europe/Berlin, 28 to 30 March 2026       1:00:00 0:00:00 1:00:00
#   02:30 PT1H, Europe/Berlin, 24 to 26 October 2026     1:00:00 2:00:00 1:00:00
#   02:15 PT30M, Australia/Lord_Howe, 3 to 5 October     0:30:00 0:00:00 0:30:00
#   DTEND three hours later, Berlin, 28 to 30 March      3:00:00 2:00:00 3:00:00
#   12:00 PT24H, Europe/Berlin, 28 March 2026            23:00:00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet icalendar==7.3.2 recurring-ical-events==3.8.2 tzdata==2026.1
"$folder/venv/bin/python" - <<'P'
import datetime
import sys

import icalendar
import recurring_ical_events

CASES = [
    ("02:30 PT1H, Europe/Berlin, 28 to 30 March 2026",
     ["DTSTART;TZID=Europe/Berlin:20260328T023000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3"],
     "1:00:00 0:00:00 1:00:00"),
    ("02:30 PT1H, Europe/Berlin, 24 to 26 October 2026",
     ["DTSTART;TZID=Europe/Berlin:20261024T023000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3"],
     "1:00:00 2:00:00 1:00:00"),
    ("02:15 PT30M, Australia/Lord_Howe, 3 to 5 October",
     ["DTSTART;TZID=Australia/Lord_Howe:20261003T021500", "DURATION:PT30M", "RRULE:FREQ=DAILY;COUNT=3"],
     "0:30:00 0:00:00 0:30:00"),
    ("DTEND three hours later, Berlin, 28 to 30 March",
     ["DTSTART;TZID=Europe/Berlin:20260328T010000", "DTEND;TZID=Europe/Berlin:20260328T040000",
      "RRULE:FREQ=DAILY;COUNT=3"],
     "3:00:00 2:00:00 3:00:00"),
    ("12:00 PT24H, Europe/Berlin, 28 March 2026",
     ["DTSTART;TZID=Europe/Berlin:20260328T120000", "DURATION:PT24H"],
     "23:00:00"),
]
changed = False
for name, lines, expected in CASES:
    text = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//finding//EN", "BEGIN:VEVENT", "UID:1",
            "DTSTAMP:20260101T000000Z", *lines, "END:VEVENT", "END:VCALENDAR", ""]
    calendar = icalendar.Calendar.from_ical("\r\n".join(text))
    seen = []
    for event in recurring_ical_events.of(calendar).between((2026, 1, 1), (2027, 1, 1)):
        start, end = (event[key].dt.astimezone(datetime.timezone.utc) for key in ("DTSTART", "DTEND"))
        seen.append(str(end - start))
    print(f"{name:<52} {' '.join(seen)}")
    changed = changed or " ".join(seen) != expected
sys.exit("the behaviour has changed" if changed else 0)
P
