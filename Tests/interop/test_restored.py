"""PROTOCOL.md §6 and §8: what a client meets that knows a promotion which a restored backup does not know."""

import subprocess
import time

from case import Case
from client import Connection, hello, shake_hands
from frames import ERROR, Frame, Method, Wire
from hospital import Hospital
from messages import pb
from server import ServerProcess, binary

CATCH_UP_S = 60


class Restored(Case):
    def setUp(self):
        self.primary = self.serve(ServerProcess())
        self.connection = self.connect(self.primary.port)
        self.hospital = Hospital(self.connection)
        self.clinic = self.hospital.clinic(capacities=(40,))
        self.assert_done(self.hospital.book(self.clinic))
        self.backups = self.primary.folder / "backups"
        self.haoyuan("backup", self.backups, "--data", self.primary.data)

    def serve(self, server):
        self.addCleanup(server.remove)
        return server.start()

    def haoyuan(self, *arguments):
        subprocess.run([binary(), *arguments], check=True, capture_output=True)

    def restored(self, *options):
        """A server on what the backup has."""
        server = ServerProcess()
        self.haoyuan("restore", self.backups, "--data", server.data, *options)
        return self.serve(server)

    def promote_a_standby(self):
        """It has all that the primary has, which is lost then."""
        standby = self.serve(ServerProcess("--follow", f"127.0.0.1:{self.primary.port}"))
        wanted = self.connection.call(pb.StatusRequest()).durable_position
        give_up = time.monotonic() + CATCH_UP_S
        with Connection(standby.port) as there:
            while there.call(pb.StatusRequest()).durable_position < wanted:
                self.assertLess(time.monotonic(), give_up, "the standby does not catch up")
            self.primary.kill()
            epoch = there.call(pb.PromoteRequest()).epoch
        return standby, epoch

    def read_with_epoch(self, server, epoch):
        """A reading of a client that remembers an epoch: the frame that answers it."""
        wire = Wire(server.port)
        self.addCleanup(wire.close)
        shake_hands(wire, hello())
        wire.send(Frame(Method.GET_CATALOGUE, 2, epoch=epoch))
        return wire.read()

    def test_a_client_of_a_promotion_after_the_backup_goes_on_and_its_feed_is_told(self):
        standby, promoted = self.promote_a_standby()
        connection = self.connect(standby.port)
        self.assertEqual(connection.welcome.epoch, promoted)
        hospital = Hospital(connection)
        feed = connection.subscribe(latest=True)
        late = [self.assert_done(hospital.book(self.clinic)) for _ in range(3)]
        feed.events_through(late[-1].position)
        self.assertEqual(feed.epoch, promoted)
        standby.kill()

        server = self.restored()
        back = self.connect(server.port)
        self.assertGreater(back.welcome.epoch, promoted)
        self.assertEqual(self.read_with_epoch(server, promoted).flags & ERROR, 0)
        for seen in (1, feed.through):
            with self.fails("INVALID_ARGUMENT"):
                back.subscribe(after=seen, after_epoch=promoted)
        # Also when the new log has grown past what was seen.
        again = Hospital(back)
        while self.assert_done(again.book(self.clinic)).position <= feed.through:
            pass
        with self.fails("INVALID_ARGUMENT"):
            back.subscribe(after=feed.through, after_epoch=promoted)

    def test_a_person_names_an_epoch_that_no_backup_knows_of(self):
        first = self.restored()
        self.primary.kill()
        epoch = self.connect(first.port).welcome.epoch
        first.kill()
        second = self.restored("--epoch-above", str(epoch))
        self.assertGreater(self.connect(second.port).welcome.epoch, epoch)
        self.assertEqual(self.read_with_epoch(second, epoch).flags & ERROR, 0)

    def test_a_server_below_the_remembered_epoch_says_what_there_is_to_do(self):
        frame = self.read_with_epoch(self.primary, 7)
        failure = pb.Failure.FromString(frame.payload)
        self.assert_failure(failure, "NOT_PRIMARY")
        self.assertIn("restored", failure.message)
