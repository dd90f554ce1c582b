export const style = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#f6f5f1, #14171a);
  --card: light-dark(#fffefb, #1c2024);
  --ink: light-dark(#1d2328, #e8e6e0);
  --soft: light-dark(#626b73, #98a1a8);
  --line: light-dark(#dfdcd3, #30363c);
  --accent: light-dark(#0f6b62, #4fc3b4);
  --on-accent: light-dark(#ffffff, #08211e);
  --bad: light-dark(#a3341f, #ff8f78);
  --well: light-dark(#efede6, #15181b);
  --mono: ui-monospace, 'SF Mono', 'Cascadia Code', Menlo, Consolas, monospace;
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 ui-sans-serif, system-ui, 'Segoe UI', Roboto, sans-serif; }
a { color: var(--accent); text-underline-offset: 3px; }
header { display: flex; align-items: baseline; gap: 1.5rem; flex-wrap: wrap; padding: 1.1rem max(1.5rem, calc(50vw - 33.5rem)); border-bottom: 1px solid var(--line); background: var(--card); }
header h1 { margin: 0; font-size: 1.15rem; letter-spacing: -.01em; }
header nav { display: flex; gap: 1.1rem; margin-left: auto; font-size: .92rem; }
.light { font-size: .85rem; color: var(--soft); }
.light::before { content: ''; display: inline-block; width: .55rem; height: .55rem; margin-right: .4rem; border-radius: 50%; background: var(--soft); }
.light[data-ready=true]::before { background: #2f9e68; }
.light[data-ready=false]::before { background: var(--bad); }
main { max-width: 70rem; margin: 0 auto; padding: 1.75rem 1.5rem 4rem; }
section { margin-bottom: 3.5rem; scroll-margin-top: 1rem; }
section > h2 { margin: 0; font-size: 1.7rem; letter-spacing: -.02em; line-height: 1.2; }
section > h2 small { font-size: 1rem; font-weight: 500; color: var(--soft); letter-spacing: 0; }
.lead { margin: .35rem 0 .3rem; font-size: 1.08rem; max-width: 46rem; }
.facts { margin: 0 0 1.1rem; color: var(--soft); font-size: .87rem; max-width: 52rem; }
.facts code { font: .95em var(--mono); }
.try { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 4fr); gap: 1.25rem; align-items: start; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.25rem; }
form { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .95rem 1.1rem; align-items: start; }
.field label { display: flex; justify-content: space-between; gap: .5rem; font-weight: 600; font-size: .9rem; margin-bottom: .25rem; overflow-wrap: anywhere; }
.field label small { font-weight: 400; color: var(--soft); white-space: nowrap; }
.field label b { color: var(--accent); font-weight: 600; }
.field[data-reads=json] { grid-column: 1 / -1; }
input, select, textarea { width: 100%; padding: .5rem .6rem; font: inherit; font-size: .95rem; color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: 7px; }
textarea { font-family: var(--mono); font-size: .85rem; }
input:focus-visible, select:focus-visible, textarea:focus-visible, button:focus-visible, a:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.hint { margin: .25rem 0 0; font-size: .78rem; line-height: 1.35; color: var(--soft); display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; overflow: hidden; }
.problem { margin: .25rem 0 0; font-size: .82rem; color: var(--bad); }
.wrong input, .wrong select, .wrong textarea { border-color: var(--bad); }
.act { grid-column: 1 / -1; display: flex; gap: .8rem; align-items: center; padding-top: .4rem; border-top: 1px solid var(--line); margin-top: .2rem; padding-top: 1rem; }
.act select { width: auto; max-width: 14rem; }
button { font: inherit; font-weight: 600; padding: .55rem 1.5rem; border: 0; border-radius: 7px; color: var(--on-accent); background: var(--accent); cursor: pointer; }
button:hover { filter: brightness(1.08); }
button:disabled { opacity: .6; cursor: progress; }
aside { display: grid; gap: 1.25rem; position: sticky; top: 1.25rem; }
.result { min-height: 8.5rem; display: flex; flex-direction: column; justify-content: center; gap: .35rem; }
.result[data-state=idle] { color: var(--soft); text-align: center; }
.result p { margin: 0; }
.output { display: flex; align-items: baseline; gap: .5rem; flex-wrap: wrap; }
.output .name { color: var(--soft); font-size: .9rem; flex-basis: 100%; }
.output .value { font-size: 2.1rem; font-weight: 650; letter-spacing: -.02em; line-height: 1.1; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.output + .output { margin-top: .4rem; }
.output:nth-child(n+2) .value { font-size: 1.35rem; }
.output .unit { color: var(--soft); }
.by { margin-top: .5rem !important; font-size: .82rem; color: var(--soft); }
.result .code { font: 600 .85rem var(--mono); color: var(--bad); }
details { font-size: .9rem; }
details + details { margin-top: .5rem; }
summary { cursor: pointer; font-weight: 600; }
pre { margin: .5rem 0 0; padding: .8rem; max-height: 22rem; overflow: auto; font: .8rem/1.5 var(--mono); background: var(--well); border-radius: 7px; white-space: pre-wrap; overflow-wrap: anywhere; }
.none { text-align: center; padding: 4rem 1rem; color: var(--soft); }
@media (max-width: 52rem) { .try { grid-template-columns: minmax(0, 1fr); } aside { position: static; } }
@media (prefers-reduced-motion: no-preference) { button { transition: filter .12s; } }
`;
