/** Random lives of meter attributes against a naive list of activations with their uses (METER-1). */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { UsesWish } from "../../src/domain/license/device.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { MapLedger } from "../support/map-ledger.ts";
import { ANONYMOUS, licenseUser, person } from "../support/world.ts";
import { license, PRODUCT } from "./samples.ts";
import { MapWorld } from "./worlds.ts";

const LEASE = 900;
const V3 = { admitsEnded: true, productId: PRODUCT } as const;
const ADA = person("ada");
/** Of 64 activations and more nobody is left over: a block of leases begins. */
const LIMITS = { pages: 120, tabs: 90 } as const;

type Name = keyof typeof LIMITS;
const NAMES = ["pages", "tabs"] as const;

const METERS = NAMES.map((name) => ({
  ...{ id: name, name, allowedUses: LIMITS[name], floating: name === "tabs", viewPermissions: [] },
}));

type Move =
  | ({ readonly kind: "activate"; readonly first: number; readonly count: number; readonly isAda: boolean } & Wanted)
  | ({ readonly kind: "sync" | "count"; readonly nth: number; readonly isAda: boolean } & Wanted)
  | { readonly kind: "check-out" | "delete"; readonly nth: number; readonly count: number }
  | { readonly kind: "reset"; readonly name: Name }
  | { readonly kind: "user"; readonly isAda: boolean }
  | { readonly kind: "release"; readonly afterToken: boolean }
  | { readonly kind: "revoke" | "tidy" | "evict" | "delete all" }
  | { readonly kind: "pass"; readonly seconds: number };

interface Wanted {
  readonly name: Name;
  readonly increment: number;
}

const few = fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 70 }));
const wanted = {
  name: fc.constantFrom(...NAMES),
  increment: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: -2, max: 4 }) }, fc.integer({ min: -130, max: 130 })),
};
const isAda = fc.boolean();
const nth = fc.nat(300);

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("activate" as const), first: fc.nat(9), count: few, isAda, ...wanted }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constantFrom("sync" as const, "count" as const), nth, isAda, ...wanted }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("check-out" as const, "delete" as const), nth, count: few }),
  },
  fc.record({ kind: fc.constant("reset" as const), name: fc.constantFrom(...NAMES) }),
  fc.record({ kind: fc.constant("user" as const), isAda }),
  fc.record({ kind: fc.constant("release" as const), afterToken: fc.boolean() }),
  fc.record({ kind: fc.constantFrom("revoke" as const, "tidy" as const, "evict" as const, "delete all" as const) }),
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("pass" as const), seconds: fc.nat(LEASE + 60) }) },
);

interface Naive {
  readonly id: string;
  readonly device: string;
  isOwned: boolean;
  end: number;
  readonly uses: Record<Name, number>;
}

class Life {
  readonly world = new MapWorld(
    new MapLedger(
      license({
        ...{ type: "hosted-floating", leaseDuration: LEASE, allowedActivations: 0, meterAttributes: METERS },
        ...{ serverSyncInterval: 200, serverSyncGracePeriod: 400 },
      }),
    ),
  );
  readonly #ids: string[] = [];
  #live: Naive[] = [];
  /** What does not come back. */
  #pages = 0;
  readonly #gross: Record<Name, number> = { pages: 0, tabs: 0 };
  #isAdas = false;

  make(step: Move): void {
    const { world } = this;
    if (step.kind === "pass") world.clock += step.seconds * 1000;
    this.#live = this.#live.filter(({ end }) => end > world.clock);
    switch (step.kind) {
      case "activate":
        for (let at = 0; at < step.count; at += 1) this.#activate(`device ${step.first + at}`, step);
        return;
      case "sync":
      case "count":
        return this.#onOne(step);
      case "check-out":
      case "delete":
        for (let at = 0; at < step.count; at += 1) this.#end(step.kind, step.nth + at);
        return;
      case "delete all":
        while (world.endActivations({}).next !== null);
        this.#live = [];
        return;
      case "reset":
        expect(world.resetUses(step.name).ok).toBe(true);
        for (const { uses } of this.#live) uses[step.name] = 0;
        if (step.name === "pages") this.#pages = 0;
        return;
      case "user":
        expect(world.patch({ user: step.isAda ? licenseUser("ada") : null }).ok).toBe(true);
        if (step.isAda !== this.#isAdas) this.#live = this.#live.filter(({ isOwned }) => !isOwned);
        this.#isAdas = step.isAda;
        return;
      case "release":
        world.patch({ seatRelease: step.afterToken ? "after-token" : "at-once" });
        return;
      case "revoke":
        world.patch({ revoked: true });
        world.patch({ revoked: false });
        this.#live = [];
        return;
      case "tidy":
        return world.tidy();
      case "evict":
        return world.evict();
      case "pass":
        return;
    }
  }

  #activate(device: string, { isAda: byAda, name, increment }: Wanted & { readonly isAda: boolean }): void {
    const principal = byAda ? ADA : ANONYMOUS;
    const known = this.#live.find((naive) => naive.device === device);
    const answer = this.world.activate(device, { ...V3, principal, uses: [{ name, increment }] });
    if (known?.isOwned === true && !byAda) return this.#refused(answer, "not-session-owner");
    if (!this.#hasRoom(name, increment)) return this.#refused(answer, "uses-exhausted");
    if (!answer.ok) throw new Error(answer.refusal.code);
    const { activationId: id } = answer.value;
    const naive = known ?? { id, device, isOwned: byAda, end: 0, uses: { pages: 0, tabs: 0 } };
    expect(id).toBe(naive.id);
    naive.isOwned ||= byAda;
    naive.end = this.world.clock + LEASE * 1000;
    if (known === undefined) {
      this.#live.push(naive);
      this.#ids.push(id);
    }
    this.#count(naive, { name, increment });
  }

  #onOne({ kind, nth: any, isAda: byAda, name, increment }: Extract<Move, { kind: "sync" | "count" }>): void {
    const id = this.#idOf(any);
    const naive = this.#live.find((one) => one.id === id);
    const principal = byAda ? ADA : ANONYMOUS;
    const uses: readonly UsesWish[] = [{ name, increment }];
    const answer =
      kind === "sync"
        ? this.world.sync(id, naive?.device ?? "device", { principal, uses })
        : this.world.countUses(id, name, increment, { principal });
    if (naive === undefined) return this.#refused(answer, "session-unknown");
    if (naive.isOwned && !byAda) return this.#refused(answer, "not-session-owner");
    if (!this.#hasRoom(name, increment)) return this.#refused(answer, "uses-exhausted");
    expect(answer.ok).toBe(true);
    if (kind === "sync") naive.end = this.world.clock + LEASE * 1000;
    this.#count(naive, { name, increment });
  }

  #end(kind: "check-out" | "delete", any: number): void {
    const id = this.#idOf(any);
    const naive = this.#live.find((one) => one.id === id);
    const principal = naive?.isOwned === true ? ADA : { kind: "license-token" as const, activationId: id };
    const answer = kind === "delete" ? this.world.endActivation(id) : this.world.checkOut(id, { principal });
    expect(answer.ok).toBe(naive !== undefined);
    this.#live = this.#live.filter((one) => one !== naive);
  }

  #idOf(any: number): string {
    return this.#ids[any % Math.max(1, this.#ids.length)] ?? "nobody's";
  }

  #hasRoom(name: Name, increment: number): boolean {
    return increment <= 0 || this.#total(name) + increment <= LIMITS[name];
  }

  #count({ uses }: Naive, { name, increment }: Wanted): void {
    const step = Math.max(increment, -uses[name]);
    uses[name] += step;
    if (name === "pages") this.#pages += step;
    if (step > 0) this.#gross[name] += step;
  }

  #total(name: Name): number {
    return name === "pages" ? this.#pages : this.#live.reduce((sum, { uses }) => sum + uses.tabs, 0);
  }

  #refused(answer: Outcome<unknown>, code: string): void {
    expect(answer.ok ? "granted" : answer.refusal.code).toBe(code);
  }

  check(): void {
    const { meterUses = [] } = this.world.view();
    for (const name of NAMES) {
      const { total = 0, gross = 0 } = meterUses.find(({ id }) => id === name) ?? {};
      expect({ name, total, gross }).toEqual({ name, total: this.#total(name), gross: this.#gross[name] });
    }
    // What a fresh object would count: of the rows, and of the owned ones among them.
    for (const naive of this.#live.slice(-5)) {
      const told = this.world.seeActivation(naive.id);
      const uses = told.ok
        ? Object.fromEntries(told.value.meterAttributes.map((used) => [used.name, used.uses]))
        : null;
      expect({ pages: 0, tabs: 0, ...uses }).toEqual(naive.uses);
    }
  }
}

describe("meter attributes", () => {
  it("METER-1, SEAT-6: random lives count what a naive list counts, by the clock, swept or not", () => {
    fc.assert(
      fc.property(fc.array(move, { minLength: 1, maxLength: 40 }), fc.boolean(), (moves, isWatched) => {
        const life = new Life();
        for (const step of moves) {
          life.make(step);
          if (isWatched) life.check();
        }
        life.check();
        life.world.evict();
        life.check();
      }),
      { numRuns: 150 },
    );
  });
});
