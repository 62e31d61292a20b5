/** Random lives of a license among people, devices and vendors against a naive list of seats with owners. */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { LicensePatch, Principal } from "../../src/domain/license/calls.ts";
import type { NewLicense } from "../../src/domain/license/creation.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { inUse, isDead } from "../../src/domain/seats/seats.ts";
import { OwnerModel, type ModelAnswer } from "../support/owner-model.ts";
import { EMAILS, move, PEOPLE, type Caller, type Move } from "../support/owner-moves.ts";
import { CheckingWorld } from "../support/checking-world.ts";
import { MapLedger } from "../support/map-ledger.ts";
import { license } from "./samples.ts";
import type { MapWorld } from "./worlds.ts";

const TERMS: Partial<NewLicense> = {
  type: "hosted-floating",
  leaseDuration: 900,
  serverSyncInterval: 200,
  serverSyncGracePeriod: 400,
};

class Life {
  readonly world: MapWorld;
  readonly model: OwnerModel;
  readonly sessions: string[] = [];
  /** Whether something counts after every move, so that counts are remembered between moves. */
  readonly #watched: boolean;

  constructor(limit: number, watched: boolean) {
    this.#watched = watched;
    this.world = new CheckingWorld(new MapLedger(license({ ...TERMS, allowedActivations: limit })));
    this.model = new OwnerModel(limit);
  }

  make(step: Move): void {
    const { world, model } = this;
    if (step.kind === "pass") world.clock += step.seconds * 1000;
    model.seats.at(world.clock);
    switch (step.kind) {
      case "activate":
        return this.#activate(step);
      case "renew":
      case "look":
      case "check-out":
      case "give-back":
        return this.#onSessions(step);
      case "user": {
        const email = EMAILS[step.user ?? 0] ?? "";
        const user = step.user === null ? null : { id: `user ${step.user}`, email, revision: step.revision };
        model.setUser(user);
        expect(world.patch({ user }).ok).toBe(true);
        return;
      }
      case "email": {
        const email = EMAILS[step.email] ?? "";
        model.setEmail(`user ${step.user}`, email, step.revision);
        expect(world.setUserEmail({ userId: `user ${step.user}`, email, revision: step.revision }).ok).toBe(true);
        return;
      }
      case "limit":
        model.seats.limit = step.limit;
        expect(world.patch({ allowedActivations: step.limit }).ok).toBe(true);
        return;
      case "flags":
        model.requireAuthentication = step.requireAuthentication;
        model.seats.setRule(step.afterToken);
        model.reject = step.reject;
        expect(world.patch(flags(step)).ok).toBe(true);
        return;
      case "revoke":
        model.seats.revoke();
        world.patch({ revoked: true });
        return;
      case "restore":
        model.seats.revoked = false;
        world.patch({ revoked: false });
        return;
      case "tidy":
        world.tidy();
        return;
      case "evict":
        world.evict();
        return;
      case "pass":
        return;
    }
  }

  #activate({ first, count, caller: who }: Extract<Move, { kind: "activate" }>): void {
    for (let index = 0; index < count; index += 1) {
      const device = `device ${first + index}`;
      const { seats } = this.model;
      const before = seats.counts().seats;
      const full = before >= seats.limit && seats.limit > 0;
      const answer = this.world.activate(device, { principal: this.#principal(who, 0) });
      const told = this.model.activate(device, this.#principal(who, 0, String));
      if (answer.ok && told === this.sessions.length) this.sessions.push(answer.value.activationId);
      this.#agree(answer, told);
      // SEAT-1: on a full license nothing that anybody does takes one more seat.
      if (full) expect(this.world.glimpse(inUse).seats).toBeLessThanOrEqual(before);
    }
  }

  #onSessions({ kind, nth, count, caller: who }: Extract<Move, { nth: number }>): void {
    const from = this.sessions.length === 0 ? 0 : nth % this.sessions.length;
    for (let session = from; session < Math.min(from + count, this.sessions.length); session += 1) {
      const principal = this.#principal(who, session);
      const id = this.sessions[session] ?? "";
      const as = this.#principal(who, session, String);
      if (kind === "renew") this.#agree(this.world.renew(id, { principal }), this.model.renew(session, as));
      else if (kind === "look") this.#agree(this.world.look(id, { principal }), this.model.look(session, as));
      else if (kind === "give-back")
        this.#agree(this.world.giveBack(id, { principal }), this.model.giveBack(session, as));
      else this.#agree(this.world.checkOut(id, { principal }), this.model.checkOut(session, as));
    }
  }

  #agree(answer: Outcome<{ readonly activationId: string }>, told: ModelAnswer): void {
    const said = answer.ok ? this.sessions.indexOf(answer.value.activationId) : answer.refusal.code;
    expect(said).toBe(told);
  }

  #principal(who: Caller, session: number, named = (nth: number) => this.sessions[nth] ?? "nobody's"): Principal {
    if (who === "anonymous") return { kind: "anonymous" };
    if (who === "own") return { kind: "license-token", activationId: named(session) };
    if (who === "other-token") return { kind: "license-token", activationId: named(session + 1) };
    const person = typeof who === "number" ? PEOPLE[who] : undefined;
    return person ?? { kind: "management", tokenId: "t", mayWriteActivations: who === "manager" };
  }

  /** The counters are what a recount of the rows gives, and by the clock what the model counts. */
  check(): void {
    const { tally, rows } = this.world.glimpse((turn) => ({
      tally: turn.tally,
      rows: this.world.rows().filter((row) => !isDead(turn, row)),
    }));
    const owned = rows.filter(({ owner }) => owner !== null);
    expect([tally.seatsTaken, tally.activationsTaken]).toEqual([rows.length, rows.filter(live).length]);
    expect([tally.ownedSeatsTaken, tally.ownedActivationsTaken]).toEqual([owned.length, owned.filter(live).length]);
    const counted = this.model.seats.counts();
    expect(this.world.glimpse(inUse)).toEqual(counted);
    if (this.#watched) expect(this.world.run(inUse)).toEqual(counted);
  }

  /** After enough alarms the rows are the model's seats, and each session that ended was told of once. */
  settle(): void {
    for (let run = 0; run < 30; run += 1) this.world.tidy();
    const { seats } = this.model;
    const owned = ({ owner }: { readonly owner: unknown }) => owner !== null;
    expect(this.world.rows()).toHaveLength(seats.counts().seats);
    expect(this.world.rows().filter(owned)).toHaveLength(seats.counts(owned).seats);
    const ends = this.#told(["activation.deleted", "activation.lease-expired"]);
    expect(ends).toEqual(this.sessions.filter((_, session) => this.model.seats.live(session) === undefined).toSorted());
    expect(this.#told(["activation.updated"])).toHaveLength(this.model.takeOvers);
  }

  #told(types: readonly string[]): string[] {
    const events = this.world.events().filter(({ type }) => types.includes(type));
    return events.map(({ body }) => (JSON.parse(body) as { data: { id: string } }).data.id).toSorted();
  }
}

function flags({ requireAuthentication, afterToken, reject }: Extract<Move, { kind: "flags" }>): LicensePatch {
  const seatRelease = afterToken ? "after-token" : "at-once";
  return { requireAuthentication, seatRelease, duplicateActivation: reject ? "reject" : "resume" };
}

function live({ released }: { readonly released: boolean }): boolean {
  return !released;
}

describe("a license's owners", () => {
  it(
    "CALL-2, AUTH-2, AUTH-3, AUTH-4, AUTH-5, AUTH-6, AUTH-8, SEAT-1, SEAT-3, SEAT-10, SNAP-1, CNT-1: mean what a naive list of owners means",
    { timeout: 60_000 },
    () => {
      const limits = fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 130 }));
      fc.assert(
        fc.property(limits, fc.boolean(), fc.array(move, { maxLength: 60, size: "max" }), (limit, watched, moves) => {
          const life = new Life(limit, watched);
          for (const step of moves) {
            life.make(step);
            life.check();
          }
          life.model.seats.at(life.world.clock);
          life.settle();
        }),
        { numRuns: 400 },
      );
    },
  );
});
