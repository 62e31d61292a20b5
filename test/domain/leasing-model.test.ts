/** Random lives of a license under every way of leasing and matching, against a naive list of seats. */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { LicensePatch, Principal } from "../../src/domain/license/calls.ts";
import { NO_CLAIMS } from "../../src/domain/license/device.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { inUse, isDead } from "../../src/domain/seats/seats.ts";
import type { Settings } from "../../src/domain/terms/settings.ts";
import type { Activation } from "../../src/domain/turn/ledger.ts";
import { CheckingWorld } from "../support/checking-world.ts";
import { LeasingModel, type Told } from "../support/leasing-model.ts";
import { MapLedger } from "../support/map-ledger.ts";
import { move as ownerMove, EMAILS, PEOPLE, type Caller, type Move as OwnerMove } from "../support/owner-moves.ts";
import { license } from "./samples.ts";

type Leasing = Settings["leasingStrategy"];
type Matching = Settings["fingerprintMatchingStrategy"];

type Move =
  | OwnerMove
  | { readonly kind: "strategies"; readonly leasing: Leasing; readonly matching: Matching }
  | { readonly kind: "lock"; readonly userLocked: boolean }
  | { readonly kind: "empty" }
  | {
      readonly kind: "sync" | "deactivate";
      readonly nth: number;
      readonly count: number;
      readonly caller: Caller;
      readonly device: number | null;
    }
  | { readonly kind: "end"; readonly nth: number; readonly count: number; readonly hold: "hold" | "none" };

const leasings = fc.constantFrom<Leasing>("per-machine", "per-instance", "per-user", "per-user");
const matchings = fc.constantFrom<Matching>("exact", "fuzzy", "loose");
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 22, arbitrary: ownerMove },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("strategies" as const), leasing: leasings, matching: matchings }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("lock" as const), userLocked: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("empty" as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom("sync" as const, "sync" as const, "deactivate" as const),
      nth: fc.nat(400),
      count: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 40 })),
      caller: fc.oneof(
        fc.constantFrom<Caller>("anonymous", "anonymous", "own", "manager", "clerk"),
        fc.nat(PEOPLE.length - 1),
      ),
      device: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, fc.nat(130)),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("end" as const),
      nth: fc.nat(400),
      count: fc.integer({ min: 1, max: 60 }),
      hold: fc.constantFrom("hold" as const, "none" as const),
    }),
  },
);

/** Some are texts, the others lists of parts that have a few in common, or none that tells. */
function fingerprintOf(device: number): string {
  if (device % 4 === 0) return `device ${device}`;
  const known = device % 5 === 0 ? "" : device >> 2;
  return `disk=${device >> 1};net=${known};board=${device >> 3};os=linux`;
}

function userHashOf(device: number): string | null {
  return [null, "ada", "bob"][device % 3] ?? null;
}

class Life {
  readonly world: CheckingWorld;
  readonly model: LeasingModel;
  readonly sessions: string[] = [];
  /** Of each session. */
  readonly devices: number[] = [];
  readonly #watched: boolean;

  constructor(limit: number, leasing: Leasing, matching: Matching, userLocked: boolean, watched: boolean) {
    const strategies = {
      allowedActivations: limit,
      leasingStrategy: leasing,
      fingerprintMatchingStrategy: matching,
      userLocked,
    };
    const leased = { type: "hosted-floating", leaseDuration: 900 } as const;
    const sync = { serverSyncInterval: 200, serverSyncGracePeriod: 400 };
    this.world = new CheckingWorld(new MapLedger(license({ ...leased, ...sync, ...strategies })));
    this.model = new LeasingModel({ ...strategies, leaseSeconds: 900, offlineSeconds: 600 });
    this.#watched = watched;
  }

  make(step: Move): void {
    const { world, model } = this;
    if (step.kind === "pass") world.clock += step.seconds * 1000;
    if (step.kind === "empty") world.clock += 1_500_000;
    model.at(world.clock);
    switch (step.kind) {
      case "activate":
        return this.#activate(step);
      case "renew":
      case "look":
      case "check-out":
      case "give-back":
        return this.#onSessions(step);
      case "sync":
      case "deactivate":
        return this.#byKey(step);
      case "end":
        return this.#each(step, (session, id) =>
          this.#agree(world.endActivation(id, step.hold), model.end(session, step.hold)),
        );
      case "strategies": {
        const change = { leasingStrategy: step.leasing, fingerprintMatchingStrategy: step.matching };
        return this.#agree(world.patch(change), model.setStrategies(change));
      }
      case "lock": {
        const { userLocked } = step;
        const plan = { id: `plan ${userLocked}`, template: { userLocked }, pointer: "/licenseTemplateId" };
        return this.#agree(world.patch({ plan }), model.setLock(userLocked));
      }
      case "user": {
        const email = EMAILS[step.user ?? 0] ?? "";
        const user = step.user === null ? null : { id: `user ${step.user}`, email, revision: step.revision };
        model.setUser(user);
        return this.#agree(world.patch({ user }), null);
      }
      case "limit":
        model.terms = { ...model.terms, allowedActivations: step.limit };
        return this.#agree(world.patch({ allowedActivations: step.limit }), null);
      case "flags":
        model.requireAuthentication = step.requireAuthentication;
        model.seats.setRule(step.afterToken, model.now);
        model.reject = step.reject;
        return this.#agree(world.patch(flags(step)), null);
      case "revoke":
        model.revoke();
        return this.#agree(world.patch({ revoked: true }), null);
      case "restore":
        model.revoked = false;
        return this.#agree(world.patch({ revoked: false }), null);
      case "tidy":
        return world.tidy();
      case "evict":
        return world.evict();
      case "email":
      case "pass":
      case "empty":
        return;
    }
  }

  #activate({ first, count, caller: who }: Extract<Move, { kind: "activate" }>): void {
    for (let device = first; device < first + count; device += 1) {
      const userHash = userHashOf(device);
      const principal = this.#principal(who, 0);
      const answer = this.world.activate(fingerprintOf(device), { principal, device: { ...NO_CLAIMS, userHash } });
      const told = this.model.activate(fingerprintOf(device), userHash, this.#principal(who, 0, String));
      if (answer.ok && told === this.sessions.length) {
        this.sessions.push(answer.value.activationId);
        this.devices.push(device);
      }
      this.#agree(answer, told);
    }
  }

  #onSessions(step: Extract<OwnerMove, { nth: number }>): void {
    this.#each(step, (session, id) => {
      const principal = this.#principal(step.caller, session);
      const as = this.#principal(step.caller, session, String);
      if (step.kind === "check-out" || step.kind === "give-back") {
        this.#agree(this.world.checkOut(id, { principal }), this.model.checkOut(session, as));
        return;
      }
      const fingerprint = step.nth % 2 === 0 ? null : fingerprintOf(step.nth % 130);
      this.#agree(this.world.renew(id, { principal, fingerprint }), this.model.renew(session, as, fingerprint));
    });
  }

  /** v3's. `device`: null = the one that it was granted to. */
  #byKey({ kind, nth, count, caller, device: other }: Extract<Move, { kind: "sync" | "deactivate" }>): void {
    this.#each({ nth, count }, (session, id) => {
      const device = other ?? this.devices[session] ?? 0;
      const [fingerprint, userHash] = [fingerprintOf(device), userHashOf(device)];
      const principal = this.#principal(caller, session);
      const as = this.#principal(caller, session, String);
      const said = { device: fingerprint, lockedTo: userHash };
      if (kind === "sync")
        this.#agree(this.world.sync(id, fingerprint, { principal, userHash }), this.model.sync(session, as, said));
      else
        this.#agree(
          this.world.deactivate(id, fingerprint, { principal, userHash }),
          this.model.deactivate(session, as, said),
        );
    });
  }

  #each({ nth, count }: { nth: number; count: number }, act: (session: number, id: string) => void): void {
    const from = this.sessions.length === 0 ? 0 : nth % this.sessions.length;
    for (let session = from; session < Math.min(from + count, this.sessions.length); session += 1)
      act(session, this.sessions[session] ?? "");
  }

  /** Null: a yes that names no session. */
  #agree(answer: Outcome<unknown>, told: Told | null): void {
    if (!answer.ok) return void expect(answer.refusal.code).toBe(told);
    const id: unknown = typeof answer.value === "object" ? Reflect.get(answer.value ?? {}, "activationId") : undefined;
    if (typeof id === "string") expect(this.sessions.indexOf(id)).toBe(told);
    else expect(typeof told).not.toBe("string");
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
    expect([tally.seatsTaken, tally.activationsTaken]).toEqual([seatsOf(rows), rows.filter(isTold).length]);
    expect([tally.ownedSeatsTaken, tally.ownedActivationsTaken]).toEqual([seatsOf(owned), owned.filter(isTold).length]);
    const counted = { seats: this.model.used(), activations: this.model.seats.live(this.model.now) };
    expect(this.world.glimpse(inUse)).toEqual(counted);
    if (this.#watched) expect(this.world.run(inUse)).toEqual(counted);
    for (const holder of new Set(rows.flatMap((row) => row.holder ?? [])))
      expect(rows.filter((row) => row.holder === holder).length).toBeLessThanOrEqual(100);
  }

  /** After enough alarms the rows are the model's seats, and no index knows of any other. */
  settle(): void {
    for (let run = 0; run < 30; run += 1) this.world.tidy();
    const rows = this.world.rows();
    expect(rows).toHaveLength(this.model.seats.all().length);
    for (const { seq } of rows) expect(this.world.maps.indexed()).toContain(seq);
    for (const seq of this.world.maps.indexed()) expect(rows.map((row) => row.seq)).toContain(seq);
  }
}

function seatsOf(rows: readonly Activation[]): number {
  const people = new Set(rows.flatMap(({ holder }) => holder ?? []));
  return rows.filter(({ holder }) => holder === null).length + people.size;
}

function isTold({ released }: Activation): boolean {
  return !released;
}

function flags({ requireAuthentication, afterToken, reject }: Extract<Move, { kind: "flags" }>): LicensePatch {
  const seatRelease = afterToken ? "after-token" : "at-once";
  return { requireAuthentication, seatRelease, duplicateActivation: reject ? "reject" : "resume" };
}

describe("a license's ways of leasing and matching", () => {
  it(
    "CALL-2, SEAT-1, SEAT-2, SEAT-3, SEAT-8, SEAT-10, FP-1, AUTH-6, AUTH-7, CNT-1, STAND-2: mean what a naive list of devices and people means",
    { timeout: 60_000 },
    () => {
      const limits = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 130 }));
      const moves = fc.array(move, { maxLength: 60, size: "max" });
      fc.assert(
        fc.property(
          limits,
          leasings,
          matchings,
          fc.boolean(),
          fc.boolean(),
          moves,
          (limit, leasing, matching, locked, watched, steps) => {
            const life = new Life(limit, leasing, matching, locked, watched);
            for (const step of steps) {
              life.make(step);
              life.check();
            }
            life.model.at(life.world.clock);
            life.settle();
          },
        ),
        { numRuns: 150 },
      );
    },
  );
});
