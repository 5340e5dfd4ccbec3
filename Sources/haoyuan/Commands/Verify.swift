import ArgumentParser
struct Verify: AsyncParsableCommand {}
