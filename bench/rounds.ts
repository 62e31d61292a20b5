/**
 * Rounds: in each, every subject gets one short turn after the other, which it shares with its floors slice by slice,
 * so that what disturbs the machine disturbs both. What counts is a subject's rate divided by its floor's in the same
 * turn.
 */

import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Call } from "./load.ts";
import { processorSeconds } from "./processes.ts";
import { percentile, spreadOf } from "./stats.ts";
import type { Server } from "./worker-server.ts";

/** One row of the result: who is called, and how. */
export interface Subject {
  readonly name: string;
  readonly server: Server;
  readonly status: number;
  /** Calls before each turn that are not counted; they wake objects that have gone to sleep. */
  readonly warmUp: number;
  readonly next: () => Call | null;
  /** For calls that use something up, which is made before the turn and not counted. */
  readonly stock?: {
    /** More than the server can use up in a second. */
    readonly perSecond: number;
    fill(calls: number): Promise<void>;
  };
}

export interface Plan {
  readonly rounds: number;
  readonly turnMs: number;
  /** Whether what each call waited is told, too. */
  readonly isTimed?: boolean;
}

/** Of one subject, one value a round. */
export interface Measured {
  readonly name: string;
  readonly perSecond: readonly number[];
  /** What its floors did in slices between its own, by name. */
  readonly beside?: Readonly<Record<string, readonly number[]>>;
  /** Over all rounds. Null where the system does not tell. */
  readonly serverMicroseconds: number | null;
  readonly generatorBusy: number;
  readonly waits?: Waits;
}

/** Milliseconds that a call waited for its answer. */
export interface Waits {
  /** By round. */
  readonly medians: readonly number[];
  /** Of all rounds together. */
  readonly p99: number;
  /** Medians of its floors, in slices between its own, by name. */
  readonly beside?: Readonly<Record<string, readonly number[]>>;
}

/** Of a turn that a subject shares with its floors: A B A B. */
const SLICES = 2;
const QUIET_POLL_MS = 30;
/** A poll in which the server used no more than one tick. */
const QUIET_SECONDS = 0.015;
const QUIET_POLLS = 100;

/** `floors`: each takes part in the turns of every subject, as in its own. */
export async function measure(
  subjects: readonly Subject[],
  plan: Plan,
  floors: readonly Subject[] = [],
): Promise<readonly Measured[]> {
  const all = [...floors, ...subjects].map((subject) => ({
    sharing: subjects.includes(subject) ? [...floors, subject] : [subject],
    turns: [] as Turn[][],
  }));
  for (let round = 0; round < plan.rounds; round += 1) {
    // There and back: what slows down from turn to turn does not always meet the same ones.
    for (const { sharing, turns } of round % 2 === 0 ? all : all.toReversed()) {
      turns.push(await takeTurns(sharing, plan.turnMs));
    }
    process.stderr.write(".");
  }
  process.stderr.write("\n");
  return all.map(({ sharing, turns }) => {
    const told = summary(sharing, turns);
    return plan.isTimed === true ? { ...told, waits: waitsOf(sharing, turns) } : told;
  });
}

interface Turn {
  readonly calls: number;
  readonly seconds: number;
  readonly milliseconds: readonly number[];
  readonly serverSeconds: number | null;
  readonly generatorBusy: number;
}

/** One turn for each of them, in slices that take turns. */
async function takeTurns(sharing: readonly Subject[], turnMs: number): Promise<Turn[]> {
  for (const { server, status, stock, warmUp, next } of sharing) {
    await stock?.fill(Math.ceil((stock.perSecond * turnMs) / 1000));
    if (warmUp > 0) await server.connections.run({ next, status, calls: warmUp });
  }
  const slices = sharing.length === 1 ? 1 : SLICES;
  const taken = sharing.map((): Turn[] => []);
  for (let slice = 0; slice < slices; slice += 1) {
    for (const [index, subject] of sharing.entries()) taken[index]?.push(await takeSlice(subject, turnMs / slices));
  }
  return taken.map(sum);
}

async function takeSlice({ name, server, status, next }: Subject, forMs: number): Promise<Turn> {
  await quiet(server);
  const before = processorSeconds(server.pids);
  const idle = performance.eventLoopUtilization();
  const { calls, seconds, milliseconds } = await server.connections.run({ next, status, forMs });
  const generatorBusy = performance.eventLoopUtilization(idle).utilization;
  const after = processorSeconds(server.pids);
  if (calls === 0) throw new Error(`${name}: no call was made`);
  // The next one is not to run beside what this one has left to do.
  await quiet(server);
  const serverSeconds = before === null || after === null ? null : after - before;
  return { calls, seconds, milliseconds, serverSeconds, generatorBusy };
}

function sum(turns: readonly Turn[]): Turn {
  const isKnown = turns.every((turn) => turn.serverSeconds !== null);
  return {
    calls: turns.reduce((all, turn) => all + turn.calls, 0),
    seconds: turns.reduce((all, turn) => all + turn.seconds, 0),
    milliseconds: turns.flatMap((turn) => turn.milliseconds),
    serverSeconds: isKnown ? turns.reduce((all, turn) => all + (turn.serverSeconds ?? 0), 0) : null,
    generatorBusy: Math.max(...turns.map((turn) => turn.generatorBusy)),
  };
}

/** Work goes on after a call is answered (the relay to D1): the next turn is not to pay for it. */
async function quiet({ pids }: Server): Promise<void> {
  for (let polls = 0; polls < QUIET_POLLS; polls += 1) {
    const before = processorSeconds(pids) ?? 0;
    await sleep(QUIET_POLL_MS);
    if ((processorSeconds(pids) ?? 0) - before < QUIET_SECONDS) return;
  }
}

/** `rounds`: in each, one turn of each of them; the last one is whose turn it was. */
function summary(sharing: readonly Subject[], rounds: readonly (readonly Turn[])[]): Measured {
  const rates = (at: number) => rounds.map((turns) => (turns[at]?.calls ?? 0) / (turns[at]?.seconds ?? Number.NaN));
  const own = sharing.length - 1;
  const { calls, serverSeconds, generatorBusy } = sum(rounds.flatMap((turns) => turns[own] ?? []));
  const floors = sharing.slice(0, own).map(({ name }, at) => [name, rates(at)] as const);
  return {
    name: sharing[own]?.name ?? "",
    perSecond: rates(own),
    ...(floors.length === 0 ? {} : { beside: Object.fromEntries(floors) }),
    serverMicroseconds: serverSeconds === null ? null : (serverSeconds / calls) * 1_000_000,
    generatorBusy,
  };
}

function waitsOf(sharing: readonly Subject[], rounds: readonly (readonly Turn[])[]): Waits {
  const medians = (at: number) => rounds.map((turns) => spreadOf(turns[at]?.milliseconds ?? []).median);
  const own = sharing.length - 1;
  const all = rounds.flatMap((turns) => turns[own]?.milliseconds ?? []);
  const floors = sharing.slice(0, own).map(({ name }, at) => [name, medians(at)] as const);
  return {
    medians: medians(own),
    p99: percentile(all, 99),
    ...(floors.length === 0 ? {} : { beside: Object.fromEntries(floors) }),
  };
}
