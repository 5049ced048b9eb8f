/// The style of report pages: one column for reading, light or dark as the reader's system is, and no font to load.
enum ReportStyle {
    static let css = """

        :root { color-scheme: light dark; --ink: #1d2125; --soft: #5b636b; --line: #d9dde1; --paper: #ffffff;
          --tint: #f4f6f8; --accent: #0072b2; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e4e7ea; --soft: #a3abb3; --line: #3a4047; --paper: #16191d; --tint: #20252a; --accent: #6cb8e6; }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink);
          font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
          -webkit-text-size-adjust: 100%; }
        main { max-width: 58rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
        header { margin-bottom: 1.5rem; }
        h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 .3rem; letter-spacing: -.01em; }
        header p { color: var(--soft); margin: 0; }
        h2 { font-size: 1.25rem; line-height: 1.3; margin: 2.6rem 0 .6rem; padding-top: .9rem;
          border-top: 1px solid var(--line); }
        h3 { font-size: 1.05rem; margin: 1.8rem 0 .4rem; }
        h4 { font-size: 1rem; margin: 1.4rem 0 .3rem; color: var(--soft); }
        p, ul, ol, aside, pre { max-width: 44rem; }
        p { margin: .6rem 0; overflow-wrap: break-word; }
        nav { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; font-size: .9rem; margin: 0 0 1rem; }
        a { color: var(--accent); text-decoration: none; }
        a:hover { text-decoration: underline; }
        aside { border-left: 3px solid var(--accent); background: var(--tint); padding: .3rem 1rem; margin: 1rem 0; }
        code { font: .88em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
        p code, li code, td code { background: var(--tint); border-radius: 3px; padding: .08em .3em; }
        pre { background: var(--tint); border-radius: 6px; padding: .8rem 1rem; overflow-x: auto; margin: 1rem 0; }
        figure { margin: 1.6rem 0 2rem; }
        .wide { overflow-x: auto; }
        img { display: block; max-width: 100%; height: auto; background: #fff; border-radius: 4px; }
        figcaption, caption { color: var(--soft); font-size: .9rem; line-height: 1.5; text-align: left; }
        figcaption { max-width: 44rem; margin-top: .6rem; }
        .gallery { display: flex; flex-wrap: wrap; gap: 1rem; }
        .gallery > div { flex: 0 1 auto; min-width: 0; }
        .gallery p { color: var(--soft); font-size: .85rem; margin: .3rem 0 0; }
        figcaption b, caption b { color: var(--ink); }
        table { border-collapse: collapse; margin: 1rem 0 1.6rem; font-size: .93rem; font-variant-numeric: tabular-nums; }
        caption { padding-bottom: .5rem; }
        th, td { padding: .32rem 1.1rem .32rem 0; text-align: left; vertical-align: top; }
        th { vertical-align: bottom; border-bottom: 1.5px solid var(--ink); font-weight: 600; line-height: 1.3; }
        th span { display: block; color: var(--soft); font-weight: 400; font-size: .85rem; }
        td { border-bottom: 1px solid var(--line); }
        .n { text-align: right; }
        td.n { white-space: nowrap; }
        th:last-child, td:last-child { padding-right: .2rem; }
        footer { font-size: .88rem; }
        footer h2 { font-size: 1rem; }
        dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .15rem 1.2rem; margin: 0; }
        dt { color: var(--soft); }
        dd { margin: 0; overflow-wrap: anywhere; font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .94em; }
        @media (max-width: 40rem) {
          main { padding: 1.2rem 1rem 3rem; }
          h1 { font-size: 1.4rem; }
          figure .wide img { max-width: max(100%, 32rem); }
          dl { grid-template-columns: 1fr; gap: 0; }
          dd { margin-bottom: .5rem; }
        }
        @media print { main { max-width: none; padding: 0; } figure, table { break-inside: avoid; } }

        """
}
