/** How much of everything a webhook's object holds and does at a time (HOOK-2, HOOK-4, LIM-2). */

export interface Limits {
  /** Deliveries on their way at a time: what the platform lets wait for headers at once. */
  readonly lanes: number;
  /** Of these, at most so many for events that moved aside. */
  readonly asideLanes: number;
  /** A whole exchange, from the connection to the end of the body (ms). */
  readonly exchangeMs: number;
  readonly waitingEvents: number;
  readonly waitingBytes: number;
  readonly attempts: number;
  /** Events that one step of a replay makes due, or reads from D1's log. */
  readonly replayStep: number;
  /** One run of the alarm goes on delivering for so long (ms); then another one is armed. */
  readonly alarmMs: number;
}

export const LIMITS: Limits = {
  lanes: 6,
  asideLanes: 2,
  exchangeMs: 15_000,
  waitingEvents: 500_000,
  waitingBytes: 1_000_000_000,
  attempts: 10_000,
  replayStep: 500,
  alarmMs: 20_000,
};
