/**
 * One license, a few clients, a network that loses, delays and doubles, an object that crashes and a D1 that fails: the
 * concurrent history of what was called and answered.
 */

import { type Entry, History } from "../../../scripts/torture/history.ts";
import type { Call } from "../../../scripts/torture/linearizability.ts";
import { byEither, seatTerms } from "../../../scripts/torture/seat-draws.ts";
import type { SeatAnswer, SeatCall, SeatOp, SeatTerms } from "../../../scripts/torture/seat-state.ts";
import type { Random } from "../../support/random.ts";
import { idle, SeatLicense, take } from "./seat-license.ts";

const CLIENTS = 5;
const DEVICES = ["ada", "bob", "cyd", "dan", "eve", "fay"] as const;
const PEOPLE = ["una", "vic", "wes"] as const;
const CALLS = {
  ...{ activate: 46, renew: 8, sync: 6, "check-in": 7, "check-out": 11, deactivate: 6 },
  ...{ limit: 5, suspend: 3, revoke: 3, look: 6 },
};
const HAPPENINGS = { send: 34, deliver: 34, respond: 34, d1: 30, ring: 3, leap: 4, crash: 1.5 };
/**
 * Activations that share a lower bound of lease ends: every other history goes from one such block to the next
 * (SEAT-6).
 */
const BLOCK = 64;

interface Client {
  busy: boolean;
}

/** A call on its way. Client null: a copy that the network made, whose answer nobody waits for. */
interface Request {
  readonly entry: Entry;
  readonly client: Client | null;
}

/** An answer on its way back. */
interface Response extends Request {
  readonly answer: SeatAnswer | null;
}

export class SeatWorld {
  readonly terms: SeatTerms;
  crashes = 0;
  readonly #random: Random;
  readonly #license: SeatLicense;
  readonly #clients: readonly Client[] = Array.from({ length: CLIENTS }, () => ({ busy: false }));
  readonly #history = new History();
  readonly #requests: Request[] = [];
  /** Delivered, and the object has not answered: it waits for D1. */
  readonly #inside: Request[] = [];
  readonly #responses: Response[] = [];
  /** Sessions that clients know, and their devices. */
  readonly #sessions: { readonly session: string; readonly device: string }[] = [];

  constructor(random: Random) {
    this.#random = random;
    const leaseMs = random.chance(0.8) ? 1000 * (2 + random.below(8)) : null;
    this.terms = seatTerms(random, leaseMs, { "per-machine": 5, "per-instance": 2, "per-user": 3 });
    this.#license = new SeatLicense(this.terms);
  }

  /** A history of at least so many calls. Rejects if the product throws. */
  async history(calls: number): Promise<readonly Call<SeatOp>[]> {
    await this.#license.giveBirths(this.#random.chance(0.5) ? BLOCK - 1 - this.#random.below(12) : 1, this.#as());
    while (this.#history.length < calls) {
      this.#license.now += this.#random.below(120);
      await this.#happen(this.#random.weighted(HAPPENINGS));
    }
    while (this.#requests.length + this.#inside.length + this.#responses.length > 0) {
      await this.#happen(this.#random.weighted({ deliver: 1, respond: 1, d1: 2 }));
    }
    return this.#history.calls();
  }

  close(): void {
    this.#license.close();
  }

  async #happen(what: keyof typeof HAPPENINGS): Promise<void> {
    switch (what) {
      case "send":
        this.#send(this.#clients.find(({ busy }) => !busy) ?? null);
        break;
      case "deliver":
        this.#deliver(take(this.#requests, this.#random));
        break;
      case "respond":
        this.#respond(take(this.#responses, this.#random));
        break;
      case "d1":
        this.#license.answerD1(this.#random);
        break;
      case "ring":
        this.#license.ring();
        break;
      case "leap":
        this.#license.now += this.#random.below(5000);
        break;
      case "crash":
        this.#crash();
        break;
    }
    await idle();
    if (this.#license.broken !== null) throw this.#license.broken;
  }

  /** A client that is free calls; sometimes the network delivers the call twice. */
  #send(client: Client | null): void {
    if (client === null) return;
    const call = this.#call();
    client.busy = true;
    this.#requests.push({ entry: this.#sent(call), client });
    if (this.#random.chance(0.1)) this.#requests.push({ entry: this.#sent(call), client: null });
  }

  #sent(call: SeatCall): Entry {
    return this.#history.sent(call, this.#license.now);
  }

  #call(): SeatCall {
    const does = this.#random.weighted(CALLS);
    switch (does) {
      case "activate":
        return { does, device: this.#random.pick(DEVICES) ?? "ada", ...this.#as(), ...byEither(this.#random) };
      case "renew":
      case "check-in":
      case "check-out": {
        const known = this.#known();
        return known === undefined ? { does: "look" } : { does, session: known.session };
      }
      case "sync":
      case "deactivate": {
        const known = this.#known();
        return known === undefined ? { does: "look" } : { does, ...known, byV3: true };
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

  #as(): { readonly person?: string } {
    return this.terms.leasing === "per-user" ? { person: this.#random.pick(PEOPLE) ?? "una" } : {};
  }

  /** The youngest are those that may live. */
  #known() {
    return this.#random.pick(this.#sessions.slice(this.#random.chance(0.8) ? -6 : 0));
  }

  #deliver(request: Request | undefined): void {
    if (request === undefined) return;
    const { instance } = this.#license;
    this.#inside.push(request);
    const arrive = async () => {
      const answer = await this.#license.ask(request.entry.call);
      if (instance !== this.#license.instance) return;
      this.#inside.splice(this.#inside.indexOf(request), 1);
      this.#responses.push({ ...request, answer });
    };
    arrive().catch((error: unknown) => {
      this.#license.broken ??= error;
    });
  }

  #respond(response: Response | undefined): void {
    if (response === undefined) return;
    const { entry, client, answer } = response;
    this.#history.answered(entry, answer, this.#license.now);
    if (answer?.says === "granted" && entry.call.does === "activate") this.#learn(answer.session, entry.call.device);
    if (client !== null) client.busy = false;
  }

  #learn(session: string, device: string): void {
    if (!this.#sessions.some((known) => known.session === session)) this.#sessions.push({ session, device });
  }

  /** Whoever waited, or was answered and has not heard of it, never hears; most send the same once more. */
  #crash(): void {
    this.crashes += 1;
    this.#license.crash();
    for (const { entry, client } of [...this.#inside.splice(0), ...this.#responses.splice(0)]) {
      this.#history.lost(entry, this.#license.now);
      if (client === null) continue;
      client.busy = this.#random.chance(0.7);
      if (client.busy) this.#requests.push({ entry: this.#sent(entry.call), client });
    }
  }
}
