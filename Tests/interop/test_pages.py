"""Readings in pages, and what a reading's position says."""

import threading

from case import Case
from client import Failed
from hospital import booking, unique
from messages import pb

SMALL = 65_536
MANY = 1_500


class Pages(Case):
    def pages(self, request, cursor):
        """All pages of a request; `cursor` puts into it where the next one begins."""
        replies = []
        while True:
            replies.append(self.connection.call(request))
            if not replies[-1].more:
                return replies
            cursor(request, replies[-1])

    def test_a_session_that_no_frame_holds_comes_in_pages_whatever_is_written_between_two(self):
        clinic = self.hospital.clinic(capacities=(MANY + 50,), slot_minutes=60)
        patients = self.hospital.patients(MANY)
        bookings = [booking(clinic, patient=each) for each in patients]
        outcomes = self.connection.call(pb.BatchRequest(bookings=bookings)).bookings
        booked = {self.assert_done(outcome).appointment for outcome in outcomes}
        narrow = self.connect(frame_limit=SMALL)
        with self.fails("FRAME_TOO_LARGE"):
            narrow.call(pb.SessionAppointmentsRequest(session=clinic.session.id))

        request = pb.SessionAppointmentsRequest(session=clinic.session.id, limit=10_000)
        seen, told = [], 0
        while True:
            reply = narrow.call(request)
            self.assertGreaterEqual(reply.position, told)
            seen += [each.id for each in reply.appointments]
            if not reply.more:
                break
            request.after = seen[-1]
            told = self.assert_done(self.hospital.book(clinic)).position
            # One that was seen ends, and so does one that is to come.
            for each in (seen[0], max(booked)):
                self.hospital.change(each, pb.TRANSITION_CANCEL)
        self.assertEqual(seen, sorted(set(seen)), "each once, by number")
        self.assertLessEqual(booked, set(seen), "what was there all the time is there")

    def test_a_patients_appointments_come_in_pages_by_start_the_ended_ones_too(self):
        clinic = self.hospital.clinic(policy={"per_day": 0, "per_day_department": 0})
        patient = self.hospital.patient()
        booked = [self.assert_done(self.hospital.book(clinic, slot=slot, patient=patient)) for slot in range(7)]
        self.assert_done(self.hospital.change(booked[2].appointment, pb.TRANSITION_CANCEL))

        def go_on(request, reply):
            last = reply.appointments[-1]
            request.after_start_ms, request.after = last.start_ms, last.id

        replies = self.pages(pb.PatientAppointmentsRequest(patient=patient, limit=3), go_on)
        self.assertEqual([len(reply.appointments) for reply in replies], [3, 3, 1])
        found = [each for reply in replies for each in reply.appointments]
        self.assertEqual([each.id for each in found], [outcome.appointment for outcome in booked])
        self.assertEqual(found[2].state, pb.APPOINTMENT_STATE_CANCELLED)
        whole = self.connection.call(pb.PatientAppointmentsRequest(patient=patient))
        self.assertEqual(list(whole.appointments), found)
        self.assertFalse(whole.more)

    def test_a_catalogue_comes_in_pages_that_say_when_it_was_changed(self):
        for _ in range(3):
            self.hospital.clinic()
        whole = self.connection.call(pb.GetCatalogueRequest())

        def go_on(request, reply):
            request.after = reply.next

        replies = self.pages(pb.GetCatalogueRequest(limit=4), go_on)
        self.assertGreater(len(replies), 3)
        self.assertEqual({reply.changed for reply in replies}, {whole.changed})
        for kind in ("departments", "resources", "services", "pools", "policies", "templates"):
            found = [each for reply in replies for each in getattr(reply.catalogue, kind)]
            self.assertEqual(found, list(getattr(whole.catalogue, kind)), kind)
        self.assertTrue(all(reply.catalogue.hospital == whole.catalogue.hospital for reply in replies))
        self.hospital.clinic()
        self.assertGreater(self.connection.call(pb.GetCatalogueRequest(limit=1)).changed, whole.changed)

    def test_patients_are_found_in_pages_of_the_identifiers(self):
        identifiers = [pb.Identifier(system="page", value=unique("p")) for _ in range(25)]
        self.connection.call(pb.RegisterPatientsRequest(patients=[pb.Patient(identifiers=[each]) for each in identifiers]))
        whole = self.connection.call(pb.FindPatientsRequest(identifiers=identifiers))
        self.assertFalse(whole.more)
        found = []
        while len(found) < len(identifiers):
            reply = self.connection.call(pb.FindPatientsRequest(identifiers=identifiers[len(found) :], limit=10))
            self.assertEqual(reply.more, len(found) + len(reply.patients) < len(identifiers))
            found += reply.patients
        self.assertEqual(found, list(whole.patients))

    def test_sessions_and_their_locks_are_listed_in_pages(self):
        clinic = self.hospital.clinic()
        for days in (2, 3, 4, 5):
            self.hospital.session(clinic.code, days=days)
        days = {"from": self.hospital.date(0), "to": self.hospital.date(9)}

        def go_on(request, reply):
            request.after_start_ms, request.after = reply.next_start_ms, reply.next

        replies = self.pages(pb.ListSessionsRequest(pool=clinic.pool, limit=2, **days), go_on)
        found = [each for reply in replies for each in reply.sessions]
        self.assertEqual(found, self.hospital.sessions(pool=clinic.pool))
        self.assertEqual([len(reply.sessions) for reply in replies], [2, 2, 1])
        replies = self.pages(pb.ListLocksRequest(pool=clinic.pool, limit=2, **days), go_on)
        self.assertEqual(len(replies), 3)

    def test_a_cursor_of_another_session_is_refused(self):
        clinic = self.hospital.clinic()
        with self.fails("INVALID_ARGUMENT"):
            self.connection.call(
                pb.SessionAppointmentsRequest(session=clinic.session.id, limit=1, after=clinic.session.id + 1 << 20)
            )


class Positions(Case):
    def test_no_reading_says_less_than_what_its_connection_was_answered(self):
        clinics = [self.hospital.clinic(capacities=(200,)) for _ in range(3)]
        patients = self.hospital.patients(60)
        faults = []

        def caller(number):
            try:
                connection, told = self.connect(), 0
                for turn in range(20):
                    clinic = clinics[(number + turn) % 3]
                    patient = patients[number * 6 + turn % 6]
                    told = max(told, connection.call(booking(clinic, patient=patient)).position)
                    for request in (
                        pb.SearchSlotsRequest(service=clinics[turn % 3].service),
                        pb.SearchSlotsRequest(department=clinic.department, patient=patient),
                        pb.PatientAppointmentsRequest(patient=patients[-1]),
                        pb.SessionAppointmentsRequest(session=clinics[turn % 3].session.id),
                        pb.GetCatalogueRequest(limit=1),
                        pb.FindPatientsRequest(),
                        pb.ListSessionsRequest(pool=clinic.pool, **{"from": day, "to": day}),
                    ):
                        position = connection.call(request).position
                        if position < told:
                            faults.append(f"{type(request).__name__}: {position} after {told}")
                        told = max(told, position)
            except Failed as failed:
                faults.append(str(failed))

        day = self.hospital.date(1)
        callers = [threading.Thread(target=caller, args=(number,)) for number in range(8)]
        for each in callers:
            each.start()
        for each in callers:
            each.join()
        self.assertEqual(faults, [])

    def test_a_patient_without_appointments_has_a_position(self):
        patient = self.hospital.patient()
        reply = self.connection.call(pb.PatientAppointmentsRequest(patient=patient))
        self.assertEqual(list(reply.appointments), [])
        self.assertGreater(reply.position, 0)

    def test_a_feed_goes_on_from_a_reading(self):
        clinic = self.hospital.clinic()
        reply = self.connection.call(pb.SessionAppointmentsRequest(session=clinic.session.id))
        feed = self.connection.subscribe(after=reply.position)
        outcome = self.assert_done(self.hospital.book(clinic))
        self.assertIn(outcome.appointment, [each.appointment for each in feed.events_through(outcome.position)])
