#!/usr/bin/env bash
# A DispatchSource for a signal is resumed while the process has no file descriptor free; later descriptors are free again.
#
# On Linux a signal source is a signalfd, opened by a thread of libdispatch's own some time after resume(). Where that
# open fails (EMFILE), the registration handler is called all the same, no error is told, and it is not tried again:
# the source stays silent for good, though the signal is blocked for it and may have been set to SIG_IGN, as the
# documentation asks. A source that is resumed with one descriptor free is registered and heard.
# So: the registration handler does not tell that a source is registered, and a server that opens its port right after
# resume() may give its last descriptor to a caller and never hear SIGTERM again. Wait for the handlers first.
#
# Seen with Swift 6.3.1 for Linux (libdispatch of the toolchain), 2026-11-29:
#   one descriptor free: registration handler called, signal heard
#   none free:           registration handler called, signal not heard
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
swiftc --version 2>&1 | head -n 1
cat > "$folder/main.swift" <<'S'
import Dispatch
import Glibc

var limit = rlimit(rlim_cur: 64, rlim_max: 64)
setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)

// The manager's own descriptors exist before, so that the signal's alone can be missing.
var ends: [Int32] = [0, 0]
pipe(&ends)
let came = DispatchSemaphore(value: 0)
let reader = DispatchSource.makeReadSource(fileDescriptor: ends[0], queue: .global())
reader.setEventHandler {
    var byte: UInt8 = 0
    _ = read(ends[0], &byte, 1)
    came.signal()
}
reader.resume()
_ = write(ends[1], "x", 1)
came.wait()

func isHeard(_ number: Int32, free: Int) -> String {
    signal(number, SIG_IGN)
    var files: [Int32] = []
    while case let file = open("/dev/null", O_RDONLY), file >= 0 { files.append(file) }
    for _ in 0..<free { close(files.removeLast()) }
    let (registered, heard) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let source = DispatchSource.makeSignalSource(signal: number, queue: DispatchQueue(label: "signals"))
    source.setRegistrationHandler { registered.signal() }
    source.setEventHandler { heard.signal() }
    source.resume()
    let isRegistered = registered.wait(timeout: .now() + 5) == .success
    for file in files { close(file) }
    kill(getpid(), number)
    let isHeard = heard.wait(timeout: .now() + 5) == .success
    return "registration handler \(isRegistered ? "called" : "not called"), signal \(isHeard ? "heard" : "not heard")"
}

let none = isHeard(SIGUSR2, free: 0)
let one = isHeard(SIGUSR1, free: 1)
print("one descriptor free: \(one)")
print("none free:           \(none)")
exit(
    one == "registration handler called, signal heard" && none == "registration handler called, signal not heard"
        ? 0 : 1)
S
swiftc -O -o "$folder/heard" "$folder/main.swift"
"$folder/heard" || { echo 'the behaviour has changed'; exit 1; }
