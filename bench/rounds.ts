/**
 * Rounds: in each, every subject gets one short turn after the other, so that what disturbs the machine disturbs all of
 * them. What counts is a subject's rate divided by its floor's in the same round.
 */

import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Call } from "./load.ts";
import { processorSeconds } from "./processes.ts";
import type { Server } from "./worker-server.ts";

/** One row of the result: who is called, and how. */
export interface Subject {
  readonly name: string;
  readonly server: Server;
  readonly status: number;
  /** Calls before each turn that are not counted; they wake objects that have gone to sleep. */
  readonly warmUp: number;
  next(): Call | null;
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
}

/** Of one subject, one value a round. */
export interface Measured {
  readonly name: string;
  readonly perSecond: readonly number[];
  /** Over all rounds. Null where the system does not tell. */
  readonly serverMicroseconds: number | null;
  readonly generatorBusy: number;
}

const QUIET_POLL_MS = 30;
/** A poll in which the server used no more than one tick. */
const QUIET_SECONDS = 0.015;
const QUIET_POLLS = 100;

export async function measure(subjects: readonly Subject[], plan: Plan): Promise<readonly Measured[]> {
  const turns = subjects.map((subject) => ({ subject, taken: [] as Turn[] }));
  for (let round = 0; round < plan.rounds; round += 1) {
    // There and back: what slows down from turn to turn does not always meet the same ones.
    for (const { subject, taken } of round % 2 === 0 ? turns : turns.toReversed()) {
      taken.push(await takeTurn(subject, plan.turnMs));
    }
    process.stderr.write(".");
  }
  process.stderr.write("\n");
  return turns.map(({ subject, taken }) => summary(subject.name, taken));
}

interface Turn {
  readonly calls: number;
  readonly seconds: number;
  readonly serverSeconds: number | null;
  readonly generatorBusy: number;
}

async function takeTurn(subject: Subject, turnMs: number): Promise<Turn> {
  const { server, status, stock } = subject;
  const next = () => subject.next();
  await stock?.fill(Math.ceil((stock.perSecond * turnMs) / 1000));
  if (subject.warmUp > 0) await server.connections.run({ next, status, calls: subject.warmUp });
  await quiet(server);
  const before = processorSeconds(server.pids);
  const idle = performance.eventLoopUtilization();
  const { calls, seconds } = await server.connections.run({ next, status, forMs: turnMs });
  const generatorBusy = performance.eventLoopUtilization(idle).utilization;
  const after = processorSeconds(server.pids);
  if (calls === 0) throw new Error(`${subject.name}: no call was made`);
  const serverSeconds = before === null || after === null ? null : after - before;
  return { calls, seconds, serverSeconds, generatorBusy };
}

/** Work goes on after a call is answered (the relay to D1): the next turn is not to pay for it. */
async function quiet({ pids }: Server): Promise<void> {
  for (let polls = 0; polls < QUIET_POLLS; polls += 1) {
    const before = processorSeconds(pids) ?? 0;
    await sleep(QUIET_POLL_MS);
    if ((processorSeconds(pids) ?? 0) - before < QUIET_SECONDS) return;
  }
}

function summary(name: string, turns: readonly Turn[]): Measured {
  const calls = turns.reduce((sum, turn) => sum + turn.calls, 0);
  const isKnown = turns.every((turn) => turn.serverSeconds !== null);
  const serverSeconds = turns.reduce((sum, turn) => sum + (turn.serverSeconds ?? 0), 0);
  return {
    name,
    perSecond: turns.map((turn) => turn.calls / turn.seconds),
    serverMicroseconds: isKnown ? (serverSeconds / calls) * 1_000_000 : null,
    generatorBusy: Math.max(...turns.map((turn) => turn.generatorBusy)),
  };
}
