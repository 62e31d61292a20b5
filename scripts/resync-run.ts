/**
 * The course of `npm run resync` (OPS-1): every object is asked until D1 says what it says. Knows the API, and no
 * machine.
 */

import type { ResyncState } from "../src/operations/upkeep/resync.ts";
import type { Shown } from "../src/domain/commands/comparison.ts";
import type { Finding } from "../src/registry/upkeep/after-restore.ts";

/** A call of /v3; rejects when it is refused for good. */
export type Call = (method: "GET" | "POST", path: string, body?: unknown) => Promise<unknown>;

/**
 * Marks every row as born: from then on a license is read from its object, and from its row only where that is empty.
 */
export const MARK_ALL_AS_BORN = "UPDATE licenses SET born_at = created_at WHERE born_at IS NULL";

export interface Summary {
  /** Objects that were asked. */
  asked: number;
  /**
   * Licenses that D1 did not know; that it knew as they had been earlier; that were never used, or are long deleted.
   */
  restored: number;
  updated: number;
  empty: number;
  keys: number;
  activations: number;
  /** Activations that had ended since. */
  ended: number;
  /** Deleted licenses that D1 showed again. */
  revived: number;
  /** What does not agree with D1, and why. */
  readonly drift: { readonly object: string; readonly state: ResyncState }[];
  readonly missing: Finding[];
}

interface Answer {
  readonly object: string;
  readonly state: ResyncState;
  readonly licenseId: string | null;
  readonly deletedLicenseIds: readonly string[];
  readonly revivedLicenseIds: readonly string[];
  readonly found: Shown | null;
  readonly left: Shown | null;
}

/** Objects by their own ids, or by their licenses'. */
export type Ids = AsyncIterable<string> | Iterable<string>;

/** Objects of one call, and rounds for those that lag or do not answer. */
const PER_CALL = 50;
const ROUNDS = 30;

/**
 * Asks each object once, then those that lag again and again; `pause` comes before each round. The sources are read one
 * after the other: an object that an earlier one has named by its own id is passed over where it is its license's.
 */
export async function resyncAll(call: Call, sources: readonly Ids[], pause: () => Promise<void>): Promise<Summary> {
  const summary: Summary = {
    ...{ asked: 0, restored: 0, updated: 0, empty: 0, keys: 0, activations: 0, ended: 0, revived: 0 },
    drift: [],
    missing: [],
  };
  const lagging = new Map<string, Answer>();
  const answered = new Set<string>();
  for (const ids of sources) {
    for await (const some of chunks(ids, answered)) {
      summary.asked += some.length;
      for (const answer of await ask(call, some, lagging, summary)) note(answer, answered);
    }
  }
  for (let round = 0; round < ROUNDS && lagging.size > 0; round += 1) {
    await pause();
    for await (const some of chunks([...lagging.keys()])) await ask(call, some, lagging, summary);
  }
  for (const { object, state } of lagging.values()) summary.drift.push({ object, state });
  for await (const finding of pages<Finding>(call, "/recovery/missing", "licenses")) summary.missing.push(finding);
  return summary;
}

/** The licenses that D1 knows of. One that it has lost altogether is not among them: the platform knows its object. */
export async function* licensesOfD1(call: Call): AsyncGenerator<string> {
  yield* pages<string>(call, "/recovery/licenses", "licenseIds");
}

async function* pages<T>(call: Call, path: string, member: string): AsyncGenerator<T> {
  let after: string | null = "";
  while (after !== null) {
    const page = (await call("GET", after === "" ? path : `${path}?after=${after}`)) as Record<string, unknown>;
    yield* page[member] as T[];
    after = page.next as string | null;
  }
}

async function* chunks(ids: Ids, but: ReadonlySet<string> = new Set()): AsyncGenerator<readonly string[]> {
  let some: string[] = [];
  for await (const id of ids) {
    if (but.has(id)) continue;
    some.push(id);
    if (some.length < PER_CALL) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}

async function ask(
  call: Call,
  objects: readonly string[],
  lagging: Map<string, Answer>,
  summary: Summary,
): Promise<readonly Answer[]> {
  const { objects: answers } = (await call("POST", "/recovery/resync", { objects })) as {
    readonly objects: readonly Answer[];
  };
  for (const now of answers) {
    const first = lagging.get(now.object);
    // What D1 lacked, the first call has seen.
    const answer = { ...now, found: first?.found ?? now.found };
    summary.revived += now.revivedLicenseIds.length;
    if (now.state === "behind" || now.state === "unavailable") {
      lagging.set(now.object, answer);
      continue;
    }
    lagging.delete(now.object);
    count(answer, summary);
  }
  return answers;
}

function note({ licenseId, deletedLicenseIds }: Answer, answered: Set<string>): void {
  for (const id of [licenseId, ...deletedLicenseIds]) if (id !== null) answered.add(id);
}

function count({ object, state, found, left }: Answer, summary: Summary): void {
  if (state === "empty") summary.empty += 1;
  else if (state !== "level") summary.drift.push({ object, state });
  if (found === null || left === null || found.fence === left.fence) return;
  if (found.fence === null) summary.restored += 1;
  else summary.updated += 1;
  summary.keys += Math.max(0, left.keys - found.keys);
  summary.activations += Math.max(0, left.activations - found.activations);
  summary.ended += Math.max(0, found.activations - left.activations);
}
