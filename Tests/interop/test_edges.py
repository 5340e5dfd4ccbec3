"""What PROTOCOL.md says of the edges: whose id an error has, what comes before Welcome, what an outcome describes."""

import json
import subprocess

from case import AbuseCase, Case, port
from client import hello
from frames import ERROR, PAYLOAD_LIMIT, REPLY, Frame, Method, encode
from hospital import change, unique
from messages import pb
from server import binary


class Edges(AbuseCase):
    def test_a_frame_that_is_too_large_is_refused_under_its_id(self):
        wire = self.greeted()
        wire.send_bytes(encode(Frame(Method.STATUS, 77), length=16 + PAYLOAD_LIMIT + 1))
        frame = wire.read()
        self.assertEqual((frame.request, frame.method, frame.flags & ERROR), (77, Method.STATUS, ERROR))
        self.assert_failure(pb.Failure.FromString(frame.payload), "FRAME_TOO_LARGE")
        self.assertIsNone(wire.read())

    def test_a_frame_that_comes_with_the_hello_is_not_carried_out(self):
        wire = self.wire()
        wire.send_bytes(
            encode(Frame(Method.HELLO, 1, hello().SerializeToString())) + encode(Frame(Method.STATUS, 2))
        )
        self.assertEqual(wire.read().method, Method.HELLO)
        frame = wire.read()
        self.assertEqual(frame.request, 2)
        self.assert_failure(pb.Failure.FromString(frame.payload), "HANDSHAKE_REQUIRED")
        self.assertIsNone(wire.read())

    def test_an_id_used_twice_costs_the_first_request_nothing(self):
        wire = self.greeted()
        put = pb.RegisterPatientsRequest()
        put.patients.add().identifiers.add(system="urn:twice", value=unique("p"))
        first = encode(Frame(Method.REGISTER_PATIENTS, 5, put.SerializeToString()))
        wire.send_bytes(first + encode(Frame(Method.STATUS, 5)))
        answer, last = wire.read(), wire.read()
        self.assertEqual((answer.request, answer.method, answer.flags & ERROR), (5, Method.REGISTER_PATIENTS, 0))
        self.assertEqual((last.request, last.method, last.flags & ERROR), (0, Method.STATUS, ERROR))
        self.assert_failure(pb.Failure.FromString(last.payload), "MALFORMED_FRAME")
        self.assertIsNone(wire.read())

    def test_a_frame_that_ends_the_connection_costs_the_request_of_its_id_nothing(self):
        for broken in (
            encode(Frame(Method.STATUS, 5), length=16 + PAYLOAD_LIMIT + 1),
            encode(Frame(Method.STATUS, 5, flags=REPLY)),
        ):
            wire = self.greeted()
            put = pb.RegisterPatientsRequest()
            put.patients.add().identifiers.add(system="urn:twice", value=unique("p"))
            wire.send_bytes(encode(Frame(Method.REGISTER_PATIENTS, 5, put.SerializeToString())) + broken)
            answer, last = wire.read(), wire.read()
            self.assertEqual((answer.request, answer.method, answer.flags & ERROR), (5, Method.REGISTER_PATIENTS, 0))
            self.assertEqual((last.request, last.flags & ERROR), (0, ERROR))
            self.assertIsNone(wire.read())

    def test_status_is_exempt_from_the_rule_of_epochs(self):
        wire = self.greeted()
        wire.send(Frame(Method.STATUS, 3, epoch=1_000))
        frame = wire.read()
        self.assertEqual((frame.request, frame.flags & (REPLY | ERROR)), (3, REPLY))
        wire.send(Frame(Method.GET_CATALOGUE, 4, epoch=1_000))
        self.assert_failure(pb.Failure.FromString(wire.read().payload), "NOT_PRIMARY")


class Outcomes(Case):
    def test_a_failed_outcome_of_a_batch_says_what_a_failure_says(self):
        clinic = self.hospital.clinic()
        unknown = change(1 << 60, pb.TRANSITION_CANCEL)
        reply = self.connection.call(pb.BatchRequest(changes=[unknown]))
        outcome = reply.changes[0]
        self.assertEqual((outcome.result, outcome.error), (pb.RESULT_FAILED, pb.ERROR_CODE_NOT_FOUND))
        self.assertEqual((outcome.maybe_applied, outcome.retry_after_ms), (False, 0))
        self.assertEqual(self.hospital.session_now(clinic).appointments, 0)

    def test_a_joint_booking_is_described_by_its_first_item(self):
        first, second = self.hospital.clinic(), self.hospital.clinic()
        patient = self.hospital.patient()
        items = [(first.slots[0], first.service), (second.slots[1], second.service)]
        reply = self.hospital.together(patient, items)
        self.assertEqual(reply.outcome.appointment, reply.appointments[0])
        self.assertEqual(reply.outcome.number, reply.appointments[0] & 0xFFFFF)
        self.assertEqual(reply.outcome.version, self.hospital.appointment(reply.appointments[0]).version)

    def test_a_move_raises_the_old_version_without_an_event_of_its_own(self):
        clinic = self.hospital.clinic(capacities=(2, 2))
        feed = self.connection.subscribe(latest=True)
        booked = self.hospital.book(clinic)
        moved = self.hospital.move(booked.appointment, clinic.slots[1])
        old = self.hospital.appointment(booked.appointment)
        self.assertEqual((old.state, old.version), (pb.APPOINTMENT_STATE_MOVED, booked.version + 1))
        events = feed.events_through(moved.position)
        about = [event.kind for event in events if booked.appointment in (event.appointment, event.moved_from)]
        self.assertEqual(about, [pb.EVENT_KIND_BOOKED, pb.EVENT_KIND_MOVED])

    def test_status_as_json_is_what_the_page_says(self):
        said = subprocess.run(
            [binary(), "status", "--json", "--port", str(port())], check=True, capture_output=True, text=True
        )
        status = json.loads(said.stdout)
        known = self.connection.call(pb.StatusRequest())
        self.assertEqual((status["role"], status["epoch"]), ("primary", known.epoch))
        self.assertLessEqual(status["durable_position"], known.durable_position)
        for member in ("server", "cluster", "hospital", "now", "uptime_ms", "accepting_writes", "trouble", "position",
                       "oldest_position", "replication", "counts", "journal", "connections", "subscriptions"):
            self.assertIn(member, status)
