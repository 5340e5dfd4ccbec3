"""Starts one server for all tests, runs them, stops it, and counts."""

import os
import pathlib
import sys
import unittest

from server import ServerProcess, binary
from test_patience import Patience


class CountingResult(unittest.TextTestResult):
    """Counts tests, not sub-tests: a test is failed once, however many of its cases are."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.failed = set()

    def addError(self, test, err):
        super().addError(test, err)
        self.failed.add(test.id())

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.failed.add(test.id())

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.failed.add(test.id())


def flat(tests):
    """Every test, in order."""
    return [one for test in tests for one in (flat(test) if isinstance(test, unittest.TestSuite) else [test])]


def main(names):
    here = str(pathlib.Path(__file__).parent)
    loader = unittest.defaultTestLoader
    tests = loader.loadTestsFromNames(names) if names else loader.discover(here, top_level_dir=here)
    ordered = sorted(flat(tests), key=lambda test: isinstance(test, Patience))
    with ServerProcess() as server:
        os.environ["HAOYUAN_PORT"] = str(server.port)
        if isinstance(ordered[-1], Patience):
            # What only time brings gets its time while the others run.
            Patience.begin()
        result = unittest.TextTestRunner(resultclass=CountingResult, verbosity=1).run(unittest.TestSuite(ordered))
        alive = server.running
        status = server.stop() if alive else None
        if status != 0:
            # However the tests went: a server that does not end with 0 when asked is a failure of its own.
            print(f"the server's end: {status if alive else 'gone before it was asked'}\n{server.log_text()[-4000:]}")
    failed = len(result.failed) + (status != 0)
    passed = result.testsRun - len(result.failed) - len(result.skipped)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    if not binary().is_file():
        sys.exit(f"no server at {binary()}: run `swift build`, or name it: Tests/interop/run PATH")
    sys.exit(main(sys.argv[1:]))
