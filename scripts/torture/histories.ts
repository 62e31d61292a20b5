/**
 * Concurrent histories of licenses on the real runtime, kills and duplicates included, each explained by the seat model
 * or not.
 */

import { Random } from "../../test/support/random.ts";
import { Api, text } from "./api.ts";
import { History, type Entry } from "./history.ts";
import { linearize, type Verdict } from "./linearizability.ts";
import { PEOPLE } from "./people.ts";
import type { Prepared } from "./prepare.ts";
import type { Runtime } from "./runtime.ts";
import { SeatClient } from "./seat-client.ts";
import { byEither, seatTerms } from "./seat-draws.ts";
import { Storm } from "./storm.ts";
import { seatModel } from "./seat-model.ts";
import type { SeatCall, SeatOp, SeatTerms } from "./seat-state.ts";

export interface HistoriesReport {
  readonly histories: number;
  readonly calls: number;
  readonly unanswered: number;
  readonly duplicates: number;
  /** Each in words. */
  readonly faults: readonly string[];
}

const CALLS = 100;
const CLIENTS = 5;
/** Histories at once, so that one kill meets several. */
const AT_ONCE = 4;
/** Between two kills. */
const MOST_ANSWERS = 400;
const DEVICES = ["ada", "bob", "cyd", "dan", "eve", "fay"] as const;
const WEIGHTS = {
  ...{ activate: 46, renew: 8, sync: 6, "check-in": 7, "check-out": 11, deactivate: 6 },
  ...{ limit: 5, suspend: 3, revoke: 3, look: 6 },
};
const DUPLICATE_CHANCE = 0.1;
const RESEND_CHANCE = 0.7;
/** The server's clock and this one are the same, each read in whole milliseconds. */
const CLOCK_SLACK_MS = 2;

/** Of people who are signed in, by name. */
type Tokens = ReadonlyMap<string, string>;

/** Writes so many histories down while the runtime is killed, and explains each. */
export async function histories(
  runtime: Runtime,
  { token, productId }: Prepared,
  { seed, count, people }: { readonly seed: number; readonly count: number; readonly people: Tokens },
): Promise<HistoriesReport> {
  const api = new Api(runtime, token);
  const report = { histories: 0, calls: 0, unanswered: 0, duplicates: 0, faults: [] as string[] };
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const number = (next += 1);
      const run = new Run(api, new Random(seed * 10_007 + number), `history ${seed} ${number}`);
      const verdict = await run.verdict(productId, people);
      report.histories += 1;
      report.calls += run.history.length;
      report.unanswered += run.unanswered;
      report.duplicates += run.duplicates;
      if (verdict.kind !== "linearizable") report.faults.push(described(number, run.terms, verdict));
    }
  };
  const storm = new Storm(runtime, new Random(seed), MOST_ANSWERS, () => api.answers);
  await storm.until(Promise.all(Array.from({ length: AT_ONCE }, lane)));
  return { ...report, faults: [...report.faults, ...api.bugs] };
}

/** One history. */
class Run {
  readonly history = new History();
  readonly terms: SeatTerms;
  unanswered = 0;
  duplicates = 0;
  readonly #api: Api;
  readonly #random: Random;
  readonly #key: string;

  constructor(api: Api, random: Random, key: string) {
    this.#api = api;
    this.#random = random;
    this.#key = key;
    const leaseMs = random.chance(0.8) ? 1000 * (1 + random.below(2)) : null;
    this.terms = seatTerms(random, leaseMs, { "per-machine": 5, "per-instance": 2, "per-user": 3 });
  }

  async verdict(productId: string, people: Tokens): Promise<Verdict<SeatOp>> {
    const target = { id: await this.#create(productId), key: this.#key, productId };
    const client = new SeatClient(this.#api, target, people);
    await Promise.all(Array.from({ length: CLIENTS }, () => this.#calls(client)));
    return linearize(seatModel(this.terms), this.history.calls());
  }

  async #create(productId: string): Promise<string> {
    const { limit, leaseMs, overage, leasing } = this.terms;
    const lease =
      leaseMs === null ? { type: "node-locked" } : { type: "hosted-floating", leaseDuration: leaseMs / 1000 };
    // Sent again, it is the same license.
    const counted = { allowedActivations: limit, allowedOverage: overage, leasingStrategy: leasing };
    const body = { productId, key: this.#key, externalReference: this.#key, ...counted, ...lease };
    return text(await this.#api.surely({ method: "POST", path: "/v3/licenses", body }), "id");
  }

  /** One client: a call, then the next; what was not answered mostly goes again. */
  async #calls(client: SeatClient): Promise<void> {
    while (this.history.length < CALLS) {
      const call = this.#call(client.sessions);
      const isDoubled = this.#random.chance(DUPLICATE_CHANCE);
      if (isDoubled) this.duplicates += 1;
      let sent = await Promise.all(Array.from({ length: isDoubled ? 2 : 1 }, () => this.#send(client, call)));
      while (sent.includes("lost") && this.#random.chance(RESEND_CHANCE)) sent = [await this.#send(client, call)];
    }
  }

  async #send(client: SeatClient, call: SeatCall): Promise<"answered" | "lost"> {
    const { runtime } = this.#api;
    await runtime.up();
    const { killedAt } = runtime;
    const entry = this.history.sent(call, Date.now() - CLOCK_SLACK_MS);
    const answer = await client.ask(call);
    this.history.answered(entry, answer, Date.now() + CLOCK_SLACK_MS);
    if (answer !== null) return "answered";
    this.unanswered += 1;
    this.#bound(entry, runtime.killedAt > killedAt);
    return "lost";
  }

  /** Whoever was to answer is dead: it has happened before the kill was over, or never. Else it may happen any time. */
  #bound(entry: Entry, isDead: boolean): void {
    if (isDead) this.history.lost(entry, Date.now() + CLOCK_SLACK_MS);
  }

  #call(sessions: SeatClient["sessions"]): SeatCall {
    const does = this.#random.weighted(WEIGHTS);
    switch (does) {
      case "activate":
        return { does, device: this.#random.pick(DEVICES) ?? "ada", ...this.#as(), ...byEither(this.#random) };
      case "renew":
      case "check-in":
      case "check-out": {
        const known = this.#known(sessions.filter(({ token }) => token !== null));
        return known === undefined ? { does: "look" } : { does, session: known.session };
      }
      case "sync":
      case "deactivate": {
        const known = this.#known(sessions);
        return known === undefined
          ? { does: "look" }
          : { does, session: known.session, device: known.device, byV3: true };
      }
      case "limit":
        return { does, to: 1 + this.#random.below(5) };
      case "suspend":
        return { does, to: this.#random.chance(0.3) };
      case "revoke":
        return { does, to: this.#random.chance(0.4) };
      case "look":
        return { does };
    }
  }

  /** SEAT-2: where people share seats, somebody is signed in. */
  #as(): { readonly person?: string } {
    return this.terms.leasing === "per-user" ? { person: this.#random.pick(PEOPLE) ?? "una" } : {};
  }

  #known(sessions: SeatClient["sessions"]) {
    return this.#random.pick(sessions.slice(this.#random.chance(0.8) ? -6 : 0));
  }
}

function described(number: number, terms: SeatTerms, verdict: Verdict<SeatOp>): string {
  const lines = [`history ${number} is ${verdict.kind}, ${JSON.stringify(terms)}`];
  if (verdict.kind !== "impossible") return lines.join("\n");
  const { order, next } = verdict;
  return [
    ...lines,
    ...order.map((op) => `  ${JSON.stringify(op)}`),
    "none of these can follow:",
    ...next.map((op) => `  ${JSON.stringify(op)}`),
  ].join("\n");
}
