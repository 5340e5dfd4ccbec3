#!/usr/bin/env bash
# python-dateutil takes a part of the first week for the whole where a weekly rule has BYSETPOS.
#
# RFC 5545, 3.3.10: BYSETPOS chooses of the set of occurrences within one interval of the rule, here a week. dateutil
# begins the set of the first week with DTSTART. Of BYDAY=MO,WE,FR;BYSETPOS=2 from a Wednesday it takes that week's
# Friday, and Wednesdays from then on; the second of each whole week is a Wednesday, also of the first.
#
# Seen with Python 3.11, 2026-11-29:
#   4.0.0  FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2;COUNT=3  Fri 04, Wed 09, Wed 16
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet python-dateutil==4.0.0
"$folder/venv/bin/python" - <<'P'
import datetime
import sys

import dateutil
from dateutil.rrule import rrulestr

RULE, EXPECTED = "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2;COUNT=3", "Fri 04, Wed 09, Wed 16"
seen = ", ".join(f"{day:%a %d}" for day in rrulestr(RULE, dtstart=datetime.datetime(2026, 12, 2, 9)))
print(f"{dateutil.__version__}  {RULE}  {seen}")
sys.exit("the behaviour has changed" if seen != EXPECTED else 0)
P
