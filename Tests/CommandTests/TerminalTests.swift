import Testing

@testable import Terminal

@Suite struct `What is shown lines up, and stays the same` {
    @Test(arguments: [
        ("abc", 3), ("", 0), ("心内科", 6), ("CT 一号机", 9), ("e\u{301}", 1), ("ＡＢ", 4), ("ｱ", 1), ("한국", 4), ("👩‍⚕️", 2),
        ("…", 1), ("，", 2),
    ])
    func `chinese takes two columns, marks none`(text: String, columns: Int) {
        #expect(TextWidth.columns(of: text) == columns)
    }

    @Test
    func `columns line up under wide names, and nothing hangs over the right edge`() {
        var table = Table(["CODE", "NAME", .right("FREE")])
        table.add(["ct", "CT 检查", "12"])
        table.add(["cardiology", "心内科", "3"])
        table.add(["x", "", ""])
        #expect(
            table.lines() == [
                "CODE        NAME     FREE",
                "ct          CT 检查    12",
                "cardiology  心内科      3",
                "x",
            ])
    }

    @Test
    func `control characters in names cannot drive the terminal`() {
        #expect(Table.Cell("a\u{1B}[31mb\nc").text == "a [31mb c")
    }

    @Test
    func `colours are put around the text only, so that blanks stay blanks`() {
        var table = Table(["STATE", "NO"])
        table.add([Table.Cell("held", .caution), "1"])
        let palette = Palette(isOn: true)
        #expect(table.lines(palette)[1] == "\u{1B}[33mheld\u{1B}[0m   1")
        #expect(table.lines()[1] == "held   1")
    }

    @Test
    func `JSON keeps the order of its fields, and escapes what it must`() {
        let value: JSON = [
            "b": 1, "a": [true, nil, .decimal(0.125, digits: 2), .decimal(-0.001, digits: 1)], "t": "a\"\\\n\u{1}",
            "id": .id(.max), "e": [], "o": .object([]),
        ]
        #expect(
            value.text(isIndented: false)
                == #"{"b":1,"a":[true,null,0.13,0.0],"t":"a\"\\\n\u0001","id":"18446744073709551615","e":[],"o":{}}"#)
        #expect((["a": [1]] as JSON).text(isIndented: true) == "{\n  \"a\": [\n    1\n  ]\n}")
    }

    @Test(arguments: [
        (Duration.microseconds(250), "250 µs"), (.milliseconds(7), "7.0 ms"), (.milliseconds(3_400), "3.4 s"),
        (.seconds(125), "2 min 05 s"), (.seconds(7_500), "2 h 05 min"), (.seconds(180_000), "2 d 02 h"),
    ])
    func `durations for people`(duration: Duration, text: String) { #expect(Numbers.duration(duration) == text) }

    @Test
    func `numbers for people`() {
        #expect(Numbers.grouped(1_234_567) == "1,234,567")
        #expect(Numbers.grouped(-123_456) == "-123,456")
        #expect(Numbers.grouped(999) == "999")
        #expect(Numbers.bytes(812) == "812 B")
        #expect(Numbers.bytes(67_108_864) == "64.0 MiB")
        #expect(Numbers.counted(1, "slot") == "1 slot")
        #expect(Numbers.counted(2_000, "slot") == "2,000 slots")
    }

    @Test
    func `moments are shown on the hospital's wall clock, with its offset`() throws {
        let clock = try HospitalClock(zone: "America/Sao_Paulo")
        // The last minute of summer time 2016, and the first after it.
        #expect(clock.iso(1_456_019_999_999) == "2016-02-20T23:59:59.999-02:00")
        #expect(clock.iso(1_456_020_000_000) == "2016-02-20T23:00:00.000-03:00")
        #expect(HospitalClock.utc.iso(-1) == "1969-12-31T23:59:59.999Z")
        #expect(try HospitalClock(zone: "Asia/Shanghai").second(0) == "1970-01-01 08:00:00")
        #expect(throws: CommandFailure.self) { try HospitalClock(zone: "nowhere") }
    }

    @Test
    func `a wall time that comes twice is the first, one that is skipped keeps its distance`() throws {
        let clock = try HospitalClock(zone: "America/Sao_Paulo")
        // 2016-02-20 23:30 came twice; 2015-10-18 00:30 never came.
        #expect(clock.iso(clock.moment(wallSecond: 1_456_011_000) * 1_000) == "2016-02-20T23:30:00.000-02:00")
        #expect(clock.iso(clock.moment(wallSecond: 1_445_128_200) * 1_000) == "2015-10-18T01:30:00.000-02:00")
    }

    @Test
    func `a failure is one line: what is wrong, then what to do`() {
        let failure = CommandFailure(.inputOutput, "The disk is full.", remedy: "Free space.\nNow.")
        #expect(failure.description == "the disk is full; free space. Now")
        #expect(CommandFailure.usage("HAOYUAN_ADDRESS is ‘x’").description == "HAOYUAN_ADDRESS is ‘x’")
    }
}
