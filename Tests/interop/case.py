"""What every test here stands on: a connection, a hospital behind it, and assertions in the protocol's words."""

from __future__ import annotations

import contextlib
import os
import unittest

import raw_snappy
from client import Connection, Failed, hello, shake_hands
from frames import CRC32C, ERROR, PUSH, REPLY, Frame, Method, Wire
from hospital import Hospital
from messages import pb

# PROTOCOL.md §4: (retry?, may have been applied?). The two codes that depend on the case are not here.
TABLE = {
    "MALFORMED_FRAME": (False, False),
    "FRAME_TOO_LARGE": (False, False),
    "UNSUPPORTED_VERSION": (False, False),
    "UNKNOWN_METHOD": (False, False),
    "MALFORMED_MESSAGE": (False, False),
    "DECOMPRESSION_FAILED": (False, False),
    "CHECKSUM_MISMATCH": (True, False),
    "HANDSHAKE_REQUIRED": (False, False),
    "UNAUTHENTICATED": (False, False),
    "INVALID_ARGUMENT": (False, False),
    "NOT_FOUND": (False, False),
    "KEY_REUSED": (False, False),
    "OVERLOADED": (True, False),
    "STORAGE_FULL": (True, False),
    "DRAINING": (True, False),
    "POSITION_TRIMMED": (False, False),
    "BATCH_TOO_LONG": (False, False),
    "TOO_MANY_CONNECTIONS": (True, False),
    "TOO_MANY_SUBSCRIPTIONS": (False, False),
    "NOT_PRIMARY": (True, False),
    "STANDBY_AWAY": (True, False),
}

# Both features of Hello.
BOTH = pb.FEATURE_CRC32C | pb.FEATURE_SNAPPY


def port():
    """The port of the server that the whole run shares."""
    return int(os.environ["HAOYUAN_PORT"])


def padded(length):
    """A StatusRequest of exactly so many bytes: field 15, which nobody knows, must be skipped."""
    for width in (1, 2, 3, 4):
        inner = length - 1 - width
        head = b"\x7a" + raw_snappy.varint(inner)
        if len(head) == 1 + width:
            return head + bytes(inner)
    raise ValueError(length)


class Case(unittest.TestCase):
    """Each test has a connection of its own, and the server's manners on it are judged at the end."""

    def setUp(self):
        self.connection = self.connect()
        self.hospital = Hospital(self.connection)

    def connect(self, server_port=None, **fields):
        """One more connection, closed and judged with the test."""
        connection = Connection(server_port or port(), **fields)
        self.addCleanup(self.judge, connection)
        return connection

    def judge(self, connection):
        connection.close()
        self.assertEqual(connection.violations, [], "the server broke the protocol")

    # -- assertions ---------------------------------------------------------------------------------------------------

    def assert_done(self, outcome, state=None):
        self.assertEqual(outcome.result, pb.RESULT_DONE, f"not done: {outcome}")
        self.assertNotEqual(outcome.appointment, 0)
        self.assertGreater(outcome.number, 0)
        self.assertGreater(outcome.position, 0)
        self.assertEqual(outcome.rule, pb.RULE_UNSPECIFIED)
        if state is not None:
            self.assertEqual(outcome.state, state, f"another state: {outcome}")
        return outcome

    def assert_refused(self, outcome, rule, *, limit=None):
        self.assertEqual(outcome.result, pb.RESULT_REFUSED, f"not refused: {outcome}")
        self.assertEqual(pb.Rule.Name(outcome.rule), pb.Rule.Name(rule))
        self.assertNotEqual(outcome.authority, pb.AUTHORITY_UNSPECIFIED, "no word on who may override")
        if limit is not None:
            self.assertEqual(outcome.limit, limit)
        return outcome

    def assert_failure(self, failure, *codes):
        """`failure` has one of the codes, and says about retrying what the table says."""
        code = pb.ErrorCode.Name(failure.code)[len("ERROR_CODE_") :]
        self.assertIn(code, codes, failure.message)
        self.assertEqual((failure.retryable, failure.maybe_applied), TABLE[code], f"{code} against the table")
        self.assertTrue(failure.message, f"{code} without a sentence")

    @contextlib.contextmanager
    def fails(self, *codes):
        """What stands inside must be answered by a Failure with one of the codes."""
        with self.assertRaises(Failed) as raised:
            yield raised
        self.assert_failure(raised.exception.failure, *codes)

    def assert_same_answer(self, again, first):
        """`again` repeats `first` to the letter, and says that it does."""
        self.assertTrue(again.again, "a repetition that does not say so")
        plain = type(first)()
        plain.CopyFrom(again)
        plain.again = first.again
        self.assertEqual(plain, first)

    def assert_feed_in_order(self, events):
        positions = [event.position for event in events]
        self.assertEqual(positions, sorted(positions), "the feed went backwards")


class AbuseCase(Case):
    """For tests that send what no client should: a bare wire, and a bystander who must notice nothing."""

    def setUp(self):
        super().setUp()
        self.clinic = self.hospital.clinic(capacities=(50,))
        self.feed = self.connection.subscribe(latest=True)
        self.addCleanup(self.assert_bystander_is_well)

    def assert_bystander_is_well(self):
        """The connection that was open all the time still books, and its subscription still tells."""
        self.assertFalse(self.connection.ended.done(), "the bystander lost the connection")
        outcome = self.assert_done(self.hospital.book(self.clinic))
        events = self.feed.events_through(outcome.position)
        self.assertIn(outcome.appointment, [event.appointment for event in events])

    def wire(self):
        """A socket on which nothing was said yet."""
        wire = Wire(port())
        self.addCleanup(wire.close)
        return wire

    def greeted(self, **fields):
        """A bare wire past its handshake."""
        wire = self.wire()
        wire.welcome = shake_hands(wire, hello(**fields))
        return wire

    def greets_and_fails(self, message, *codes):
        """Hello is answered by a Failure, then by the end."""
        wire = self.wire()
        with self.fails(*codes):
            shake_hands(wire, message)
        self.assertIsNone(wire.read(), "the connection stays")

    def assert_ends(self, wire, *codes, request=None):
        """The next frames lead to a Failure with one of the codes and then to the end."""
        failure = None
        while (frame := wire.read()) is not None:
            self.assertIsNone(failure, f"after the last word: {frame}")
            if frame.flags & ERROR:
                self.assertTrue(frame.flags & REPLY)
                if request is not None:
                    self.assertIn(frame.request, (request, 0))
                failure = pb.Failure.FromString(frame.payload)
        self.assertIsNotNone(failure, "the connection ended without a word")
        self.assert_failure(failure, *codes)

    def assert_stays(self, wire, *codes, request):
        """The next frame is the Failure of this request, and the connection goes on."""
        frame = wire.read()
        self.assertIsNotNone(frame, "the connection ended")
        self.assertEqual((frame.flags & (REPLY | ERROR | PUSH), frame.request), (REPLY | ERROR, request))
        self.assert_failure(pb.Failure.FromString(frame.payload), *codes)
        self.assert_answers(wire)

    def assert_answers(self, wire, request=4_000_000_000, flags=0):
        """The wire still answers a Status."""
        wire.send(Frame(Method.STATUS, request, flags=flags))
        frame = wire.read()
        self.assertIsNotNone(frame, "the connection ended")
        self.assertEqual((frame.flags & (REPLY | ERROR), frame.request), (REPLY, request))
        self.assertEqual(frame.flags & CRC32C, flags & CRC32C)
        return pb.StatusReply.FromString(frame.payload)
