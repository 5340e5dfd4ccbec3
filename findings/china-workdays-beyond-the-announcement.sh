#!/usr/bin/env bash
# Three libraries are asked for China's working days of a year whose make-up working days they do not know.
#
# Each autumn the State Council says which weekends of the next year are worked; nothing can be computed before.
# holidays 0.109 knows 2026's six working weekends, yet answers for 2027 as surely as for 2026: Saturdays and Sundays
# are free, no day of it is marked as not announced, categories and names are those of a known year.
# chinesecalendar 1.11.0 raises NotImplementedError for 2027. workalendar 17.0.0 warns, knows no holidays of 2026, and
# answers is_working_day for a Saturday of 2026 that is worked with False.
# So: a roster that is generated from such a library opens no clinic on a worked Saturday of the coming year. What lies
# beyond the announcement must be a question, not an answer.
#
# Seen with Python 3.11, 2026-11-28:
#   holidays         2026: 6 working weekend days   2027: 0, none marked as estimated
#   chinesecalendar  2026: 6 working weekend days   2027: NotImplementedError
#   workalendar      2026-02-14, worked: working day False; holidays(2026): CalendarError
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet holidays==0.109 chinesecalendar==1.11.0 workalendar==17.0.0
"$folder/venv/bin/python" -W ignore - <<'P'
import datetime
import sys

import chinese_calendar
import holidays
from workalendar.asia import China


def weekends(year):
    day = datetime.date(year, 1, 1)
    while day.year == year:
        if day.weekday() >= 5:
            yield day
        day += datetime.timedelta(days=1)


def told(count):
    try:
        return str(count())
    except Exception as error:  # The name of the error is what is to be seen.
        return type(error).__name__


seen = []
for year in (2026, 2027):
    china = holidays.country_holidays("CN", years=year)
    worked = sum(china.is_working_day(day) for day in weekends(year))
    marked = sum("estimated" in name for name in china.values())
    seen.append(f"holidays {year}: {worked} working weekend days, {marked} marked as estimated")
    seen.append(
        f"chinesecalendar {year}: " + told(lambda: sum(chinese_calendar.is_workday(day) for day in weekends(year))))
worked = datetime.date(2026, 2, 14)
seen.append(f"workalendar {worked}, worked: " + told(lambda: China().is_working_day(worked)))
seen.append("workalendar holidays 2026: " + told(lambda: China().holidays(2026)))
print("\n".join(seen))
sys.exit("the behaviour has changed" if seen != [
    "holidays 2026: 6 working weekend days, 0 marked as estimated",
    "chinesecalendar 2026: 6",
    "holidays 2027: 0 working weekend days, 0 marked as estimated",
    "chinesecalendar 2027: NotImplementedError",
    "workalendar 2026-02-14, worked: False",
    "workalendar holidays 2026: CalendarError",
] else 0)
P
