/// What the log holds back for a reader that stands still.
enum LogLimits {
    /// Bytes of lines that wait for the reader: some ten thousand lines.
    static let waitingBytes = 1 << 20
    /// Milliseconds that the end of the process waits for the reader.
    static let finishMilliseconds: Int64 = 1_000
}
