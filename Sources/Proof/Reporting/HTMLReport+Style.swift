extension HTMLReport {
    /// The page's style. Colours of series are Okabe and Ito's, told apart by those who do not see red or green.
    static let style = """
        :root { color-scheme: light dark; --paper: #fff; --ink: #1c2024; --soft: #60646c; --rule: #e2e4e8; --good: #18794e; --bad: #cd2b31;
          --caution: #ad5700; --s0: #0072b2; --s1: #d55e00; --s2: #009e73; --s3: #cc79a7; --s4: #b58900; --s5: #56b4e9; }
        @media (prefers-color-scheme: dark) { :root { --paper: #15171a; --ink: #e8eaed; --soft: #9aa0a8; --rule: #2d3137; --good: #4cc38a;
          --bad: #ff8a8e; --caution: #f1a10d; --s0: #4ea8de; --s1: #ff8c42; --s2: #3ecf9b; --s3: #e39bc4; --s4: #e3c25a; --s5: #9ad7f5; } }
        body { background: var(--paper); color: var(--ink); margin: 2rem auto; max-width: 60rem; padding: 0 1.2rem;
          font: 15px/1.55 system-ui, "Noto Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif; }
        h1 { font-size: 1.6rem; margin: 0 0 .3rem; } h2 { font-size: 1.08rem; margin: 2rem 0 .5rem; }
        p { margin: .4rem 0; } code { font: .88em ui-monospace, monospace; overflow-wrap: anywhere; }
        .note, .quiet { color: var(--soft); } .note { font-size: .88rem; }
        .verdict { border-left: .3rem solid var(--soft); padding: .5rem .9rem; margin: 1rem 0; background: color-mix(in srgb, var(--rule) 35%, transparent); }
        .verdict strong { text-transform: uppercase; letter-spacing: .04em; margin-right: .5rem; }
        .verdict.passed { border-color: var(--good); } .verdict.passed strong, .good { color: var(--good); }
        .verdict.failed { border-color: var(--bad); } .verdict.failed strong, .bad { color: var(--bad); }
        .caution { color: var(--caution); } .heading { font-weight: 600; }
        .wide { overflow-x: auto; } .facts td { overflow-wrap: anywhere; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; }
        th, td { text-align: left; vertical-align: top; padding: .28rem 1.1rem .28rem 0; border-bottom: 1px solid var(--rule); }
        th { font-weight: 500; color: var(--soft); } .number { text-align: right; } td ul { margin: .2rem 0; padding-left: 1.1rem; color: var(--bad); }
        svg { width: 100%; height: auto; display: block; } svg text { font-size: 11px; fill: var(--soft); }
        .grid { stroke: var(--rule); } .axis { stroke: var(--soft); } .mark { stroke: var(--caution); stroke-dasharray: 3 3; opacity: .55; }
        svg text.marked { fill: var(--caution); } .end { text-anchor: end; } .middle { text-anchor: middle; }
        .line { fill: none; stroke-width: 1.6; stroke-linejoin: round; } .dot { stroke: none; } .bar { stroke: none; opacity: .85; }
        .line.s0 { stroke: var(--s0); } .line.s1 { stroke: var(--s1); } .line.s2 { stroke: var(--s2); }
        .line.s3 { stroke: var(--s3); } .line.s4 { stroke: var(--s4); } .line.s5 { stroke: var(--s5); }
        .bar.s0, .dot.s0 { fill: var(--s0); } .bar.s1, .dot.s1 { fill: var(--s1); } .bar.s2, .dot.s2 { fill: var(--s2); }
        .bar.s3, .dot.s3 { fill: var(--s3); } .bar.s4, .dot.s4 { fill: var(--s4); } .bar.s5, .dot.s5 { fill: var(--s5); }
        .legend { font-size: .88rem; color: var(--soft); } .legend span { margin-right: 1.2rem; white-space: nowrap; }
        .legend i { display: inline-block; width: .9rem; height: .25rem; margin-right: .4rem; vertical-align: middle; }
        i.s0 { background: var(--s0); } i.s1 { background: var(--s1); } i.s2 { background: var(--s2); }
        i.s3 { background: var(--s3); } i.s4 { background: var(--s4); } i.s5 { background: var(--s5); }
        @media print { :root { --paper: #fff; --ink: #000; --soft: #444; --rule: #ccc; color-scheme: light; } body { margin: 0; max-width: none; }
          section { break-inside: avoid; } * { print-color-adjust: exact; } }

        """
}
