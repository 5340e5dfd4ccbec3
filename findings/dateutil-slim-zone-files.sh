#!/usr/bin/env bash
# python-dateutil 2.9.0.post0 reads the zone files of the package tzdata 2026.1 without a word and says that every zone
# is UTC all year round.
#
# The files are TZif version 2 of the slim form (zic's default since 2020b): the block of version 1 is empty, the
# transitions stand in the second block, the rules of the coming years in the footer (RFC 9636, 3.2 and 3.3).
# dateutil.tz.tzfile reads the first block alone. The standard library's zoneinfo reads the same files rightly.
# So: a program that opens zone files by path cannot rely on dateutil, and a comparison of zones must say which reader
# it used.
#
# Seen with Python 3.11, 2026-11-28:
#   Europe/Berlin       dateutil 0:00:00  zoneinfo 2:00:00
#   Asia/Shanghai       dateutil 0:00:00  zoneinfo 8:00:00
#   Australia/Lord_Howe dateutil 0:00:00  zoneinfo 10:30:00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet python-dateutil==2.9.0.post0 six==1.17.0 tzdata==2026.1
PYTHONTZPATH='' "$folder/venv/bin/python" - <<'P'
import datetime
import importlib.resources
import sys
import zoneinfo

from dateutil import tz

noon = datetime.datetime(2026, 7, 1, 12)
expected = {"Europe/Berlin": "2:00:00", "Asia/Shanghai": "8:00:00", "Australia/Lord_Howe": "10:30:00"}
changed = False
for name, right in expected.items():
    file = importlib.resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))
    read = str(tz.tzfile(str(file)).utcoffset(noon))
    standard = str(noon.replace(tzinfo=zoneinfo.ZoneInfo(name)).utcoffset())
    print(f"{name:<19} dateutil {read}  zoneinfo {standard}")
    changed = changed or read != "0:00:00" or standard != right
sys.exit("the behaviour has changed" if changed else 0)
P
