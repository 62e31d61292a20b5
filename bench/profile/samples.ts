/** What a profile of the inspector says of each function: shares of the processor time, without what was idle. Pure. */

interface Node {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

/** As the inspector's `Profiler.stop` gives it; times are microseconds. */
export interface Profile {
  readonly nodes: readonly Node[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface FunctionTime {
  /** With its line in the built module, where it is ours. */
  readonly name: string;
  /** Of 1. */
  readonly self: number;
  /** With all that it calls; what calls itself counts once. */
  readonly total: number;
}

const IDLE: ReadonlySet<string> = new Set(["(idle)", "(program)"]);

export function functionsOf({ nodes, samples, timeDeltas }: Profile): readonly FunctionTime[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const [selfs, totals] = [new Map<string, number>(), new Map<string, number>()];
  let all = 0;
  for (const [at, id] of samples.entries()) {
    const took = timeDeltas[at] ?? 0;
    const node = byId.get(id);
    if (node === undefined || IDLE.has(node.callFrame.functionName)) continue;
    all += took;
    add(selfs, nameOf(node), took);
    const seen = new Set<string>();
    for (let above: number | undefined = id; above !== undefined; above = parents.get(above)) {
      const frame = byId.get(above);
      if (frame !== undefined) seen.add(nameOf(frame));
    }
    for (const name of seen) add(totals, name, took);
  }
  return [...totals].map(([name, total]) => ({ name, self: (selfs.get(name) ?? 0) / all, total: total / all }));
}

function nameOf({ callFrame: { functionName, url, lineNumber } }: Node): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  return url === "" ? name : `${name}:${lineNumber + 1}`;
}

function add(times: Map<string, number>, name: string, took: number): void {
  times.set(name, (times.get(name) ?? 0) + took);
}
