/**
 * The real D1 in the weather that a test makes, for Workers and objects alike: every statement and batch is one call
 * that goes through, fails before or after it was applied, is applied later behind its caller's back, or hangs for a
 * while.
 */

import { env } from "cloudflare:workers";
import { LicenseObject } from "../../src/license/license-object.ts";

/** `slow` goes through, and `silent` fails, both after the two seconds that a change waits for D1 (MGMT-2). */
export type Failure = "before" | "after" | "late" | "slow" | "silent";
/** What becomes of a call with this SQL; null = it goes through. */
export type Forecast = (sql: string) => Failure | null;

/** How long a change waits for D1, and a hand-over for the next; what stands for both here, and for more (ms). */
const PATIENCE = 2000;
const MOMENT = 250;
const SHORT = 10;
const LONGER = 40;

const pause = globalThis.setTimeout;
let forecast: Forecast = () => null;
/** Calls that D1 will apply though their callers were told that they failed. */
const late: (() => Promise<unknown>)[] = [];
/** Until when calls may be under way that hang (epoch ms). */
let hangingUntil = 0;

/** From now on D1 behaves so, and waits are short. */
export function storm(next: Forecast): void {
  forecast = next;
  hasten();
}

/** From now on D1 answers. Waits are short until `clear`. */
export function calm(): void {
  forecast = () => null;
  hasten();
}

function hasten(): void {
  const isLong = (ms = 0) => ms !== PATIENCE && ms > MOMENT;
  globalThis.setTimeout = ((work: () => void, ms?: number, ...more: []) =>
    pause(work, isLong(ms) ? ms : SHORT, ...more)) as typeof setTimeout;
}

/** D1 applies one of the calls that it has kept, the oldest first. False = there is none. */
export async function applyLate(): Promise<boolean> {
  const kept = late.shift();
  try {
    await kept?.();
  } catch (error) {
    // D1 may refuse it by now; nobody hears of it.
    if (!(error instanceof Error) || !error.message.startsWith("D1_")) throw error;
  }
  return kept !== undefined;
}

/** After `calm`: ends when no call is under way, and D1 has nothing left to apply. */
export async function clear(): Promise<void> {
  await until(hangingUntil);
  globalThis.setTimeout = pause;
  while (await applyLate());
}

/** The license object of a deployment whose D1 is unsteady. */
export class UnsteadyLicenseObject extends LicenseObject {
  constructor(ctx: DurableObjectState, bindings: Env) {
    super(ctx, { ...bindings, DB: unsteady(bindings.DB) });
  }
}

export function unsteady(db: D1Database): D1Database {
  return {
    ...session(db),
    withSession: (constraint?: string) => session(db.withSession(constraint)),
  } as unknown as D1Database;
}

function session(db: Pick<D1Database, "prepare" | "batch">) {
  return {
    prepare: (sql: string) => statement(db.prepare(sql), sql),
    batch: (statements: readonly Unsteady[]) =>
      call(statements.map(({ sql }) => sql).join("; "), () => db.batch(statements.map(({ real }) => real))),
  };
}

interface Unsteady {
  readonly real: D1PreparedStatement;
  readonly sql: string;
}

function statement(real: D1PreparedStatement, sql: string): Unsteady {
  const run = (name: "run" | "all" | "first" | "raw") => ({
    [name]: (...given: readonly unknown[]) =>
      call(sql, () => Reflect.apply(real[name], real, given) as Promise<unknown>),
  });
  const bound = { bind: (...values: unknown[]) => statement(real.bind(...values), sql) };
  return { real, sql, ...bound, ...run("run"), ...run("all"), ...run("first"), ...run("raw") };
}

async function call<T>(sql: string, apply: () => Promise<T>): Promise<T> {
  const failure = forecast(sql);
  if (failure === null) return await apply();
  if (failure === "slow" || failure === "silent") await hang();
  if (failure === "slow") return await apply();
  if (failure === "after") await apply();
  if (failure === "late") late.push(apply);
  throw new Error("D1_ERROR: Network connection lost.");
}

/** By calls that are answered, not by a timer: one that was set inside an object was seen not to go off. */
async function hang(): Promise<void> {
  hangingUntil = Date.now() + LONGER;
  await until(hangingUntil);
}

async function until(at: number): Promise<void> {
  while (Date.now() <= at) await env.DB.prepare("SELECT 1").run();
}
