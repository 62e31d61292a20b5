/**
 * How a receiver is doing, and what that allows (HOOK-2). Pure. While it is healthy several deliveries are on their
 * way. After a failure one at a time goes out: at once with another event, as long as a single event is all that has
 * failed, else by the schedule. Once the whole schedule was in vain nothing is sent until somebody asks for it.
 */

import type { StatusReason, WebhookHealth } from "../domain/license/webhook.ts";
import { SCHEDULE, waitAfter } from "./wire/schedule.ts";

/** Instants in epoch ms. Kept as JSON in the object: members are only added. */
export interface Health {
  readonly phase: "healthy" | "failing" | "suspended";
  readonly reason: StatusReason | null;
  /** Since the last success: the first one, and the probes after it. */
  readonly failures: number;
  /** Waits of the schedule that have begun since the last success. */
  readonly step: number;
  /** When the schedule allows the next probe. */
  readonly retryAt: number;
  /** The one event that failed; null = none, or several: then it is the receiver's fault, not an event's. */
  readonly blamed: string | null;
  /** `Retry-After`: nothing is sent before. */
  readonly heldUntil: number;
  readonly lastSuccessAt: number | null;
  /** When that delivery was sent whose answer is the newest word on the receiver: older ones say nothing any more. */
  readonly asOf: number;
  /** How often it began anew: what was sent before that says nothing either. */
  readonly begun: number;
}

export const HEALTHY: Health = {
  phase: "healthy",
  reason: null,
  failures: 0,
  step: 0,
  retryAt: 0,
  blamed: null,
  heldUntil: 0,
  lastSuccessAt: null,
  asOf: 0,
  begun: 0,
};

/** How a delivery was let out: among others, as a probe before the schedule's time, or at it. */
export type Launch = "open" | "early" | "scheduled";

/** What may be sent now. `only`: due events alone, since the one that failed has a schedule of its own. */
export type Allowance =
  | { readonly send: "nothing" }
  | { readonly send: "several" }
  | { readonly send: "one-untried" }
  | { readonly send: "one"; readonly which: "due" | "any" };

/** Answers come in any order; what they say of the receiver is as old as their letters. Epoch ms. */
export interface Answered {
  readonly sentAt: number;
  readonly now: number;
}

export interface Failure extends Answered {
  readonly eventId: string;
  readonly launch: Launch;
  /** In [0, 1). */
  readonly chance: number;
  /** The receiver asked for so much time; null = it did not. */
  readonly heldUntil: number | null;
}

export function allowance(health: Health, now: number): Allowance {
  if (health.phase === "suspended" || now < health.heldUntil) return { send: "nothing" };
  if (health.phase === "healthy") return { send: "several" };
  if (now >= health.retryAt) return { send: "one", which: health.blamed === null ? "any" : "due" };
  return health.blamed === null ? { send: "nothing" } : { send: "one-untried" };
}

/**
 * A success says that the receiver works, whoever failed before. What suspended it stays, and the time that it asked
 * for.
 */
export function passed(health: Health, { sentAt, now }: Answered): Health {
  if (health.phase === "suspended" || sentAt < health.asOf) return { ...health, lastSuccessAt: now };
  const { heldUntil, begun } = health;
  return { ...HEALTHY, heldUntil, begun, lastSuccessAt: now, asOf: sentAt };
}

export function failed(health: Health, failure: Failure): Health {
  if (health.phase === "suspended") return health;
  const held = { ...health, heldUntil: Math.max(health.heldUntil, failure.heldUntil ?? 0) };
  if (failure.sentAt < health.asOf) return held;
  const heard = { ...held, asOf: failure.sentAt };
  if (health.phase === "healthy") {
    return next({ ...heard, phase: "failing", failures: 1, blamed: failure.eventId }, failure);
  }
  // What was on its way when the first one failed says nothing new.
  return failure.launch === "open" ? heard : probed(heard, failure);
}

function probed(health: Health, failure: Failure): Health {
  const blamed = health.blamed === failure.eventId ? health.blamed : null;
  const counted = { ...health, failures: health.failures + 1, blamed };
  return failure.launch === "early" ? counted : next(counted, failure);
}

/** The next wait of the schedule begins, or there is none left. */
function next(health: Health, { now, chance }: Failure): Health {
  const wait = waitAfter(health.step + 1, chance);
  if (wait === null) return suspended(health, "failing");
  return { ...health, step: health.step + 1, retryAt: now + wait };
}

export function suspended(health: Health, reason: StatusReason): Health {
  return { ...health, phase: "suspended", reason };
}

/** Somebody asked to begin again. */
export function resumed({ lastSuccessAt, asOf, begun }: Health): Health {
  return { ...HEALTHY, lastSuccessAt, asOf, begun: begun + 1 };
}

/** HOOK-2, 410: it wants nothing more until somebody enables it. */
export function isGone({ phase, reason }: Health): boolean {
  return phase === "suspended" && reason === "gone";
}

/** True if a failure counts against the event, not against its receiver alone: then it moves aside. */
export function isStrike(before: Health, { eventId, launch, heldUntil }: Failure): boolean {
  return heldUntil === null && (launch === "open" || before.phase === "healthy" || before.blamed === eventId);
}

/** When an event that moved aside is due again; null = its own schedule is used up. `strikes` from 1. */
export function asideUntil(strikes: number, now: number, chance: number): number | null {
  const wait = waitAfter(strikes, chance);
  return wait === null ? null : now + wait;
}

/** Events that may be sent as far as they themselves go. */
export interface Waiting {
  /** There are events in line that were never tried. */
  readonly untried: boolean;
  /** There are events in line, tried or not. */
  readonly inLine: boolean;
  /** When the first of those that moved aside is due; null = there are none. */
  readonly asideAt: number | null;
}

/** When the next delivery may go out, not before `now`; null = none will by itself. */
export function nextAttemptAt(health: Health, waiting: Waiting, now: number): number | null {
  if (health.phase === "suspended") return null;
  const instants = (health.phase === "healthy" ? whenHealthy : whenFailing)(health, waiting);
  return instants.length === 0 ? null : Math.max(now, health.heldUntil, Math.min(...instants));
}

function whenHealthy(_: Health, { inLine, asideAt }: Waiting): readonly number[] {
  return [...(inLine ? [0] : []), ...(asideAt === null ? [] : [asideAt])];
}

function whenFailing({ blamed, retryAt }: Health, { untried, inLine, asideAt }: Waiting): readonly number[] {
  if (blamed === null) return inLine || asideAt !== null ? [retryAt] : [];
  return [
    ...(untried ? [0] : []),
    ...(inLine ? [retryAt] : []),
    ...(asideAt === null ? [] : [Math.max(retryAt, asideAt)]),
  ];
}

/** For the world: one failure may be anybody's, so `unhealthy` begins with the second in a row. */
export function statusOf({ phase, reason, failures }: Health): WebhookHealth {
  if (phase === "suspended") return { status: "suspended", reason };
  return { status: failures > 1 ? "unhealthy" : "healthy", reason: null };
}

/** Failures in a row that suspend a receiver. */
export const MOST_FAILURES = SCHEDULE.length + 1;
