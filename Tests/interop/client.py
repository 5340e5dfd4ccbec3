"""A client of the Haoyuan protocol: one connection, any number of requests in flight, answers in any order.

Written from PROTOCOL.md and the message files alone. It is strict: whatever the page does not allow the server to send
is kept in `Connection.violations`, and the tests look there.
"""

from __future__ import annotations

import concurrent.futures
import itertools
import queue
import secrets
import threading

from frames import CRC32C, ERROR, PUSH, REPLY, SNAPPY, Frame, Method, ProtocolViolation, Wire, encode
from messages import pb
from raw_snappy import SnappyError

MAGIC = 0x48414F5955414E31
WAIT_S = 60

# What goes out with which method, and what comes back.
METHODS = {
    pb.StatusRequest: (Method.STATUS, pb.StatusReply),
    pb.AcceptClockRequest: (Method.ACCEPT_CLOCK, pb.AcceptClockReply),
    pb.PutCatalogueRequest: (Method.PUT_CATALOGUE, pb.PutCatalogueReply),
    pb.GetCatalogueRequest: (Method.GET_CATALOGUE, pb.GetCatalogueReply),
    pb.RegisterPatientsRequest: (Method.REGISTER_PATIENTS, pb.RegisterPatientsReply),
    pb.FindPatientsRequest: (Method.FIND_PATIENTS, pb.FindPatientsReply),
    pb.GenerateSessionsRequest: (Method.GENERATE_SESSIONS, pb.SessionsReply),
    pb.OpenSessionsRequest: (Method.OPEN_SESSIONS, pb.SessionsReply),
    pb.ListSessionsRequest: (Method.LIST_SESSIONS, pb.ListSessionsReply),
    pb.SearchSlotsRequest: (Method.SEARCH_SLOTS, pb.SearchSlotsReply),
    pb.DayCountsRequest: (Method.DAY_COUNTS, pb.DayCountsReply),
    pb.CountReportRequest: (Method.COUNT_REPORT, pb.CountReportReply),
    pb.FindEntitiesRequest: (Method.FIND_ENTITIES, pb.FindEntitiesReply),
    pb.LockSlotsRequest: (Method.LOCK_SLOTS, pb.LockReply),
    pb.UnlockSlotsRequest: (Method.UNLOCK_SLOTS, pb.LockReply),
    pb.ListLocksRequest: (Method.LIST_LOCKS, pb.ListLocksReply),
    pb.PreviewSessionsRequest: (Method.PREVIEW_SESSIONS, pb.PreviewSessionsReply),
    pb.ExplainSlotRequest: (Method.EXPLAIN_SLOT, pb.ExplainSlotReply),
    pb.BookRequest: (Method.BOOK, pb.Outcome),
    pb.ChangeRequest: (Method.CHANGE, pb.Outcome),
    pb.MoveRequest: (Method.MOVE, pb.Outcome),
    pb.BookTogetherRequest: (Method.BOOK_TOGETHER, pb.TogetherReply),
    pb.BatchRequest: (Method.BATCH, pb.BatchReply),
    pb.StopSessionRequest: (Method.STOP_SESSION, pb.StopReply),
    pb.ResumeSessionRequest: (Method.RESUME_SESSION, pb.StopReply),
    pb.PlanStopRequest: (Method.PLAN_STOP, pb.PlanStopReply),
    pb.BookAnyRequest: (Method.BOOK_ANY, pb.BookAnyReply),
    pb.ReportPaymentRequest: (Method.REPORT_PAYMENT, pb.ReportPaymentReply),
    pb.CloseRefundRequest: (Method.CLOSE_REFUND, pb.CloseRefundReply),
    pb.ListRefundsRequest: (Method.LIST_REFUNDS, pb.ListRefundsReply),
    pb.FileAppealRequest: (Method.FILE_APPEAL, pb.AppealReply),
    pb.DecideAppealRequest: (Method.DECIDE_APPEAL, pb.AppealReply),
    pb.PatientStandingRequest: (Method.PATIENT_STANDING, pb.PatientStandingReply),
    pb.GetAppointmentsRequest: (Method.GET_APPOINTMENTS, pb.AppointmentsReply),
    pb.PatientAppointmentsRequest: (Method.PATIENT_APPOINTMENTS, pb.AppointmentsReply),
    pb.SessionAppointmentsRequest: (Method.SESSION_APPOINTMENTS, pb.AppointmentsReply),
    pb.SubscribeRequest: (Method.SUBSCRIBE, pb.SubscribeReply),
    pb.UnsubscribeRequest: (Method.UNSUBSCRIBE, pb.UnsubscribeReply),
    pb.ConfirmEventsRequest: (Method.CONFIRM_EVENTS, pb.ConfirmEventsReply),
    pb.ListReadersRequest: (Method.LIST_READERS, pb.ListReadersReply),
    pb.DropReaderRequest: (Method.DROP_READER, pb.DropReaderReply),
    pb.PromoteRequest: (Method.PROMOTE, pb.PromoteReply),
}


class Failed(Exception):
    """The server answered with a Failure."""

    def __init__(self, failure):
        super().__init__(f"{pb.ErrorCode.Name(failure.code)[11:]}: {failure.message}")
        self.failure = failure

    @property
    def code(self):
        """The name of the code, as PROTOCOL.md §4 writes it."""
        return pb.ErrorCode.Name(self.failure.code)[11:]


class ConnectionEnded(Exception):
    """The connection ended before the answer came. A write may have been applied: ask again with its key."""


def new_key():
    """A fresh key, as the two fields of every write."""
    return {"key_high": secrets.randbits(64) | 1, "key_low": secrets.randbits(64) | 1}


def hello(**fields):
    """The first message, with everything a test does not name set to what an ordinary client says."""
    ordinary = dict(
        magic=MAGIC, version_min=1, version_max=1, client="interop/1", channel=pb.CHANNEL_APP, operator="interop"
    )
    return pb.Hello(**{**ordinary, **fields})


def shake_hands(wire, message):
    """Sends Hello and gives the Welcome back; raises Failed or ConnectionEnded."""
    wire.send(Frame(Method.HELLO, 1, message.SerializeToString()))
    frame = wire.read()
    if frame is None:
        raise ConnectionEnded("no Welcome")
    if not frame.flags & REPLY or frame.method != Method.HELLO:
        raise ProtocolViolation(f"in answer to Hello: {frame}")
    if frame.flags & ERROR:
        raise Failed(pb.Failure.FromString(frame.payload))
    if frame.request != 1:
        raise ProtocolViolation(f"Welcome under request id {frame.request}")
    return pb.Welcome.FromString(frame.payload)


class Subscription:
    """A live subscription. `through` is the position to resume from."""

    def __init__(self, request, reply):
        self.request = request
        self.after = reply.after
        self.is_new = reply.is_new
        self.through = reply.after
        self.settled = 0
        self.epoch = 0
        self._pushes = queue.Queue()

    def push(self, item):
        """For the connection: a FeedPush, or the exception that ended the subscription."""
        self._pushes.put(item)

    def next(self, timeout_s=WAIT_S):
        """The events of the next push; raises what ended the subscription."""
        item = self._pushes.get(timeout=timeout_s)
        if isinstance(item, Exception):
            self._pushes.put(item)
            raise item
        self.through, self.settled, self.epoch = item.through, item.settled, item.epoch
        return list(item.events)

    def events_through(self, position):
        """Every event from where the subscription stands until it has come to `position`."""
        events = []
        while self.through < position:
            events += self.next()
        return events

    @property
    def waiting(self):
        """How many pushes have come and were not looked at."""
        return self._pushes.qsize()


class Connection:
    """A connection past its handshake. Safe to use from several threads."""

    def __init__(self, port, *, features=0, **fields):
        self.wire = Wire(port)
        try:
            self.welcome = shake_hands(self.wire, hello(features=features, **fields))
        except BaseException:
            self.wire.close()
            raise
        self.violations = []
        self.goodbye = concurrent.futures.Future()
        self.ended = concurrent.futures.Future()
        self._ids = itertools.count(2)
        self._pending = {}
        self._subscriptions = {}
        self._sending = threading.Lock()
        self.wire.wait_without_end()
        self._reader = threading.Thread(target=self._read_all, daemon=True)
        self._reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # -- asking -------------------------------------------------------------------------------------------------------

    def send(self, message, *, deadline_ms=0, compress=False):
        """Sends and gives the answer's future at once."""
        return self.send_all([message], deadline_ms=deadline_ms, compress=compress)[0]

    def send_all(self, messages, *, deadline_ms=0, compress=False):
        """Sends many requests in one go; their futures in the same order."""
        flags = (CRC32C if self.welcome.features & pb.FEATURE_CRC32C else 0) | (SNAPPY if compress else 0)
        futures, data = [], bytearray()
        with self._sending:
            for message in messages:
                method, reply = METHODS[type(message)]
                future = concurrent.futures.Future()
                future.request, future.asked = next(self._ids), message
                self._pending[future.request] = (method, reply, future)
                data += encode(Frame(method, future.request, message.SerializeToString(), flags, deadline_ms))
                futures.append(future)
            if self.ended.done():
                self._fail_pending(self.ended.result())
            else:
                self._send_or_lose(data)
        return futures

    def _send_or_lose(self, data):
        try:
            self.wire.send_bytes(data)
        except OSError:
            # The reader sees the same end and fails what is pending.
            self.wire.close()

    def call(self, message, **options):
        """Sends one request and waits for its answer; raises Failed or ConnectionEnded."""
        return self.send(message, **options).result(WAIT_S)

    def subscribe(self, **fields):
        """Starts a subscription: `after=position` or `latest=True`."""
        future = self.send(pb.SubscribeRequest(**fields))
        future.result(WAIT_S)
        return self._subscriptions[future.request]

    def unsubscribe(self, subscription):
        """Ends it; a push that came after the answer would be a violation."""
        self.call(pb.UnsubscribeRequest(subscription=subscription.request))

    def close(self):
        """Closes the connection; what is unanswered fails with ConnectionEnded."""
        self.wire.close()
        self._reader.join(WAIT_S)

    # -- hearing ------------------------------------------------------------------------------------------------------

    def _read_all(self):
        why = ConnectionEnded("the connection ended")
        try:
            while (frame := self.wire.read()) is not None:
                why = self._take(frame) or why
        except (ProtocolViolation, SnappyError) as violation:
            self.violations.append(violation)
        except (OSError, ValueError):
            pass  # closed by this side
        with self._sending:
            self.ended.set_result(why)
            self._fail_pending(why)

    def _fail_pending(self, why):
        while self._pending:
            _, (_, _, future) = self._pending.popitem()
            future.set_exception(ConnectionEnded(str(why)))
        for subscription in self._subscriptions.values():
            subscription.push(ConnectionEnded(str(why)))

    def _take(self, frame):
        """Hands one frame to whom it belongs. Returns the Failure that ends the connection, if this is one."""
        if self.welcome.features & pb.FEATURE_CRC32C and not frame.flags & CRC32C:
            self.violations.append(f"no checksum: {frame}")
        if frame.flags & SNAPPY and not self.welcome.features & pb.FEATURE_SNAPPY:
            self.violations.append(f"compressed unasked: {frame}")
        if frame.flags & PUSH:
            return self._take_push(frame)
        if not frame.flags & REPLY or frame.deadline_ms != 0 or frame.epoch != self.welcome.epoch:
            self.violations.append(f"no good reply: {frame}")
        if frame.flags & ERROR:
            return self._take_failure(frame)
        method, reply, future = self._pending.pop(frame.request, (None, None, None))
        if future is None or frame.method != method:
            self.violations.append(f"an answer nobody waits for: {frame}")
            return None
        message = reply.FromString(frame.payload)
        if method == Method.SUBSCRIBE:
            self._subscriptions[frame.request] = Subscription(frame.request, message)
        if method == Method.UNSUBSCRIBE:
            self._subscriptions.pop(future.asked.subscription, None)
        future.set_result(message)
        return None

    def _take_push(self, frame):
        if frame.method == Method.GOODBYE and frame.request == 0 and not self.goodbye.done():
            self.goodbye.set_result(pb.Goodbye.FromString(frame.payload))
        elif frame.method == Method.SUBSCRIBE and frame.request in self._subscriptions:
            self._subscriptions[frame.request].push(pb.FeedPush.FromString(frame.payload))
        else:
            self.violations.append(f"a push nobody asked for: {frame}")

    def _take_failure(self, frame):
        failed = Failed(pb.Failure.FromString(frame.payload))
        _, _, future = self._pending.pop(frame.request, (None, None, None))
        if future is not None:
            future.set_exception(failed)
        elif frame.request in self._subscriptions:
            self._subscriptions[frame.request].push(failed)
        elif frame.request == 0:
            return failed
        else:
            self.violations.append(f"a failure nobody waits for: {frame} {failed}")
        return None
