/**
 * One seed: a few keys and devices, a shop that creates, renames and deletes licenses, the product's own code, and
 * everything that can fail. One step at a time; between steps all promises that can run have run.
 */

import type { ActivateCall, Caller, SessionCall } from "../../src/domain/calls.ts";
import { newTerms } from "../../src/domain/creation.ts";
import { idWithLocator } from "../../src/domain/identifier.ts";
import type { License } from "../../src/domain/license.ts";
import type { Host } from "../../src/license/host.ts";
import { activate } from "../../src/operations/activate.ts";
import { LocatorHints } from "../../src/operations/locator-hints.ts";
import { insertLicense } from "../../src/registry/licenses.ts";
import { ModelD1, type D1Call } from "./d1.ts";
import { ModelObject } from "./object.ts";
import { Oracle, Violation } from "./oracle.ts";
import type { Random } from "./random.ts";

const PRODUCT = "0199f6a0-0000-7000-8000-000000000001";
const KEYS = ["K1", "K2", "K3"] as const;
const DEVICES = ["ada", "bob", "eve"] as const;
const SHOP: Caller = { actor: { type: "token", id: "shop" }, requestId: "model" };
const WORKER = {};

const HAPPENINGS = { call: 40, answer: 45, ring: 6, crash: 4, late: 4, snapshot: 2, setBack: 1, leap: 2, lose: 0.3 };
const CALLS = { activate: 50, renew: 8, checkOut: 12, create: 14, rename: 8, touch: 6, erase: 8, look: 3 };

const ANSWERS = { well: 70, before: 10, after: 12, late: 8 };

/** A session that a device believes to hold. */
interface Session {
  readonly licenseId: string;
  readonly sessionId: string;
}

export class World {
  readonly random: Random;
  readonly d1 = new ModelD1();
  readonly objects = new Map<string, ModelObject>();
  readonly oracle = new Oracle();
  readonly #hints = new LocatorHints();
  readonly #sessions: Session[] = [];
  /** Calls that D1 will apply some time, though their caller was told that they failed. */
  readonly #late: D1Call[] = [];
  readonly #pauses: { readonly owner: object; readonly wake: () => void }[] = [];
  readonly #changingKey = new Map<string, number>();
  #snapshot: ReturnType<ModelD1["snapshot"]> | null = null;
  setBacks = 0;
  losses = 0;
  step = 0;
  now = Date.UTC(2026, 0, 1);
  #violation: Violation | null = null;
  #ids = 0;
  /** What happened, for whoever looks into a failing seed. */
  readonly trace: string[] = [];

  /** Swarm: every seed has its own weather, so that rare things meet. */
  readonly #happenings: Readonly<Record<keyof typeof HAPPENINGS, number>>;
  readonly #calls: Readonly<Record<keyof typeof CALLS, number>>;
  readonly #answers: Readonly<Record<keyof typeof ANSWERS, number>>;

  constructor(random: Random) {
    this.random = random;
    this.#happenings = swarm(random, HAPPENINGS, ["call", "answer"]);
    this.#calls = swarm(random, CALLS, ["activate", "create"]);
    this.#answers = swarm(random, ANSWERS, ["well"]);
    for (const [index, key] of KEYS.entries()) this.objects.set(locator(key), new ModelObject(locatorAt(index), this.#hostOf));
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
        this.#call();
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
      const due = [...this.objects.values()].filter((object) => object.alarmAt !== null && object.alarmAt < this.now + 30 * 86_400_000);
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
    void activate(this.#stores(), new LocatorHints(), key, activation("probe")).then((outcome) => {
      answer = outcome.ok ? "granted" : outcome.refusal.code;
    });
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

  #call(): void {
    const does = this.random.weighted(this.#calls);
    const key = this.random.pick(KEYS) ?? "K1";
    const license = this.random.pick([...this.oracle.licenses.keys()]);
    const session = this.random.pick(this.#sessions);
    if (does === "activate") void this.#watch(this.#activate(key, this.random.pick(DEVICES) ?? "ada"));
    if (does === "create") void this.#watch(this.#create(key));
    if (does === "renew" && session !== undefined) void this.#watch(this.#renew(session));
    if (does === "checkOut" && session !== undefined) void this.#watch(this.#checkOut(session));
    if (license === undefined) return;
    if (does === "rename") void this.#watch(this.#rename(license, key));
    if (does === "touch") void this.#watch(this.#touch(license));
    if (does === "erase") void this.#watch(this.#erase(license));
    if (does === "look") void this.#watch(this.#keeperOf(license).describe(license));
  }

  async #activate(key: string, device: string): Promise<void> {
    const startedAt = this.step;
    const outcome = await activate(this.#stores(), this.#hints, key, activation(device));
    this.note(`activate ${key} ${device} since ${startedAt}: ${outcome.ok ? outcome.value.sessionId : outcome.refusal.code}`);
    if (outcome.ok) {
      const { license, sessionId } = outcome.value;
      this.oracle.granted(license.id, key, sessionId, startedAt);
      this.#sessions.push({ licenseId: license.id, sessionId });
    } else if (outcome.refusal.code === "license-lost") this.oracle.calledLost(key);
    else if (outcome.refusal.code === "license-unknown") this.oracle.keyUnknown(key, startedAt);
  }

  async #create(key: string): Promise<void> {
    const startedAt = this.step;
    const license = this.#newLicense(key);
    this.oracle.creating(license.id, key, startedAt);
    const created = await insertLicense(this.d1.for(WORKER), license, null, {
      id: license.id,
      type: "license.created",
      at: this.now,
      subjectId: license.id,
      sequence: 0,
      ...SHOP,
      changes: {},
      data: {},
    });
    this.note(`create ${license.id} ${key} since ${startedAt}: ${JSON.stringify(created)}`);
    if (created.created) this.oracle.created(license.id, startedAt, this.step, this.setBacks === 0);
  }

  async #renew({ licenseId, sessionId }: Session): Promise<void> {
    const startedAt = this.step;
    const outcome = await this.#keeperOf(licenseId).renew(sessionCall(sessionId));
    if (outcome.ok) this.oracle.granted(licenseId, null, sessionId, startedAt);
  }

  async #checkOut({ licenseId, sessionId }: Session): Promise<void> {
    this.oracle.givingBack(licenseId, sessionId);
    this.#sessions.splice(
      this.#sessions.findIndex((session) => session.sessionId === sessionId),
      1,
    );
    await this.#keeperOf(licenseId).checkOut(sessionCall(sessionId));
  }

  async #rename(id: string, key: string): Promise<void> {
    const others = this.#changingKey.get(id) ?? 0;
    this.#changingKey.set(id, others + 1);
    this.oracle.changingKey(id, key);
    const answer = await this.#keeperOf(id).patch(id, { ...SHOP, patch: { key } });
    this.note(`rename ${id} ${key}: ${JSON.stringify(answer)}`);
    // With two changes at once, or one that was never answered, who came last is not known.
    const alone = this.#changingKey.get(id) === 1;
    if (answer.reached === "license" && answer.outcome.ok) this.oracle.keyChanged(id, key, this.step, alone);
    else this.oracle.keyKept(id, key, alone);
    if (alone) this.#changingKey.set(id, 0);
  }

  async #touch(id: string): Promise<void> {
    await this.#keeperOf(id).patch(id, { ...SHOP, patch: { notes: `step ${this.step}` } });
  }

  async #erase(id: string): Promise<void> {
    this.oracle.deleting(id, this.step);
    const answer = await this.#keeperOf(id).deleteLicense(id, SHOP);
    this.note(`delete ${id}: ${JSON.stringify(answer)}`);
    if (answer.reached === "license" && answer.outcome.ok) this.oracle.deleted(id, this.step);
  }

  #newLicense(key: string): License {
    const terms = newTerms({ productId: PRODUCT }, this.now);
    if (!terms.ok) throw new Error("the model's terms are refused");
    this.#ids += 1;
    const random = Uint8Array.from([0, 0, 0, 0, 0, 0, this.#ids >> 8, this.#ids & 255]);
    return { id: idWithLocator(locator(key), random), key, revision: 1, terms: terms.value };
  }

  /** A violation in a call that nobody awaits ends the run. */
  async #watch(call: Promise<unknown>): Promise<void> {
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
    void this.#watch(this.#runAlarm(object));
    // An alarm may ring twice.
    if (this.random.chance(0.1)) void this.#watch(object.keeper.alarm());
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

  #keeperOf(licenseId: string) {
    const key = licenseId.slice(0, 8) + licenseId.slice(9, 13) + licenseId.slice(15, 18);
    const object = this.objects.get(key);
    if (object === undefined) throw new Error("a license id carries a locator of the model");
    return object.keeper;
  }

  #stores() {
    const licenses = { at: (name: string) => this.objects.get(name)?.keeper ?? missing() };
    return { db: this.d1.for(WORKER), licenses, locator: async (key: string) => await Promise.resolve(locator(key)) };
  }

  readonly #hostOf = (object: ModelObject, owner: object): Host => ({
    sql: { rows: (query, ...bindings) => object.rows(query, ...bindings) },
    db: this.d1.for(owner),
    transact: (work) => object.transact(work),
    setAlarm: (at) => {
      object.alarmAt = at;
    },
    wipe: () => object.wipe(),
    clock: () => this.now,
    pause: () =>
      new Promise((resolve) => {
        this.#pauses.push({ owner, wake: resolve });
      }),
    report: () => undefined,
  });
}

function swarm<N extends string>(random: Random, weights: Readonly<Record<N, number>>, always: readonly NoInfer<N>[]): Record<N, number> {
  const entries = Object.entries<number>(weights) as [N, number][];
  const factor = (name: N) => (always.includes(name) ? 1 : (random.pick([0, 0.3, 1, 1, 4]) ?? 1));
  return Object.fromEntries(entries.map(([name, weight]) => [name, weight * factor(name)])) as Record<N, number>;
}

function settle(call: D1Call): void {
  try {
    call.resolve(call.apply());
  } catch (error) {
    call.reject(error instanceof Error ? error : new Error(String(error)));
  }
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

function locator(key: string): string {
  return locatorAt(KEYS.indexOf(key as (typeof KEYS)[number]));
}

function activation(device: string): ActivateCall {
  return {
    principal: { kind: "anonymous" },
    requestId: "model",
    fingerprint: device,
    requestedLeaseSeconds: null,
    email: null,
    targetSoftwareVersion: null,
    hostname: null,
  };
}

function sessionCall(sessionId: string): SessionCall {
  const principal = { kind: "license-token", sessionId } as const;
  return { principal, requestId: "model", sessionId, fingerprint: null, requestedLeaseSeconds: null };
}
