/** What the report of a watch adds to the style of a page. */
export const reportCss = `
.verdict{font-size:22px;letter-spacing:-.01em;line-height:1.3;margin-top:22px;font-weight:600}
main>p.scope{color:var(--soft);margin-top:6px}
.chart .bar.bad{fill:var(--bad)}.chart .gap{fill:var(--soft)}
.chart line.across{stroke:var(--ref);stroke-width:1;stroke-dasharray:3 3}
.chart text.across{font-size:9px;fill:var(--ink);paint-order:stroke;stroke:var(--card);stroke-width:3px}
.trend .measured{fill:none;stroke:var(--bar);stroke-width:1.8;stroke-linejoin:round}
.trend .estimate{fill:none;stroke:var(--third);stroke-width:2;stroke-dasharray:5 4}
.trend .whisker{stroke:var(--bar);stroke-width:1.6}.trend .dot{fill:var(--bar)}
.trend .whisker.bad{stroke:var(--bad)}.trend .dot.bad{fill:var(--bad)}
.trend .guess{fill:var(--card);stroke:var(--third);stroke-width:1.5}
.legend i.dot{width:10px;height:10px;border-radius:50%}
.legend i.dashed{width:22px;height:0;background:none;border-top:2px dashed var(--third);vertical-align:middle}
.estimated{border-left:3px dashed var(--third);padding-left:12px;font-size:13.5px}
.note{font-size:13px}
.scroll{overflow-x:auto}
.burn{min-width:80px;width:40%}
.burn .track{position:relative;display:block;height:10px;margin-top:6px;border-radius:3px;background:var(--tint)}
.burn b{position:absolute;inset:0 auto 0 0;border-radius:3px;background:var(--bar)}.burn b.bad{background:var(--bad)}
.burn i{position:absolute;top:-3px;bottom:-3px;width:2px;background:var(--ref)}
main>.grid+.card,main>.card+.card{margin-top:14px}
main>.card>table td:first-child{white-space:nowrap}
.change{font-size:13px;margin-bottom:4px}
.explained p{max-width:75ch}
td .badge{font-size:13px}
@media print{.field{break-inside:avoid}h2{break-after:avoid}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
`;
