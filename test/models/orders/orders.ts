/**
 * Short lives of one license, step by step: changes of its key and its user, its deletion, and sales of the keys that
 * it leaves, with D1 failing, or an object's instance dying, at any place. A life is told by its choices alone.
 */

import { linearize, type Call } from "../../../scripts/torture/linearizability.ts";
import { ModelD1, settle, type D1Call } from "../lives/d1.ts";
import { Violation } from "../lives/oracle.ts";
import { settled } from "./order-check.ts";
import {
  BIRTH_KEY,
  LICENSE,
  OPERATIONS,
  stock,
  type License,
  type OperationName,
  type Step,
} from "./order-operations.ts";
import { Random } from "../../support/random.ts";
import { HAPPENINGS } from "../lives/weather.ts";
import { WORKER, World } from "../lives/world.ts";

/**
 * What may become of a call to D1. `soon`: applied behind the next one, `late`: behind all, though it is said to have
 * failed.
 */
const ANSWERS = ["well", "before", "after", "soon", "late"] as const;
/** The instance that called dies: its call is lost, or arrives behind all others. */
const DEATHS = ["lost", "left"] as const;
/** The next operation begins before the call is answered. */
const BEGIN = "begin";

export interface Life {
  readonly operations: readonly OperationName[];
  readonly isBorn: boolean;
  /** At each point the way that is taken; 0, and beyond the last one: nothing fails, one operation after the other. */
  readonly choices: readonly number[];
}

export interface Lived {
  /** How many ways each point had. */
  readonly points: readonly number[];
  readonly trace: readonly string[];
  /** Null = no rule was broken. */
  readonly broken: string | null;
}

/** A database serves many lives, one after the other. */
const shared = new ModelD1();
const EMPTY = shared.snapshot();

export async function lived(life: Life): Promise<Lived> {
  shared.setBack(EMPTY);
  shared.pending.splice(0);
  const run = new Run(life);
  try {
    await run.begin();
    await run.live();
    await run.end();
    return { points: run.points, trace: run.trace, broken: null };
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return { points: run.points, trace: run.trace, broken: error.message };
  } finally {
    for (const object of run.world.objects.values()) object.close();
  }
}

class Run {
  readonly points: number[] = [];
  readonly trace: string[] = [];
  readonly world: World;
  readonly #life: Life;
  readonly #history: Call<Step>[] = [];
  #soon: readonly D1Call[] = [];
  #late: readonly D1Call[] = [];
  #clock = 0;

  constructor(life: Life) {
    this.#life = life;
    shared.setBack(EMPTY);
    this.world = new World(new Random(1), undefined, HAPPENINGS, shared);
  }

  async begin(): Promise<void> {
    stock(this.world);
    if (!this.#life.isBorn) return;
    void this.world.watch(this.world.keeperOf(LICENSE).bear(LICENSE));
    await this.world.calm();
  }

  async live(): Promise<void> {
    for (;;) {
      await idle();
      const [call] = this.world.d1.pending;
      const next = this.#life.operations[this.#history.length];
      if (call !== undefined) this.#goOn(call, next);
      else if (next === undefined) return;
      else this.#start(next);
    }
  }

  /** Whatever failed: when all is quiet, the license is as answers said, and its key opens it. */
  async end(): Promise<void> {
    this.#apply([...this.#soon, ...this.#late]);
    const left = await settled(this.world, LICENSE);
    const at = this.#clock + 1;
    const isLeft: Step = (state) => (textOf(state) === textOf(left) ? [state] : []);
    const history = [...this.#history, { op: isLeft, sent: at, answered: at + 1 }];
    const initial: License = { key: BIRTH_KEY, userId: null };
    const verdict = linearize<License, Step>({ initial, step: (state, op) => op(state), key: textOf }, history);
    if (verdict.kind !== "linearizable") throw new Violation(`no order of the answers leads to ${textOf(left)}`);
  }

  #goOn(call: D1Call, next: OperationName | undefined): void {
    const ways = [...ANSWERS, ...(call.owner === WORKER ? [] : DEATHS), ...(next === undefined ? [] : [BEGIN])];
    const way = ways[(this.#life.choices[this.points.length] ?? 0) % ways.length];
    this.points.push(ways.length);
    this.trace.push(`${way}: ${call.what.replaceAll(/\s+/g, " ").slice(0, 80)}`);
    if (way === BEGIN && next !== undefined) return this.#start(next);
    this.world.d1.pending.splice(this.world.d1.pending.indexOf(call), 1);
    const behind = this.#soon;
    this.#soon = way === "soon" ? [call] : [];
    if (way === "late" || way === "left") this.#late = [...this.#late, call];
    if (way === "well") settle(call);
    else if (way === "after") this.#apply([call]);
    if (way === "lost" || way === "left") this.#die(call.owner);
    else if (way !== "well") call.reject(new Error("Network connection lost."));
    this.#apply(behind);
  }

  #die(owner: object): void {
    for (const object of this.world.objects.values()) if (object.owner === owner) object.crash(this.world.now);
  }

  #apply(calls: readonly D1Call[]): void {
    for (const call of calls) {
      try {
        call.apply();
      } catch {
        // Its caller is long gone.
      }
    }
  }

  #start(name: OperationName): void {
    this.trace.push(name);
    const { call, done } = OPERATIONS[name];
    const sent = this.#tick();
    const place = this.#history.push({ op: done, sent, answered: null }) - 1;
    const run = async () => {
      const { outcome, step } = await call(this.world);
      this.trace.push(`${name} is answered: ${JSON.stringify(outcome)?.slice(0, 60)}`);
      if (outcome !== null) this.#history[place] = { op: step, sent, answered: this.#tick() };
    };
    void this.world.watch(run());
  }

  #tick(): number {
    this.#clock += 1;
    return this.#clock;
  }
}

function textOf(state: License): string {
  return state === null ? "none" : `${state.key} for ${state.userId ?? "nobody"}`;
}

async function idle(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}
