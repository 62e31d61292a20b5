/** `docs/benchmarks.svg`: each call as a share of the third floor, with its spread and its target. Pure. */

import { FLOOR_NAMES, OUR_NAMES } from "./names.ts";
import type { Results, RoundsResult } from "./results.ts";
import type { Spread } from "./stats.ts";
import { LEAST_OF_FLOOR, overText, ratioOf } from "./targets.ts";

const WIDTH = 760;
const LEFT = 220;
const RIGHT = 60;
const ROW = 26;
const BAR = 14;
const GROUP_HEAD = 34;
const TOP = 44;
const FOOT = 40;

/** Not on top of each other where a bar is short. */
const LABEL_GAP = 8;

interface Bar {
  readonly label: string;
  readonly share: Spread;
  readonly target: number | null;
}

interface Group {
  readonly title: string;
  readonly bars: readonly Bar[];
}

const TARGETS: Readonly<Record<string, number>> = {
  [OUR_NAMES.activate]: LEAST_OF_FLOOR.activate,
  [OUR_NAMES.resume]: LEAST_OF_FLOOR.resume,
  [OUR_NAMES.renew]: LEAST_OF_FLOOR.renew,
};

/** A picture that says so where nothing was measured. */
export function chart({ one, thousand }: Results): string {
  const groups = [...(one === undefined ? [] : [groupOf(one)]), ...(thousand === undefined ? [] : [groupOf(thousand)])];
  const widest = Math.max(1, ...groups.flatMap(({ bars }) => bars.map(({ share }) => share.max)));
  const x = (share: number) => LEFT + (share / widest) * (WIDTH - LEFT - RIGHT);
  const parts: string[] = [];
  let y = TOP;
  for (const { title, bars } of groups) {
    parts.push(text(LEFT, y + 20, title, "head"));
    y += GROUP_HEAD;
    for (const bar of bars) {
      parts.push(drawn(bar, y, x));
      y += ROW;
    }
  }
  const height = y + FOOT;
  const floorLine = `<line class="floor" x1="${x(1)}" x2="${x(1)}" y1="${TOP}" y2="${y}"/>`;
  const foot = text(
    16,
    y + 22,
    `dashed, 1: the bare Worker (${FLOOR_NAMES.insertAndSign}); bar: median; line: all rounds; tick: target`,
    "foot",
  );
  const title = text(16, 26, "Calls a second, as a share of those of a bare Worker", "title");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Leasehold's calls as a share of the floor">
<style>${STYLE}</style>
<rect class="paper" width="${WIDTH}" height="${height}"/>
${[title, floorLine, ...parts, foot].join("\n")}
</svg>
`;
}

const STYLE = `
text { font: 13px system-ui, "DejaVu Sans", sans-serif; fill: #1f2328; }
.title { font-size: 15px; font-weight: 600; } .head { font-weight: 600; } .foot { font-size: 11px; fill: #59636e; }
.label { text-anchor: end; } .paper { fill: #ffffff; } .bar { fill: #2f6f9f; } .below { fill: #b35900; }
.range { stroke: #59636e; stroke-width: 1.5; } .target { stroke: #1f2328; stroke-width: 2; }
.floor { stroke: #59636e; stroke-dasharray: 4 4; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; } .foot { fill: #9198a1; } .paper { fill: #0d1117; } .bar { fill: #4493c8; } .below { fill: #d98324; }
  .range, .floor { stroke: #9198a1; } .target { stroke: #f0f6fc; }
}`;

function groupOf(result: RoundsResult): Group {
  const measured = new Set(result.subjects.map(({ name }) => name));
  const names = Object.values(OUR_NAMES).filter((name) => measured.has(name));
  const bars = names.map((name) => ({
    label: name,
    share: ratioOf(result, name, FLOOR_NAMES.insertAndSign),
    target: TARGETS[name] ?? null,
  }));
  return { title: overText(result), bars };
}

function drawn({ label, share, target }: Bar, y: number, x: (share: number) => number): string {
  const middle = y + BAR / 2;
  const isBelow = target !== null && share.median < target;
  const end = x(Math.max(share.max, target ?? 0)) + LABEL_GAP;
  return [
    text(LEFT - LABEL_GAP, middle + 5, label, "label"),
    `<rect class="${isBelow ? "below" : "bar"}" x="${LEFT}" y="${y}" width="${round(x(share.median) - LEFT)}" height="${BAR}"/>`,
    `<line class="range" x1="${round(x(share.min))}" x2="${round(x(share.max))}" y1="${middle}" y2="${middle}"/>`,
    target === null
      ? ""
      : `<line class="target" x1="${round(x(target))}" x2="${round(x(target))}" y1="${y - 3}" y2="${y + BAR + 3}"/>`,
    text(round(end), middle + 5, share.median.toFixed(2), "value"),
  ].join("");
}

function text(x: number, y: number, content: string, kind: string): string {
  return `<text class="${kind}" x="${x}" y="${y}">${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
