/** Light by default, dark where the reader's system is; colours chosen to be told apart by colour-blind readers too. */
export const styleSheet = `
:root { color-scheme: light dark; --ink: #1d2330; --soft: #5c6575; --paper: #ffffff; --line: #dde1e8; --wash: #f4f6fa;
  --c0: #0a62a9; --c1: #c4480d; --c2: #12805c; --c3: #8a3ffc; --c4: #9f6a00; --c5: #c2256f; --c6: #1d2330; --c7: #7b8797;
  --gain: #12805c; --loss: #c4480d; --tie: #5f6b7a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #a0a8b7; --paper: #14171d; --line: #2c323d; --wash: #1c2028;
  --c0: #6db3f2; --c1: #ff9362; --c2: #4fd1a1; --c3: #b79bff; --c4: #e8b74a; --c5: #ff84b7; --c6: #f1f4f9; --c7: #8b95a6;
  --gain: #4fd1a1; --loss: #ff9362; --tie: #aab4c3; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
main { max-width: 1040px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 12px; }
h2 { font-size: 1.25rem; margin: 44px 0 8px; }
h3 { font-size: 1rem; margin: 24px 0 0; }
p { margin: 8px 0; max-width: 80ch; }
a { color: var(--c0); }
.links, .caption { color: var(--soft); font-size: .9rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: 12px 24px; margin: 16px 0; }
.facts dt { color: var(--soft); font-size: .82rem; } .facts .wide { grid-column: 1 / -1; } .facts dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; margin: 16px 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .92rem; }
th, td { padding: 7px 12px; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; vertical-align: top; }
th:first-child { text-align: left; font-weight: 500; white-space: normal; position: sticky; left: 0; background: var(--paper); }
td small, th small { display: block; color: var(--soft); font-size: .78rem; font-weight: 400; }
.words { text-align: left; white-space: normal; }
thead th, thead th:first-child { color: var(--soft); font-weight: 600; vertical-align: bottom; white-space: normal; }
thead button { all: unset; cursor: pointer; } thead button:focus-visible { outline: 2px solid var(--c0); outline-offset: 2px; }
th[aria-sort=ascending] button::after { content: " ↑"; } th[aria-sort=descending] button::after { content: " ↓"; }
tr.group th { padding-top: 18px; color: var(--soft); font-weight: 600; border-bottom: 2px solid var(--line); }
tr.strong th, tr.strong td { background: var(--wash); font-weight: 650; }
figure { margin: 20px 0; padding: 16px; border: 1px solid var(--line); border-radius: 8px; }
figcaption { font-weight: 600; margin-bottom: 12px; }
.plot { display: grid; grid-template-columns: 18px 1fr; gap: 4px; }
.ylabel { writing-mode: vertical-rl; transform: rotate(180deg); text-align: center; color: var(--soft); font-size: .82rem; }
.xlabel { text-align: center; color: var(--soft); font-size: .82rem; margin-top: 4px; }
.area { position: relative; height: 300px; margin: 8px 12px 26px 52px; }
.area svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; }
.ytick, .xtick { position: absolute; color: var(--soft); font-size: .78rem; line-height: 1; white-space: nowrap; }
.ytick { right: 100%; transform: translate(-8px, -50%); } .xtick { top: 100%; transform: translate(-50%, 8px); }
svg line, svg path { vector-effect: non-scaling-stroke; }
.grid { stroke: var(--line); }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; } .curve.dashed { stroke-dasharray: 6 4; }
.curve.quiet { stroke: var(--soft); stroke-width: 1; opacity: .45; } .key.quiet { background: var(--soft); opacity: .6; }
.dot { position: absolute; width: 8px; height: 8px; border-radius: 50%; transform: translate(-50%, -50%); }
.dot.numbered { width: 20px; height: 20px; color: var(--paper); font: 600 11px/20px system-ui, sans-serif; text-align: center; }
.legend .dot.numbered { position: static; transform: none; flex: none; } .dot.dashed { outline: 2px solid var(--paper); outline-offset: -4px; }
.dot.numbered.dashed { outline: none; border-radius: 4px; }
${Array.from({ length: 8 }, (_, i) => `.curve.colour${i} { stroke: var(--c${i}); } .dot.colour${i}, .key.colour${i} { background: var(--c${i}); }`).join('\n')}
.interval { display: grid; grid-template-columns: minmax(120px, 32%) 1fr minmax(150px, auto); gap: 4px 16px; align-items: center; padding: 4px 0; }
.interval .label { font-size: .9rem; } .interval .said { color: var(--soft); font-size: .82rem; font-variant-numeric: tabular-nums; }
.track { position: relative; height: 22px; background: var(--wash); border-radius: 4px; }
.axis .track { height: 18px; background: none; } .axis .xtick { top: 0; }
.zero { position: absolute; top: 0; bottom: 0; width: 0; border-left: 1px dashed var(--soft); }
.bar { position: absolute; top: 9px; height: 4px; min-width: 2px; border-radius: 2px; }
.point { position: absolute; top: 5px; width: 12px; height: 12px; border-radius: 50%; transform: translateX(-50%); border: 2px solid var(--paper); }
.bar.gain, .point.gain { background: var(--gain); } .bar.loss, .point.loss { background: var(--loss); } .bar.tie, .point.tie { background: var(--tie); }
.heatmap { width: auto; } .heatmap th, .heatmap td { padding: 4px 6px; text-align: center; font-size: .8rem; }
.heatmap th:first-child { text-align: left; }
.flag { white-space: nowrap; }
.heatmap.many th, .heatmap.many td { padding: 2px; font-size: .66rem; line-height: 1.35; } .heatmap.many th:first-child { white-space: nowrap; }
.heat { --strength: 0%; } .heat.gain { background: color-mix(in srgb, var(--gain) var(--strength), var(--paper)); }
.heat.loss { background: color-mix(in srgb, var(--loss) var(--strength), var(--paper)); }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 10px 0 0; padding: 0; font-size: .88rem; }
.legend li { display: flex; align-items: center; gap: 8px; } .key { width: 22px; height: 3px; border-radius: 2px; }
.key.dashed { opacity: .6; }
.user { border-top: 1px solid var(--line); padding: 8px 0 16px; } .user p { font-size: .92rem; }
.items { display: grid; grid-template-columns: 130px 1fr; gap: 8px; align-items: start; margin: 8px 0; }
.items ol { list-style: none; display: flex; gap: 8px; margin: 0; padding: 0 0 6px; overflow-x: auto; }
.items li { flex: 0 0 104px; border: 1px solid var(--line); border-radius: 6px; padding: 6px; font-size: .75rem; line-height: 1.3; overflow: hidden; }
.items li.hit { border: 2px solid var(--gain); } .items img { display: block; width: 100%; height: 72px; object-fit: contain; margin-bottom: 4px; }
.items span { display: -webkit-box; -webkit-line-clamp: 3; -webkit-box-orient: vertical; overflow: hidden; }
@media (max-width: 640px) { main { padding: 20px 12px 48px; } h1 { font-size: 1.4rem; } figure { padding: 12px; }
  table { font-size: .8rem; } th, td { padding: 6px 5px; } .items { grid-template-columns: minmax(0, 1fr); gap: 2px; } th:first-child { max-width: 34vw; } .heatmap.many th:first-child { white-space: normal; }
  .area { height: 220px; margin-left: 44px; } .interval { grid-template-columns: 1fr; gap: 2px; padding: 6px 0; } .axis > span { display: none; } }
`;
