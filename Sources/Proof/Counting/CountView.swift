package import HaoyuanClient
package import Hosting
package import Terminal

/// A report of counts as people and programs see it: as lines, as CSV, as JSON, and as a page.
package struct CountView {
    let report: CountReport
    let names: HospitalNames
    let query: CountQuery
    let language: Language
    /// When it was counted, on the hospital's clock.
    let madeAt: String

    package init(
        _ report: CountReport, of query: CountQuery, names: HospitalNames, language: Language, madeAt: String
    ) {
        self.report = report
        self.query = query
        self.names = names
        self.language = language
        self.madeAt = madeAt
    }

    func say(_ chinese: String, _ english: String) -> String { language == .chinese ? chinese : english }

    func rows(_ by: CountBy) -> [CountRow] { report.rows(by: by) }

    /// Of everything; nothing but zeros where there was nothing.
    var total: CountRow? { rows(.total).first }

    var title: String {
        let places =
            query.departments.compactMap { id in names.catalogue.departments.first { $0.id == id }?.name }
            + query.pools.map(names.poolName)
        return places.isEmpty ? names.catalogue.hospital?.name ?? "" : places.joined(separator: " · ")
    }

    /// A row's own code and name.
    func label(_ row: CountRow) -> (code: String, name: String) {
        func named(_ code: String?, _ name: String?) -> (String, String) {
            (code ?? "#\(row.key)", name ?? "#\(row.key)")
        }
        let catalogue = names.catalogue
        switch row.by {
        case .total: return ("", say("合计", "all"))
        case .day: return (row.day?.description ?? "", row.day?.description ?? "")
        case .department:
            let found = catalogue.departments.first { $0.id.rawValue == row.key }
            return named(found?.code, found?.name)
        case .pool:
            let found = catalogue.pools.first { $0.id.rawValue == row.key }
            return named(found?.code, found?.name)
        case .resource:
            let found = catalogue.resources.first { $0.id.rawValue == row.key }
            return named(found?.code, found?.name)
        case .service:
            let found = catalogue.services.first { $0.id.rawValue == row.key }
            return named(found?.code, found?.name)
        case .channel:
            let channel = Channel.known.indices.first { $0 + 1 == Int(row.key) }.map { Channel.known[$0] }
            return named(channel?.word, channel.map(channelName))
        case .hour:
            let (weekday, hour) = (Int(row.key / 24), row.key % 24)
            return ("\(weekday + 1)-\(hour)", "\(weekdays[min(weekday, 6)]) \(hour):00")
        }
    }

    var weekdays: [String] {
        language == .chinese
            ? ["周一", "周二", "周三", "周四", "周五", "周六", "周日"]
            : ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    }

    private func channelName(_ channel: Channel) -> String {
        guard language == .chinese else { return channel.word }
        return switch channel {
        case .app: "手机应用"
        case .miniProgram: "小程序"
        case .kiosk: "自助机"
        case .window: "窗口"
        case .workstation: "医生站"
        case .ward: "病房"
        case .platform: "区域平台"
        case .checkup: "体检"
        case .system: "系统"
        case .unknown: channel.word
        }
    }

    /// The kind of a row, in one word.
    func kind(_ by: CountBy) -> String {
        switch by {
        case .total: say("合计", "all")
        case .day: say("日期", "day")
        case .department: say("科室", "department")
        case .pool: say("号源池", "pool")
        case .resource: say("资源", "resource")
        case .service: say("服务项目", "service")
        case .channel: say("渠道", "channel")
        case .hour: say("星期与时刻", "hour of the week")
        }
    }

    // MARK: Figures

    /// One figure of a row, with its name, for tables and files.
    struct Figure {
        let key: String
        let name: String
        let value: (CountRow) -> UInt64
    }

    var figures: [Figure] {
        [
            Figure(key: "offered", name: say("放号数", "offered")) { $0.offered },
            Figure(key: "sold_units", name: say("售出号数", "sold units")) { $0.soldUnits },
            Figure(key: "booked", name: say("预约人次", "booked")) { $0.booked },
            Figure(key: "sold", name: say("有效预约", "sold")) { $0.sold },
            Figure(key: "completed", name: say("完成就诊", "completed")) { $0.completed },
            Figure(key: "no_show", name: say("爽约", "no-show")) { $0.noShow },
            Figure(key: "cancelled", name: say("退号", "cancelled")) { $0.cancelled },
            Figure(key: "late", name: say("逾期退号", "late")) { $0.late },
            Figure(key: "stopped", name: say("停诊", "stopped")) { $0.stopped },
            Figure(key: "moved", name: say("改约", "moved")) { $0.moved },
            Figure(key: "held", name: say("占号中", "held")) { $0.held },
            Figure(key: "lapsed", name: say("占号未成", "lapsed")) { $0.lapsed },
            Figure(key: "sessions", name: say("班次", "sessions")) { $0.sessions },
            Figure(key: "sold_out", name: say("约满班次", "sold out")) { $0.soldOut },
            Figure(key: "selling_seconds", name: say("约满用时合计（秒）", "selling seconds")) { $0.sellingSeconds },
        ]
    }

    var leadNames: [String] {
        language == .chinese
            ? ["2 小时内", "1 天内", "2 天内", "3 天内", "7 天内", "14 天内", "28 天内", "更早"]
            : ["< 2 h", "< 1 d", "< 2 d", "< 3 d", "< 7 d", "< 14 d", "< 28 d", "earlier"]
    }

    var sellingNames: [String] {
        language == .chinese
            ? ["1 分钟内", "10 分钟内", "1 小时内", "6 小时内", "1 天内", "3 天内", "7 天内", "更久"]
            : ["< 1 min", "< 10 min", "< 1 h", "< 6 h", "< 1 d", "< 3 d", "< 7 d", "longer"]
    }

    /// The share of one number in another, in percent with one place.
    func percent(_ part: UInt64, of all: UInt64) -> String {
        all == 0 ? "–" : "\(JSON.fixed(Double(part) / Double(all) * 100, 1)) %"
    }

    /// The mean time to sell out, of sessions whose opening is known.
    func meanSelling(_ row: CountRow) -> String {
        let count = row.selling.reduce(0, +)
        guard count > 0 else { return "–" }
        let seconds = row.sellingSeconds / count
        switch seconds {
        case ..<60: return say("\(seconds) 秒", "\(seconds) s")
        case ..<3_600: return say("\(seconds / 60) 分钟", "\(seconds / 60) min")
        case ..<86_400:
            return say("\(JSON.fixed(Double(seconds) / 3_600, 1)) 小时", "\(JSON.fixed(Double(seconds) / 3_600, 1)) h")
        default:
            return say("\(JSON.fixed(Double(seconds) / 86_400, 1)) 天", "\(JSON.fixed(Double(seconds) / 86_400, 1)) d")
        }
    }

    // MARK: As text

    /// A table of the pools, the sum below.
    package var lines: [String] {
        var table = Table(
            [Table.Column(kind(.pool))]
                + [
                    say("放号", "offered"), say("售出", "sold"), say("使用率", "utilisation"), say("爽约", "no-show"),
                    say("退号", "cancelled"), say("逾期", "late"), say("停诊", "stopped"), say("改约", "moved"),
                    say("约满", "sold out"),
                ].map { .right($0) })
        for row in rows(.pool) + (total.map { [$0] } ?? []) {
            table.add(
                [
                    Table.Cell(label(row).name, row.by == .total ? .heading : nil), "\(row.offered)",
                    "\(row.soldUnits)",
                    Table.Cell(percent(row.soldUnits, of: row.offered)), "\(row.noShow)", "\(row.cancelled)",
                    "\(row.late)", "\(row.stopped)", "\(row.moved)", "\(row.soldOut)/\(row.sessions)",
                ])
        }
        return ["\(title)  \(query.from) – \(query.to)"] + table.lines(.standardOutput)
    }

    /// A line for each row, with every figure, for a spreadsheet.
    package var csv: String {
        let leads = leadNames.map { say("提前 ", "lead ") + $0 }
        let sellings = sellingNames.map { say("约满 ", "selling ") + $0 }
        var text = CSVText.byteOrderMark
        text += CSVText.row(
            [say("统计口径", "by"), say("代码", "code"), say("名称", "name")] + figures.map(\.name)
                + [say("使用率", "utilisation")] + leads + sellings)
        for row in report.rows {
            let (code, name) = label(row)
            let share = row.utilisation.map { JSON.fixed($0, 4) } ?? ""
            text += CSVText.row(
                [kind(row.by), code, name] + figures.map { String($0.value(row)) } + [share]
                    + row.lead.map { String($0) } + row.selling.map { String($0) })
        }
        return text
    }

    package var json: JSON {
        [
            "from": .text(query.from.description), "to": .text(query.to.description),
            "position": .count(report.position.rawValue),
            "rows": .list(
                report.rows.map { row in
                    let (code, name) = label(row)
                    var fields: [(String, JSON)] = [
                        ("by", .text("\(row.by)")), ("key", .count(row.key)), ("code", .text(code)),
                        ("name", .text(name)),
                    ]
                    fields += figures.map { ($0.key, .count($0.value(row))) }
                    fields.append(("lead", .list(row.lead.map { .count($0) })))
                    fields.append(("selling", .list(row.selling.map { .count($0) })))
                    return .object(fields.map { JSON.Field(name: $0, value: $1) })
                }),
        ]
    }
}
