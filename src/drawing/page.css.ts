/** The style of a page for people. It stands in the page, so that the page can be sent as one file. */
export const css = `
:root{color-scheme:light dark;--paper:#f6f5f1;--card:#fff;--ink:#1b1f24;--soft:#5e6672;--line:#e4e2da;--bar:#3c6e8f;--bar2:#8fb4c9;
--ref:#d9822b;--good:#2f7d4f;--bad:#b3362b;--tint:#eef3f6;--third:#b9a26a}
@media (prefers-color-scheme:dark){:root{--paper:#14171b;--card:#1c2127;--ink:#e8e6e0;--soft:#98a2ae;--line:#2c333b;--bar:#6fa8c9;
--bar2:#3b5a6e;--ref:#e8a35c;--good:#5dbb85;--bad:#ea7b6f;--tint:#20272e;--third:#a08b57}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
main{max-width:1080px;margin:0 auto;padding:40px 24px 56px}
h1{font-size:30px;line-height:1.15;letter-spacing:-.02em;margin:0}
h2{font-size:17px;letter-spacing:-.01em;margin:44px 0 14px}
h2 small{font-weight:400;color:var(--soft);margin-left:8px;letter-spacing:0}
p{margin:0}
.soft,small{color:var(--soft)}
code{font:12.5px/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
header{display:flex;flex-wrap:wrap;gap:8px 20px;align-items:flex-end;justify-content:space-between}
header .scope{font-size:15px;color:var(--soft);margin-top:8px}
.pill{display:inline-block;padding:3px 12px;border-radius:99px;font-size:13px;font-weight:600;color:var(--card);background:var(--good)}
.pill.failed{background:var(--bad)}.pill.cancelled{background:var(--soft)}
.alert{margin:24px 0 0;padding:14px 18px;border-left:4px solid var(--bad);background:var(--card);border-radius:0 10px 10px 0}
.tiles{display:grid;grid-template-columns:repeat(5,1fr);gap:1px;background:var(--line);border:1px solid var(--line);border-radius:14px;
overflow:hidden;margin-top:28px}
.tile{background:var(--card);padding:16px 18px}
.tile span{display:block;font-size:13px;color:var(--soft)}
.tile b{display:block;font-size:26px;letter-spacing:-.02em;line-height:1.25;font-weight:650}
.tile em{font-style:normal;font-size:12.5px;color:var(--soft)}
.tile.bad b{color:var(--bad)}
.card{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:18px 20px}
.parts{display:flex;height:14px;border-radius:7px;overflow:hidden;background:var(--line)}
.parts b{min-width:1px}
.part0{background:var(--bar2)}.part1{background:var(--bar)}.part2{background:var(--third)}
.keys{display:flex;flex-wrap:wrap;gap:4px 26px;margin-top:12px;font-size:14px}
.keys i{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:8px}
.grid{display:grid;grid-template-columns:repeat(3,1fr);gap:14px}
.grid.wide{grid-template-columns:repeat(2,1fr)}
.field{display:flex;flex-direction:column;gap:10px;min-width:0}
.field .top{display:flex;align-items:baseline;justify-content:space-between;gap:10px}
.field h3{font-size:15px;margin:0;overflow-wrap:anywhere}
.field h3 small{font-weight:400}
.badge{font-size:12px;white-space:nowrap;color:var(--soft)}
.badge::before{content:"";display:inline-block;width:8px;height:8px;border-radius:50%;margin-right:6px;background:var(--good)}
.badge.shifted::before{background:var(--bad)}.badge.plain::before{background:var(--soft)}
.badge.shifted{color:var(--ink)}
.chart{width:100%;height:auto;display:block;overflow:visible}
.chart text{font-size:10px;fill:var(--soft)}
.chart .bar{fill:var(--bar)}.chart .hit{fill:transparent}
.chart .ref{stroke:var(--ref);stroke-width:2.5;stroke-linecap:round}
.chart .base{stroke:var(--line)}
.rows{list-style:none;margin:0;padding:0;display:grid;gap:5px;font-size:13px}
.rows li{display:grid;grid-template-columns:minmax(70px,42%) 1fr 54px;gap:10px;align-items:center}
.rows .label{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.rows .track{position:relative;height:12px;border-radius:3px;background:var(--tint)}
.rows .track b{position:absolute;inset:0 auto 0 0;border-radius:3px;background:var(--bar)}
.rows .track i{position:absolute;top:-2px;bottom:-2px;width:2.5px;border-radius:2px;margin-left:-1px;background:var(--ref)}
.rows .value{text-align:right;color:var(--soft);white-space:nowrap}
dl{display:grid;grid-template-columns:auto 1fr;gap:2px 14px;margin:auto 0 0;font-size:13px}
dl.two{grid-template-columns:auto 1fr 1fr}
dl dt{color:var(--soft)}dl dd{margin:0;text-align:right}dl .head{color:var(--soft);font-size:12px}
dl dd.ref{color:var(--soft)}
table{border-collapse:collapse;width:100%;font-size:14px}
th{text-align:left;font-weight:500;color:var(--soft);font-size:13px}
th,td{padding:7px 12px 7px 0;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child td{border-bottom:0}
td.n,th.n{text-align:right;white-space:nowrap}
.legend{display:flex;gap:20px;font-size:13px;color:var(--soft);margin:-6px 0 14px}
.legend i{display:inline-block;width:14px;height:10px;border-radius:2px;background:var(--bar);margin-right:7px}
.legend i.ref{height:3px;background:var(--ref);vertical-align:middle}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:4px 22px;font-size:14px}
.facts dt{color:var(--soft)}.facts dd{margin:0;text-align:left;overflow-wrap:anywhere}
footer{margin-top:44px;font-size:13px;color:var(--soft)}
@media (max-width:860px){.grid,.grid.wide{grid-template-columns:1fr 1fr}.tiles{grid-template-columns:repeat(2,1fr)}}
@media (max-width:560px){.grid,.grid.wide{grid-template-columns:1fr}main{padding:24px 16px}}
@media print{body{background:#fff}main{max-width:none;padding:0}.card,.tiles{break-inside:avoid}}
`;
