/** Light by default, dark where the reader's system is; colours chosen to be told apart by colour-blind readers too. */
export const styleSheet = `
:root { color-scheme: light dark; --ink: #1d2330; --soft: #5c6575; --paper: #ffffff; --line: #dde1e8; --wash: #f4f6fa;
  --c0: #0a62a9; --c1: #c4480d; --c2: #12805c; --c3: #8a3ffc; --c4: #9f6a00; --c5: #c2256f; --c6: #00798c; --c7: #5f6b7a;
  --gain: #12805c; --loss: #c4480d; --tie: #5f6b7a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #a0a8b7; --paper: #14171d; --line: #2c323d; --wash: #1c2028;
  --c0: #6db3f2; --c1: #ff9362; --c2: #4fd1a1; --c3: #b79bff; --c4: #e8b74a; --c5: #ff84b7; --c6: #53d3e6; --c7: #aab4c3;
  --gain: #4fd1a1; --loss: #ff9362; --tie: #aab4c3; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 960px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 12px; }
h2 { font-size: 1.2rem; margin: 40px 0 8px; }
p { margin: 8px 0; max-width: 80ch; }
.scroll { overflow-x: auto; margin: 16px 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .92rem; }
th, td { padding: 7px 12px; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child { text-align: left; font-weight: 500; white-space: normal; }
.words { text-align: left; white-space: normal; }
thead th { color: var(--soft); font-weight: 600; vertical-align: bottom; white-space: normal; }
tr.strong th, tr.strong td { background: var(--wash); font-weight: 650; }
figure { margin: 20px 0; padding: 16px; border: 1px solid var(--line); border-radius: 8px; }
figcaption { font-weight: 600; margin-bottom: 8px; }
figure > svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--ink); font: 13px system-ui, sans-serif; }
svg text.label { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
svg text.tick { fill: var(--soft); font-size: 12px; }
.grid { stroke: var(--line); } .zero { stroke: var(--soft); stroke-dasharray: 4 3; }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; } .dashed { stroke-dasharray: 6 4; }
.bar { stroke-width: 3; stroke-linecap: round; }
.gain { stroke: var(--gain); fill: var(--gain); } .loss { stroke: var(--loss); fill: var(--loss); } .tie { stroke: var(--tie); fill: var(--tie); }
${Array.from({ length: 8 }, (_, i) => `.curve.colour${i} { stroke: var(--c${i}); } .dot.colour${i} { fill: var(--c${i}); }`).join('\n')}
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 10px 0 0; padding: 0; font-size: .88rem; }
.legend li { display: flex; align-items: center; gap: 8px; }
`;
