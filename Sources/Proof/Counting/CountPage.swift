import HaoyuanClient
import Terminal

extension CountView {
    /// A page that a head of department prints: it needs nothing beside it, no script, no font, no picture.
    package var page: String {
        let lang = language == .chinese ? "zh-CN" : "en"
        let heading = say("号源运行报告", "Report on numbers")
        let pictures = CountPictures(view: self)
        var page = """
            <!doctype html>
            <html lang="\(lang)">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(HTML.escaped("\(heading) · \(title)"))</title>
            <style>
            \(HTMLReport.style)\(Self.style)</style>
            </head>
            <body>
            <header>
            <h1>\(heading)</h1>
            <p class="place">\(HTML.escaped(title))</p>
            <p class="note">\(query.from) – \(query.to) · \(say("统计时间", "counted at")) \(HTML.escaped(madeAt))</p>
            </header>

            """
        page += cards
        page += section(
            say("一周热力图：各时刻售出比例", "A week: share sold by hour"), pictures.week,
            say("数字为售出百分比，颜色越深比例越高。", "In percent; the darker, the more of it is sold."))
        let byWeek = pictures.isByWeek ? say("按周合计。", "By week. ") : ""
        page += section(
            say("放号与售出", "Offered and sold"), pictures.volume, byWeek,
            legend: [say("放号", "offered"), say("售出", "sold")])
        page += section(say("预约渠道", "Channels"), pictures.channels, "")
        page += section(
            say("约号进度曲线", "Sell-out curve"), pictures.curve,
            say("距就诊还有多久时，已约到全部预约的百分之几。", "How much of all bookings was made by so long before the visit."))
        page += section(
            say("约满用时", "Time to sell out"), pictures.selling,
            say("从放号（或开班，取较晚者）到最后一个号约出。", "From release or opening, whichever is later, to the last free number."))
        page += section(
            say("爽约率趋势", "Trend of no-shows"), pictures.noShows,
            byWeek + say("爽约 ÷（爽约 + 完成就诊）。", "No-shows of those that came or did not."))
        page += table(.pool, say("按号源池", "By pool"))
        page += table(.service, say("按服务项目", "By service"))
        page += notes
        return page + "</body>\n</html>\n"
    }

    // MARK: Parts

    private var cards: String {
        guard let total else { return "<p>\(say("没有数据", "There is nothing to count."))</p>\n" }
        let due = total.noShow + total.completed
        let all = [
            (say("放号", "offered"), Numbers.grouped(total.offered), ""),
            (say("售出", "sold"), Numbers.grouped(total.soldUnits), percent(total.soldUnits, of: total.offered)),
            (say("爽约", "no-shows"), Numbers.grouped(total.noShow), percent(total.noShow, of: due)),
            (say("退号", "cancelled"), Numbers.grouped(total.cancelled), percent(total.cancelled, of: total.booked)),
            (say("其中逾期", "of which late"), Numbers.grouped(total.late), percent(total.late, of: total.cancelled)),
            (say("改约", "moved"), Numbers.grouped(total.moved), percent(total.moved, of: total.booked)),
            (say("停诊", "stopped"), Numbers.grouped(total.stopped), percent(total.stopped, of: total.booked)),
            (
                say("约满班次", "sold out"), "\(Numbers.grouped(total.soldOut))/\(Numbers.grouped(total.sessions))",
                meanSelling(total) == "–" ? "" : say("平均 ", "mean ") + meanSelling(total)
            ),
        ]
        let cards = all.map { name, value, share in
            "<div class=\"card\"><span>\(HTML.escaped(name))</span><strong>\(HTML.escaped(value))</strong>"
                + "<em>\(HTML.escaped(share))</em></div>\n"
        }
        return "<div class=\"cards\">\n\(cards.joined())</div>\n"
    }

    private func section(_ title: String, _ picture: String?, _ note: String, legend: [String] = []) -> String {
        let content = picture ?? "<p class=\"quiet\">\(say("这段时间没有数据。", "Nothing on these days."))</p>\n"
        let under = note.isEmpty ? "" : "<p class=\"note\">\(HTML.escaped(note))</p>\n"
        let items = legend.enumerated().map {
            "<span><i class=\"s\($0 % HTML.colours)\"></i>\(HTML.escaped($1))</span>"
        }
        let names = items.isEmpty ? "" : "<p class=\"legend\">\(items.joined())</p>\n"
        return "<section>\n<h2>\(HTML.escaped(title))</h2>\n\(under)\(names)\(content)</section>\n"
    }

    private func table(_ by: CountBy, _ title: String) -> String {
        let rows = rows(by).sorted { ($1.booked, $1.offered, $0.key) < ($0.booked, $0.offered, $1.key) }
        guard !rows.isEmpty else { return "" }
        let isOffered = by == .pool
        var titles = [kind(by)]
        titles += isOffered ? [say("放号", "offered"), say("售出", "sold"), say("使用率", "share")] : [say("售出", "sold")]
        titles += [
            say("预约", "booked"), say("退号", "cancelled"), say("逾期", "late"), say("爽约", "no-show"),
            say("爽约率", "of due"), say("停诊", "stopped"), say("改约", "moved"),
        ]
        if isOffered { titles.append(say("约满", "sold out")) }
        let head = titles.enumerated().map { "<th\($0 == 0 ? "" : " class=\"number\"")>\(HTML.escaped($1))</th>" }
        let body = rows.map { row in
            var cells = [label(row).name]
            cells +=
                isOffered
                ? ["\(row.offered)", "\(row.soldUnits)", percent(row.soldUnits, of: row.offered)]
                : ["\(row.soldUnits)"]
            cells += [
                "\(row.booked)", "\(row.cancelled)", "\(row.late)", "\(row.noShow)",
                percent(row.noShow, of: row.noShow + row.completed), "\(row.stopped)", "\(row.moved)",
            ]
            if isOffered { cells.append("\(row.soldOut)/\(row.sessions)") }
            let marked = cells.enumerated().map { "<td\($0 == 0 ? "" : " class=\"number\"")>\(HTML.escaped($1))</td>" }
            return "<tr>\(marked.joined())</tr>\n"
        }
        return "<section class=\"long\">\n<h2>\(HTML.escaped(title))</h2>\n<div class=\"wide\"><table>\n"
            + "<tr>\(head.joined())</tr>\n\(body.joined())</table></div>\n</section>\n"
    }

    private var notes: String {
        let said =
            language == .chinese
            ? [
                "放号、售出按号数计，归入号所在时段的日期与时刻；其余按预约人次计，归入首个时段。",
                "每个预约只计一次：改约后在新时段计为有效预约，在原时段计为改约。",
                "逾期退号：退号时，现行规则已对某些渠道规定不得退号。",
                "以系统中的班次与历史为准，与日志逐条重算一致；现行规则变更会影响“逾期”和“约满用时”。",
            ]
            : [
                "Offered and sold are units, of the day and hour of their slot; all else are appointments, of their first slot.",
                "Each appointment counts once: what was moved is sold where it is, and moved where it was.",
                "Late: cancelled when the terms in force now say, for some channel, that it is too late.",
                "Counted from sessions and history; equal to a recount of the whole log. Other terms change late and time to sell out.",
            ]
        let items = said.map { "<li>\(HTML.escaped($0))</li>\n" }
        return
            "<section>\n<h2>\(say("口径说明", "What counts as what"))</h2>\n<ul class=\"note\">\n\(items.joined())</ul>\n</section>\n"
    }

    /// Beside the style of every report: cards, and a heat map of one colour, which every printer shows.
    private static let style = """
        .place { font-size: 1.15rem; } .cards { display: grid; grid-template-columns: repeat(4, 1fr); gap: .6rem; margin: 1.2rem 0; }
        @media (max-width: 36rem) { .cards { grid-template-columns: repeat(2, 1fr); } }
        .card { border: 1px solid var(--rule); border-radius: .4rem; padding: .5rem .8rem; }
        .card span { display: block; color: var(--soft); font-size: .88rem; } .card em { color: var(--soft); font-style: normal; font-size: .88rem; }
        .card strong { font-size: 1.45rem; font-weight: 600; margin-right: .5rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .cell { fill: var(--s0); } .cell.none { fill: var(--rule); opacity: .35; }
        .h0 { fill-opacity: .04; } .h1 { fill-opacity: .12; } .h2 { fill-opacity: .2; } .h3 { fill-opacity: .29; } .h4 { fill-opacity: .38; }
        .h5 { fill-opacity: .47; } .h6 { fill-opacity: .62; } .h7 { fill-opacity: .71; } .h8 { fill-opacity: .8; } .h9 { fill-opacity: .9; }
        .h10 { fill-opacity: 1; } svg text.lit { fill: #fff; } svg text.dark { fill: var(--ink); } tr { break-inside: avoid; }
        @media (prefers-color-scheme: dark) { svg text.lit { fill: #101214; } }
        @media print { section.long { break-inside: auto; } svg text.lit { fill: #fff; } :root { --s0: #0072b2; --s1: #d55e00; } }

        """
}
