"""PROTOCOL.md §2: the first frame and what follows from it."""

from case import AbuseCase
from client import MAGIC, hello
from frames import CRC32C, ERROR, REPLY, SNAPPY, Frame, Method
from hospital import booking
from messages import pb


class Greeting(AbuseCase):
    def test_welcome_states_version_cluster_role_limits_and_clock(self):
        welcome = self.connection.welcome
        status = self.connection.call(pb.StatusRequest())
        self.assertEqual(welcome.version, 1)
        self.assertEqual(len(welcome.cluster), 16)
        self.assertEqual(welcome.role, pb.ROLE_PRIMARY)
        self.assertTrue(welcome.server)
        self.assertGreater(welcome.batch_limit, 0)
        self.assertLessEqual(welcome.batch_limit, 8192)
        self.assertGreater(welcome.in_flight_limit, 0)
        self.assertGreater(welcome.frame_limit, 0)
        self.assertGreater(welcome.key_window_ms, 0)
        self.assertGreater(welcome.epoch, 0)
        self.assertLessEqual(welcome.now_ms, status.now_ms)
        self.assertEqual((status.cluster, status.epoch, status.role), (welcome.cluster, welcome.epoch, welcome.role))
        self.assertTrue(status.accepting_writes)
        self.assertEqual(status.trouble, "")

    def test_status_states_the_clock_and_one_that_is_right_is_not_to_be_accepted(self):
        status = self.connection.call(pb.StatusRequest())
        self.assertFalse(status.clock.fault or status.clock.slowed)
        self.assertLessEqual(abs(status.clock.ahead_ms), 5_000)
        reply = self.connection.call(pb.AcceptClockRequest())
        self.assertFalse(reply.before.fault or reply.after.fault or reply.after.slowed)
        self.assertGreaterEqual(self.connection.call(pb.StatusRequest()).now_ms, status.now_ms)

    def test_a_feature_is_on_when_both_sides_set_its_bit(self):
        for asked in range(4):
            with self.subTest(asked=asked):
                connection = self.connect(features=asked)
                self.assertEqual(connection.welcome.features, asked)
                # The connection checks that every answer carries its checksum, and that none is compressed unasked.
                self.assertTrue(connection.call(pb.GetCatalogueRequest()).catalogue.hospital.name)

    def test_a_feature_nobody_knows_is_left_off(self):
        connection = self.connect(features=1 << 31 | pb.FEATURE_CRC32C)
        self.assertEqual(connection.welcome.features, pb.FEATURE_CRC32C)

    def test_a_compressed_request_is_understood(self):
        connection = self.connect(features=pb.FEATURE_SNAPPY | pb.FEATURE_CRC32C)
        identifiers = [pb.Identifier(system="card", value=f"nobody {at}") for at in range(300)]
        reply = connection.call(pb.FindPatientsRequest(identifiers=identifiers), compress=True)
        self.assertEqual(list(reply.patients), [0] * 300)

    def test_a_range_that_includes_version_1_gets_version_1(self):
        connection = self.connect(version_min=1, version_max=7)
        self.assertEqual(connection.welcome.version, 1)

    def test_hello_in_pieces_is_one_hello(self):
        wire = self.wire()
        message = hello().SerializeToString()
        head = bytes.fromhex(f"{16 + len(message):08x} 01 01 0000 00000001 00000000 00000000".replace(" ", ""))
        for byte in head + message:
            wire.send_bytes(bytes([byte]))
        frame = wire.read()
        self.assertEqual((frame.method, frame.flags & (REPLY | ERROR)), (Method.HELLO, REPLY))
        self.assert_answers(wire)

    def test_the_channel_and_operator_of_hello_are_the_default_of_every_write(self):
        connection = self.connect(channel=pb.CHANNEL_KIOSK, operator="kiosk 7")
        outcome = connection.call(self.booking())
        event = next(
            event for event in self.feed.events_through(outcome.position) if event.position == outcome.position
        )
        self.assertEqual((event.channel, event.operator), (pb.CHANNEL_KIOSK, "kiosk 7"))

    def test_a_write_may_name_another_channel_and_operator(self):
        outcome = self.connection.call(self.booking(channel=pb.CHANNEL_WARD, operator="护士李"))
        event = next(
            event for event in self.feed.events_through(outcome.position) if event.position == outcome.position
        )
        self.assertEqual((event.channel, event.operator), (pb.CHANNEL_WARD, "护士李"))

    def booking(self, **fields):
        return booking(self.clinic, patient=self.hospital.patient(), **fields)


class BadGreeting(AbuseCase):
    def test_another_magic_is_no_hello(self):
        for magic in (0, MAGIC + 1, int.from_bytes(b"1NAUYOAH", "big")):
            with self.subTest(magic=magic):
                self.greets_and_fails(hello(magic=magic), "HANDSHAKE_REQUIRED")

    def test_no_common_version_is_said_by_name(self):
        for low, high in ((2, 9), (0, 0), (2, 1)):
            with self.subTest(low=low, high=high):
                self.greets_and_fails(hello(version_min=low, version_max=high), "UNSUPPORTED_VERSION")

    def test_a_request_before_hello_ends_the_connection(self):
        for method in (Method.STATUS, Method.BOOK, 200):
            with self.subTest(method=method):
                wire = self.wire()
                wire.send(Frame(method, 1))
                self.assert_ends(wire, "HANDSHAKE_REQUIRED", request=1)

    def test_a_hello_that_is_no_message_ends_the_connection(self):
        for payload in (b"\xff" * 20, b"\x32\x02\xff\xfe"):
            with self.subTest(payload=payload):
                wire = self.wire()
                wire.send(Frame(Method.HELLO, 1, payload))
                self.assert_ends(wire, "MALFORMED_MESSAGE", request=1)

    def test_an_empty_hello_has_no_magic(self):
        self.greets_and_fails(pb.Hello(), "HANDSHAKE_REQUIRED")

    def test_a_second_hello_ends_the_connection(self):
        wire = self.greeted()
        wire.send(Frame(Method.HELLO, 2, hello().SerializeToString()))
        self.assert_ends(wire, "HANDSHAKE_REQUIRED", request=2)

    def test_hello_under_another_request_id_or_with_flags_is_no_good_hello(self):
        message = hello().SerializeToString()
        for frame, code in (
            (Frame(Method.HELLO, 2, message), "HANDSHAKE_REQUIRED"),
            (Frame(Method.HELLO, 1, message, CRC32C), "MALFORMED_FRAME"),
            (Frame(Method.HELLO, 1, message, SNAPPY), "DECOMPRESSION_FAILED"),
        ):
            with self.subTest(frame=frame):
                wire = self.wire()
                wire.send(frame)
                self.assert_ends(wire, code, request=frame.request)

    def test_garbage_instead_of_a_frame_ends_the_connection(self):
        for garbage, code in (
            (b"GET / HTTP/1.1\r\nHost: haoyuan\r\n\r\n", "FRAME_TOO_LARGE"),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40), "FRAME_TOO_LARGE"),
            (b"\x00" * 64, "MALFORMED_FRAME"),
            (b"\xff" * 64, "FRAME_TOO_LARGE"),
        ):
            with self.subTest(garbage=garbage[:8]):
                wire = self.wire()
                wire.send_bytes(garbage)
                self.assert_ends(wire, code)

    def test_a_client_that_leaves_in_the_middle_of_hello_is_no_trouble(self):
        for length in (0, 1, 4, 19, 25):
            with self.subTest(length=length):
                wire = self.wire()
                wire.send_bytes(bytes.fromhex("0000001d0101000000000001000000000000000009314e4155")[:length])
                wire.say_no_more()
                while (frame := wire.read()) is not None:
                    self.assertTrue(frame.flags & ERROR, f"an answer to half a Hello: {frame}")

    def test_a_hello_whose_fields_cannot_be_is_refused(self):
        for wrong in (
            {"channel": 99},
            {"channel": pb.CHANNEL_SYSTEM},
            {"operator": "x" * 65},
            {"client": "x" * 257},
            {"credential": "x" * 257},
            {"frame_limit": 65_535},
        ):
            with self.subTest(wrong=wrong):
                self.greets_and_fails(hello(**wrong), "INVALID_ARGUMENT")


class Neighbours(AbuseCase):
    def test_many_connections_live_beside_one_another(self):
        connections = [self.connect() for _ in range(50)]
        futures = [connection.send(pb.StatusRequest()) for connection in connections]
        self.assertGreaterEqual(max(future.result(60).connections for future in futures), 50)
