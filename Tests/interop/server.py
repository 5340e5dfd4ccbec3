"""A real server as a child process, on data of its own, on a port it chose itself."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
START_S = 60
STOP_S = 30


def binary():
    """The executable under test: HAOYUAN_BIN, or the debug build of this checkout."""
    return pathlib.Path(os.environ.get("HAOYUAN_BIN") or ROOT / ".build/debug/haoyuan").resolve()


class ServerProcess:
    """`haoyuan serve`. The data outlives `stop` and `kill`: `start` can be called again. `remove` ends it all."""

    def __init__(self, *options):
        """`options` are those of the command line; they may be changed for the next start."""
        self._folder = tempfile.TemporaryDirectory(prefix="haoyuan-interop-")
        self.folder = pathlib.Path(self._folder.name)
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.port = None
        self.options = options
        self._process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.remove()

    def start(self):
        """Starts and waits until the port is known."""
        port_file = self.folder / "port"
        port_file.unlink(missing_ok=True)
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                [
                    binary(),
                    "serve",
                    "--host",
                    "127.0.0.1",
                    "--port",
                    "0",
                    "--data",
                    self.data,
                    "--port-file",
                    port_file,
                    "--monitor",
                    "off",
                    *self.options,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.port = self._wait_for_port(port_file)
        return self

    def _wait_for_port(self, port_file):
        give_up = time.monotonic() + START_S
        while time.monotonic() < give_up:
            if self._process.poll() is not None:
                raise RuntimeError(f"the server ended with {self._process.returncode}:\n{self.log_text()}")
            text = port_file.read_text() if port_file.exists() else ""
            if text.strip().isdigit():
                return int(text)
            # Waits for the one thing that would make waiting pointless, a little at a time.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.02)
        raise RuntimeError(f"the server gave no port in {START_S} s:\n{self.log_text()}")

    @property
    def running(self):
        return self._process is not None and self._process.poll() is None

    def ask_to_stop(self):
        """SIGTERM, without waiting."""
        self._process.send_signal(signal.SIGTERM)

    def wait(self):
        """The exit code, once it has ended; a sentence when it does not end in time."""
        try:
            return self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            return f"no end {STOP_S} s after SIGTERM"

    def stop(self):
        """SIGTERM, and what `wait` says."""
        self.ask_to_stop()
        return self.wait()

    def kill(self):
        """SIGKILL: what a pulled plug does to a process."""
        self._process.kill()
        self._process.wait()

    def log_text(self):
        """Everything the server has written, over all its starts."""
        return self.log.read_text(errors="replace")

    def remove(self):
        if self.running:
            self.kill()
        self._folder.cleanup()
