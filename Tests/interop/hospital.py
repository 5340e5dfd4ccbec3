"""Builds what a test books in: a department, a pool and its sessions that belong to this test alone."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import secrets

from client import new_key
from messages import pb

# Zones without daylight saving: a fixed offset is the whole rule. The first in which it is day is the hospital's; tests
# that need the hospital's "today" then have hours of it behind them and before them, whenever they run.
ZONES = (("Asia/Shanghai", 8), ("America/Bogota", -5), ("Africa/Lagos", 1))
PATIENTS_AT_ONCE = 500

_numbers = itertools.count(1)


def unique(word):
    """A code that nothing else in this run has."""
    return f"{word}-{next(_numbers)}"


def slot_of(session, index):
    """PROTOCOL.md §5: a slot id is its session's id and its index."""
    return session << 20 | index


def day_zone(now_ms):
    """(name, hours east of Greenwich) of a zone where the time is between 5 and 19 o'clock."""
    hour = now_ms // 3_600_000 % 24
    return next(zone for zone in ZONES if 5 <= (hour + zone[1]) % 24 < 19)


@dataclasses.dataclass
class Clinic:
    """One department with one pool, one service and one session; ids unless the name says code."""

    code: str
    department: int
    resource: int
    service: int
    pool: int
    session: pb.Session

    @property
    def slots(self):
        return [slot_of(self.session.id, index) for index in range(len(self.session.capacities))]


class Hospital:
    """The hospital behind one connection."""

    def __init__(self, connection):
        self.connection = connection
        self.now_ms = connection.welcome.now_ms
        known = connection.call(pb.GetCatalogueRequest()).catalogue.hospital
        # PROTOCOL.md §5: before a hospital was put, the server answers an empty name.
        if not known.name:
            zone = day_zone(self.now_ms)[0]
            self.put(hospital=pb.Hospital(name="第一人民医院", time_zone=zone))
            known = connection.call(pb.GetCatalogueRequest()).catalogue.hospital
        self.offset = dict(ZONES)[known.time_zone]

    # -- time ---------------------------------------------------------------------------------------------------------

    def date(self, days):
        """The hospital's today, plus `days`, as YYYY-MM-DD."""
        local = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=self.now_ms, hours=self.offset)
        return (local.date() + datetime.timedelta(days=days)).isoformat()

    def instant(self, date, time):
        """Milliseconds since 1970 of a wall time in the hospital's zone."""
        local = datetime.datetime.fromisoformat(f"{date}T{time}") - datetime.timedelta(hours=self.offset)
        return (local - datetime.datetime(1970, 1, 1)) // datetime.timedelta(milliseconds=1)

    # -- catalogue ----------------------------------------------------------------------------------------------------

    def put(self, **catalogue):
        return self.connection.call(pb.PutCatalogueRequest(catalogue=pb.Catalogue(**catalogue)))

    def catalogue(self):
        return self.connection.call(pb.GetCatalogueRequest()).catalogue

    def id_of(self, kind, code):
        """The id of the department, resource, service, pool or template with this code."""
        return next(entity.id for entity in getattr(self.catalogue(), kind) if entity.code == code)

    def draft(self, *, slots=1, units=1, code=None, department=None, resource=None, services=None, policy=None):
        """Everything a Put needs for one pool, as keyword arguments of Catalogue. Names that are given must exist."""
        code = code or unique("clinic")
        draft = dict(
            departments=[] if department else [pb.Department(code=code, name="内科")],
            resources=[
                pb.Resource(code=code, name="王医生", kind=pb.RESOURCE_KIND_PRACTITIONER, department=department or code)
            ],
            services=(
                []
                if services
                else [
                    pb.Service(
                        code=code,
                        name="普通门诊",
                        kind=pb.SERVICE_KIND_CLINIC,
                        slots=slots,
                        units=units,
                        price_fen=1500,
                    )
                ]
            ),
            pools=[
                pb.Pool(
                    code=code,
                    name="内科一",
                    department=department or code,
                    resources=[resource or code],
                    services=services or [code],
                )
            ],
        )
        if policy:
            draft["policies"] = [pb.Policy(department=code, **policy)]
        return code, draft

    def clinic(self, *, capacities=(1,) * 8, slot_minutes=15, days=1, start="08:00", **draft):
        """A new clinic with one session `days` from today."""
        code, catalogue = self.draft(**draft)
        self.put(**catalogue)
        session = self.session(code, capacities=capacities, slot_minutes=slot_minutes, days=days, start=start)
        everything = self.catalogue()
        pool = next(pool for pool in everything.pools if pool.code == code)
        return Clinic(
            code=code,
            department=next(each.id for each in everything.departments if each.code == pool.department),
            resource=next(each.id for each in everything.resources if each.code == pool.resources[0]),
            service=next(each.id for each in everything.services if each.code == pool.services[0]),
            pool=pool.id,
            session=session,
        )

    def session(self, pool_code, *, capacities=(1,) * 8, slot_minutes=15, days=1, start="08:00"):
        """Opens one session and gives it back as the server lists it."""
        date = self.date(days)
        reply = self.open(
            pb.NewSession(pool=pool_code, date=date, start=start, slot_minutes=slot_minutes, capacities=capacities)
        )
        if reply.opened != 1:
            raise AssertionError(f"no session opened: {reply}")
        start_ms = self.instant(date, start)
        listed = self.sessions(pool=self.id_of("pools", pool_code), **{"from": date, "to": date})
        return next(session for session in listed if session.start_ms == start_ms)

    def open(self, *sessions):
        return self.connection.call(pb.OpenSessionsRequest(sessions=sessions))

    def sessions(self, **query):
        """Sessions of the coming months, or of the days `from` and `to`."""
        months = {"from": self.date(0), "to": self.date(100)}
        return list(self.connection.call(pb.ListSessionsRequest(**{**months, **query})).sessions)

    def session_now(self, clinic):
        """The clinic's session as it stands."""
        return next(each for each in self.sessions(pool=clinic.pool) if each.id == clinic.session.id)

    def free(self, **query):
        return list(self.connection.call(pb.SearchSlotsRequest(**query)).slots)

    # -- patients and their appointments ------------------------------------------------------------------------------

    def patient(self):
        return self.patients(1)[0]

    def patients(self, count):
        """Ids of so many new patients."""
        ids = []
        for first in range(0, count, PATIENTS_AT_ONCE):
            batch = [
                pb.Patient(identifiers=[pb.Identifier(system="card", value=secrets.token_hex(10))])
                for _ in range(min(PATIENTS_AT_ONCE, count - first))
            ]
            reply = self.connection.call(pb.RegisterPatientsRequest(patients=batch))
            ids += [outcome.patient for outcome in reply.outcomes]
        return ids

    def book(self, clinic, *, slot=0, patient=None, **fields):
        """Books the clinic's slot with this index; the Outcome."""
        return self.connection.call(booking(clinic, slot=slot, patient=patient or self.patient(), **fields))

    def change(self, appointment, transition, **fields):
        """Asks for one transition, under a new key unless `fields` names one; the Outcome."""
        return self.connection.call(change(appointment, transition, **fields))

    def move(self, appointment, slot, **fields):
        return self.connection.call(pb.MoveRequest(appointment=appointment, slot=slot, **{**new_key(), **fields}))

    def together(self, patient, items, **fields):
        """Books (slot id, service id) pairs together; the TogetherReply."""
        items = [pb.TogetherItem(slot=slot, service=service) for slot, service in items]
        return self.connection.call(pb.BookTogetherRequest(patient=patient, items=items, **{**new_key(), **fields}))

    def appointment(self, appointment):
        """The appointment with this id; None when there is none."""
        found = self.connection.call(pb.GetAppointmentsRequest(ids=[appointment])).appointments
        return found[0] if found else None

    def appointments_of(self, patient):
        return list(self.connection.call(pb.PatientAppointmentsRequest(patient=patient)).appointments)


def booking(clinic, *, slot=0, patient, **fields):
    """A BookRequest for the clinic's slot with this index, under a new key unless `fields` names one."""
    ordinary = dict(slot=slot_of(clinic.session.id, slot), service=clinic.service, patient=patient, **new_key())
    return pb.BookRequest(**{**ordinary, **fields})


def change(appointment, transition, **fields):
    return pb.ChangeRequest(appointment=appointment, transition=transition, **{**new_key(), **fields})
