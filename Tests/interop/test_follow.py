"""PROTOCOL.md §8: a standby written from the page takes a copy, follows the log, and is waited for by nobody."""

import struct

from case import Case, port
from client import hello, shake_hands
from crc32c import crc32c
from frames import ERROR, PUSH, REPLY, Frame, Method, Wire
from messages import pb

CHUNK = struct.Struct("<IIQHBB")


class Log:
    """Chunks as they come, each held against the one before."""

    def __init__(self, tip):
        self.next, self.chain = tip.next, tip.chain

    def take(self, chunks):
        """The bytes of a push: for each chunk its length and the chunk."""
        at = 0
        while at < len(chunks):
            (length,) = struct.unpack_from("<H", chunks, at)
            chunk = chunks[at + 2 : at + 2 + length]
            checksum, chain, first, records, _, _ = CHUNK.unpack_from(chunk)
            assert checksum == crc32c(chunk[4:] + struct.pack("<Q", first)), "a chunk's checksum"
            assert (chain, first) == (self.chain, self.next), "a chunk that does not follow"
            self.next, self.chain = first + records, checksum
            at += 2 + length

    @property
    def tip(self):
        return pb.LogTip(next=self.next, chain=self.chain)


class Standby(Case):
    def setUp(self):
        super().setUp()
        self.wire = Wire(port())
        self.addCleanup(self.wire.close)
        self.welcome = shake_hands(self.wire, hello(client="standby/1"))

    def ask(self, method, request, message):
        self.wire.send(Frame(method, request, message.SerializeToString()))

    def follow(self, request, **fields):
        self.ask(Method.FOLLOW, request, pb.FollowRequest(name="python", **fields))
        frame = self.wire.read()
        self.assertEqual((frame.method, frame.flags, frame.request), (Method.FOLLOW, REPLY, request))
        return pb.FollowReply.FromString(frame.payload)

    def push(self, request):
        frame = self.wire.read()
        self.assertEqual((frame.method, frame.flags, frame.request), (Method.FOLLOW, PUSH, request))
        return pb.FollowPush.FromString(frame.payload)

    def copy(self, request):
        """Takes a whole copy; the log in it, how many values came, and the header."""
        reply = self.follow(request, copy=True)
        self.assertEqual(reply.answer, pb.FOLLOW_ANSWER_COPY)
        header = log = None
        values = 0
        while True:
            push = self.push(request)
            if push.HasField("header"):
                header = push.header
                log = Log(header.begin)
            log and log.take(push.chunks)
            values += len(push.values.values)
            if push.end:
                return log, values, header

    def test_a_copy_then_the_stream(self):
        clinic = self.hospital.clinic()
        log, values, header = self.copy(2)
        self.assertEqual(log.tip, header.end)
        self.assertEqual((values, header.cluster), (header.values, self.welcome.cluster))

        reply = self.follow(3, cluster=header.cluster, end=log.tip)
        self.assertEqual((reply.answer, reply.epoch), (pb.FOLLOW_ANSWER_STREAM, self.welcome.epoch))
        booked = self.hospital.book(clinic)
        while log.next <= booked.position:
            log.take(self.push(3).chunks)
        self.ask(Method.CONFIRMATION, 4, pb.Confirmation(follow=3, position=log.next - 1))
        status = self.connection.call(pb.StatusRequest())
        while status.replication.confirmed_position < booked.position:
            status = self.connection.call(pb.StatusRequest())
        self.assertEqual((status.role, status.replication.standby), (pb.ROLE_PRIMARY, "python"))
        self.assertEqual(status.replication.acknowledgement, pb.ACKNOWLEDGEMENT_LOCAL)

    def test_another_hospital_is_told_so_and_another_history_is_not_copied_over(self):
        self.ask(Method.FOLLOW, 2, pb.FollowRequest(cluster=bytes(16), end=pb.LogTip(next=1, chain=1)))
        frame = self.wire.read()
        self.assertEqual(frame.flags, REPLY | ERROR)
        self.assertEqual(pb.Failure.FromString(frame.payload).code, pb.ERROR_CODE_INVALID_ARGUMENT)
        self.ask(Method.FOLLOW, 3, pb.FollowRequest(cluster=self.welcome.cluster, end=pb.LogTip(next=2, chain=7)))
        frame = self.wire.read()
        self.assertEqual(frame.flags, REPLY | ERROR)
        failure = pb.Failure.FromString(frame.payload)
        self.assertEqual(failure.code, pb.ERROR_CODE_INTERNAL)
        self.assertIn("promote the standby", failure.message)

    def test_only_depose_and_follow_name_an_epoch_that_counts(self):
        self.wire.send(Frame(Method.GET_CATALOGUE, 2, b"", epoch=self.welcome.epoch + 1))
        frame = self.wire.read()
        self.assertEqual(pb.Failure.FromString(frame.payload).code, pb.ERROR_CODE_NOT_PRIMARY)
        self.ask(Method.DEPOSE, 3, pb.DeposeRequest(epoch=self.welcome.epoch))
        self.assertEqual(pb.DeposeReply.FromString(self.wire.read().payload).epoch, self.welcome.epoch)
        self.assertEqual(self.connection.call(pb.StatusRequest()).role, pb.ROLE_PRIMARY)

    def test_a_primary_is_not_promoted(self):
        self.ask(Method.PROMOTE, 2, pb.PromoteRequest())
        frame = self.wire.read()
        self.assertEqual(pb.Failure.FromString(frame.payload).code, pb.ERROR_CODE_INVALID_ARGUMENT)
