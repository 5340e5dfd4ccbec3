import Terminal

/// Text of an SVG picture. Colours come from the page's style, so that a picture is right in light and in dark.
struct SVGCanvas {
    static let width = 860.0
    let height: Double
    private var text: String

    init(height: Double, label: String) {
        self.height = height
        text =
            "<svg viewBox=\"0 0 \(Int(Self.width)) \(Int(height))\" role=\"img\" aria-label=\"\(HTML.escaped(label))\">\n"
    }

    var finished: String { text + "</svg>\n" }

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) {
        text += "<line x1=\"\(n(x1))\" y1=\"\(n(y1))\" x2=\"\(n(x2))\" y2=\"\(n(y2))\" class=\"\(style)\"/>\n"
    }

    mutating func path(_ points: [(Double, Double)], _ style: String) {
        guard !points.isEmpty else { return }
        guard points.count > 1 else {
            text += "<circle cx=\"\(n(points[0].0))\" cy=\"\(n(points[0].1))\" r=\"2\" class=\"\(style) dot\"/>\n"
            return
        }
        let steps = points.enumerated().map { "\($0 == 0 ? "M" : "L")\(n($1.0)) \(n($1.1))" }.joined()
        text += "<path d=\"\(steps)\" class=\"\(style)\"/>\n"
    }

    mutating func bar(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String, _ tip: String) {
        text += "<rect x=\"\(n(x))\" y=\"\(n(y))\" width=\"\(n(width))\" height=\"\(n(height))\" class=\"\(style)\">"
        text += "<title>\(HTML.escaped(tip))</title></rect>\n"
    }

    mutating func words(_ x: Double, _ y: Double, _ words: String, _ style: String) {
        text += "<text x=\"\(n(x))\" y=\"\(n(y))\" class=\"\(style)\">\(HTML.escaped(words))</text>\n"
    }

    /// Words below a place of an axis, in its middle; where they would cross the picture's edge, as near as they fit.
    mutating func tick(_ x: Double, _ y: Double, _ words: String) {
        let half = Self.room(for: words) / 2
        self.words(min(max(x, half), Self.width - half), y, words, "tick middle")
    }

    /// What words take at most in the fonts of the style, 11 points high. A Chinese character is as wide as it is high.
    static func room(for words: String) -> Double {
        4 + words.unicodeScalars.reduce(0) { $0 + ($1.value < 0x2E80 ? 7 : 11.5) }
    }

    /// A tenth of a point is finer than any screen shows.
    private func n(_ number: Double) -> String { JSON.fixed(number, 1) }
}

/// The part of a picture that the lines are in.
struct PlotArea {
    let left = 86.0
    let right = SVGCanvas.width - 14
    let top: Double
    let bottom: Double

    func x(_ place: Double) -> Double { left + (right - left) * place }
    func y(_ place: Double) -> Double { bottom - (bottom - top) * place }

    /// Lines across at the ticks, each with its number at the left.
    func drawRows(_ axis: Axis, _ unit: Unit, on canvas: inout SVGCanvas) {
        for tick in axis.ticks {
            let y = y(axis.place(tick))
            canvas.line(left, y, right, y, tick == axis.range.lowerBound ? "axis" : "grid")
            canvas.words(left - 8, y + 4, unit.text(tick), "tick end")
        }
    }
}
