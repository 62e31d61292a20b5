/**
 * One seed: a few keys and devices, a shop that creates, renames and deletes licenses, the product's own code, and
 * everything that can fail. One step at a time; between steps all promises that can run have run.
 */

import type { Host } from "../../../src/license/host.ts";
import { activate } from "../../../src/operations/activation/activate.ts";
import { LocatorHints } from "../../../src/operations/license/locator-hints.ts";
import { activation, Clients, SHOP, type Callers } from "./clients.ts";
import { ModelD1, settle, type D1Call } from "./d1.ts";
import { ModelObject } from "./object.ts";
import { Oracle, Violation } from "./oracle.ts";
import type { Random } from "../../support/random.ts";
import { ANSWERS, HAPPENINGS, swarm } from "./weather.ts";
import { ModelWebhooks } from "./webhooks.ts";

export const PRODUCT = "0199f6a0-0000-7000-8000-000000000001";
export const KEYS = ["K1", "K2", "K3"] as const;
export const WORKER = {};

export class World {
  readonly random: Random;
  readonly d1: ModelD1;
  readonly objects = new Map<string, ModelObject>();
  readonly oracle = new Oracle();
  readonly webhooks: ModelWebhooks;
  /** Calls that D1 will apply some time, though their caller was told that they failed. */
  readonly #late: D1Call[] = [];
  readonly #pauses: { readonly owner: object; readonly wake: () => void }[] = [];
  #snapshot: ReturnType<ModelD1["snapshot"]> | null = null;
  setBacks = 0;
  losses = 0;
  /** OPS-1: an operator resyncs, or nothing comes but the usual calls. */
  recovery: "calls" | "resync" = "calls";
  step = 0;
  now = Date.UTC(2026, 0, 1);
  #violation: Violation | null = null;
  /** What happened, for whoever looks into a failing seed. */
  readonly trace: string[] = [];
  readonly #clients: Callers;

  /** Swarm: every seed has its own weather, so that rare things meet. */
  readonly #happenings: Readonly<Record<keyof typeof HAPPENINGS, number>>;
  readonly #answers: Readonly<Record<keyof typeof ANSWERS, number>>;

  constructor(
    random: Random,
    callersOf: (world: World) => Callers = (world) => new Clients(world),
    weather = HAPPENINGS,
    d1 = new ModelD1(),
  ) {
    this.random = random;
    this.d1 = d1;
    this.webhooks = new ModelWebhooks(d1);
    this.#happenings = swarm(random, weather, ["call", "answer"]);
    this.#clients = callersOf(this);
    this.#answers = swarm(random, ANSWERS, ["well"]);
    for (const [index, key] of KEYS.entries())
      this.objects.set(locator(key), new ModelObject(locatorAt(index), this.#hostOf));
    this.d1.rows(
      `INSERT INTO products (id, name, display_name, description, legal_notice, copyright, provider_url, provider_email,
         token_algorithm, metadata, created_at, updated_at) VALUES ('${PRODUCT}', '', '', '', '', '', '', '', 'ES256', '[]', 0, 0)`,
    );
  }

  /** One thing happens. `calm`: nothing fails any more. */
  async advance(): Promise<void> {
    this.step += 1;
    this.now += this.random.below(1000);
    const happens = this.random.weighted(this.#happenings);
    if (happens !== "call" && happens !== "answer") this.note(happens);
    switch (happens) {
      case "call":
        this.#clients.call();
        break;
      case "answer":
        this.#answerOne();
        break;
      case "ring":
        this.#ring(this.random.pick([...this.objects.values()]));
        break;
      case "crash":
        this.#crash(this.random.pick([...this.objects.values()]));
        break;
      case "late":
        this.#applyLate();
        break;
      case "snapshot":
        this.#snapshot = this.d1.snapshot();
        break;
      case "setBack":
        this.#setBack();
        break;
      case "lose":
        this.#lose(this.random.pick([...this.objects.values()]));
        break;
      case "leap":
        this.now += 3_600_000;
        break;
    }
    await this.#idle();
  }

  /** Everything that is on its way arrives, alarms ring when they are due, until nothing moves. */
  async calm(): Promise<void> {
    for (let round = 0; round < 2000; round += 1) {
      while (this.#late.length > 0) this.#applyLate();
      for (const call of this.d1.pending.splice(0)) {
        this.note(`D1 calm ${call.what}`);
        settle(call);
      }
      await this.#idle();
      if (this.d1.pending.length > 0) continue;
      for (const pause of this.#pauses.splice(0)) pause.wake();
      await this.#idle();
      if (this.d1.pending.length > 0) continue;
      const due = [...this.objects.values()].filter(
        (object) => object.alarmAt !== null && object.alarmAt < this.now + 30 * 86_400_000,
      );
      const next = due.toSorted((one, other) => (one.alarmAt ?? 0) - (other.alarmAt ?? 0))[0];
      if (next === undefined) return;
      this.now = Math.max(this.now, next.alarmAt ?? 0);
      this.#ring(next);
      await this.#idle();
    }
    throw new Violation("it never gets quiet");
  }

  /** After a restore: every license writes something, so that its relay meets D1 (OPS-1). */
  async stir(): Promise<void> {
    for (const object of this.objects.values()) {
      const license = object.license();
      if (license === null) continue;
      void object.keeper.patch(license.id, { ...SHOP, patch: { notes: `after step ${this.step}` } });
      await this.calm();
    }
  }

  async tryKey(key: string): Promise<string> {
    let answer = "none";
    const ask = async () => {
      const outcome = await activate(this.stores(), new LocatorHints(), key, activation("probe"));
      answer = outcome.ok ? "granted" : outcome.refusal.code;
    };
    void this.watch(ask());
    await this.calm();
    return answer;
  }

  note(what: string): void {
    this.trace.push(`${this.step} ${what}`);
  }

  close(): void {
    this.d1.close();
    for (const object of this.objects.values()) object.close();
  }

  /** A violation in a call that nobody awaits ends the run. */
  async watch(call: Promise<unknown>): Promise<void> {
    try {
      await call;
    } catch (error) {
      if (error instanceof Violation) this.#violation ??= error;
      else if (!isD1Failure(error)) this.#violation ??= new Violation(`a call threw: ${String(error)}`);
    }
  }

  async #idle(): Promise<void> {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    if (this.#violation !== null) throw this.#violation;
  }

  #answerOne(): void {
    const index = this.random.below(this.d1.pending.length + this.#pauses.length);
    const call = this.d1.pending[index];
    if (call === undefined) {
      this.#pauses.splice(index - this.d1.pending.length, 1)[0]?.wake();
      return;
    }
    this.d1.pending.splice(index, 1);
    const how = this.random.weighted(this.#answers);
    if (how === "well") settle(call);
    if (how === "after") call.apply();
    if (how === "late") this.#late.push(call);
    this.note(`D1 ${how} ${call.what}`);
    if (how !== "well") call.reject(new Error("Network connection lost."));
  }

  #applyLate(): void {
    const [call] = this.#late.splice(this.random.below(this.#late.length), 1);
    try {
      call?.apply();
    } catch {
      // Its caller is long gone.
    }
  }

  #setBack(): void {
    // Two disasters at once are beyond what is promised.
    if (this.#snapshot === null || this.losses > 0) return;
    this.d1.setBack(this.#snapshot);
    this.setBacks += 1;
    this.oracle.setBack();
    if (this.recovery === "resync") for (const { keeper } of this.objects.values()) void this.watch(keeper.resync());
  }

  /** The platform lost an object that D1 has seen. */
  #lose(object: ModelObject | undefined): void {
    const license = object?.license() ?? null;
    if (object === undefined || license === null) return;
    const fence = Number(this.d1.rows("SELECT fence FROM licenses WHERE id = ?", license.id)[0]?.["fence"] ?? 0);
    if (fence === 0) return;
    this.losses += 1;
    this.oracle.lost(object.locator);
    object.wipe();
    this.#crash(object);
    object.alarmAt = null;
  }

  #ring(object: ModelObject | undefined): void {
    if (object === undefined) return;
    object.alarmAt = null;
    void this.watch(this.#runAlarm(object));
    // An alarm may ring twice.
    if (this.random.chance(0.1)) void this.watch(object.keeper.alarm());
  }

  /** The platform runs an alarm again whose handler was cut off. */
  async #runAlarm(object: ModelObject): Promise<void> {
    const { owner } = object;
    object.ringing = owner;
    await object.keeper.alarm();
    if (object.ringing === owner) object.ringing = null;
  }

  /** What the dead instance had sent to D1 may still arrive, now, later or never; it will not hear of it. */
  #crash(object: ModelObject | undefined): void {
    if (object === undefined) return;
    const dead = object.owner;
    object.crash(this.now);
    for (const call of this.d1.pending.filter(({ owner }) => owner === dead)) {
      this.d1.pending.splice(this.d1.pending.indexOf(call), 1);
      if (this.random.chance(0.6)) this.#late.push(call);
    }
    const deaf = this.#pauses.filter(({ owner }) => owner === dead);
    for (const pause of deaf) this.#pauses.splice(this.#pauses.indexOf(pause), 1);
  }

  keeperOf(licenseId: string) {
    const key = licenseId.slice(0, 8) + licenseId.slice(9, 13) + licenseId.slice(15, 18);
    const object = this.objects.get(key);
    if (object === undefined) throw new Error("a license id carries a locator of the model");
    return object.keeper;
  }

  stores() {
    const licenses = { at: (name: string) => this.objects.get(name)?.keeper ?? missing() };
    const pause = () => new Promise<void>((wake) => void this.#pauses.push({ owner: WORKER, wake }));
    const locatorOf = async (key: string) => await Promise.resolve(locator(key));
    return { db: this.d1.for(WORKER), licenses, locator: locatorOf, pause };
  }

  readonly #hostOf = (object: ModelObject, owner: object): Host => ({
    sql: { rows: (query, ...bindings) => object.rows(query, ...bindings) },
    db: this.d1.for(owner),
    webhooks: this.webhooks.for(owner),
    transact: (work) => object.transact(work),
    setAlarm: (at) => {
      object.alarmAt = at;
    },
    wipe: () => object.wipe(),
    clock: () => this.now,
    timer: () => ({
      over: new Promise((resolve) => {
        this.#pauses.push({ owner, wake: resolve });
      }),
      cancel: () => undefined,
    }),
    report: () => undefined,
  });
}

function isD1Failure(error: unknown): boolean {
  return error instanceof Error && error.message === "Network connection lost.";
}

function missing(): never {
  throw new Error("the model has an object for each key");
}

function locatorAt(index: number): string {
  return (index + 1).toString(16).padStart(15, "0");
}

export function locator(key: string): string {
  return locatorAt(KEYS.indexOf(key as (typeof KEYS)[number]));
}
