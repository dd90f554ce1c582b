/** What the report of a watch adds to the style of a page. */
export const reportCss = `
.verdict{font-size:22px;letter-spacing:-.01em;line-height:1.3;margin-top:22px;font-weight:600}
main>p.scope{color:var(--soft);margin-top:6px}
.chart .bar.bad{fill:var(--bad)}.chart .gap{fill:var(--soft)}
.chart line.across{stroke:var(--ref);stroke-width:1;stroke-dasharray:3 3}
.chart text.across{font-size:9px;fill:var(--ink);paint-order:stroke;stroke:var(--card);stroke-width:3px}
.change{font-size:13px;margin-bottom:4px}
.explained p{max-width:75ch}
td .badge{font-size:13px}
@media print{.field{break-inside:avoid}h2{break-after:avoid}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
`;
