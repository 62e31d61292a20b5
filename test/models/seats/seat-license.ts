/**
 * The license of the seat histories: the product's own keeper on node:sqlite, its D1 and its alarm, all at one clock.
 */

import type { ActivateCall, FollowUpCall } from "../../../src/domain/license/calls.ts";
import { newTerms } from "../../../src/domain/license/creation.ts";
import { idWithLocator } from "../../../src/domain/terms/identifier.ts";
import type { License } from "../../../src/domain/terms/license.ts";
import type { Host } from "../../../src/license/host.ts";
import type { SeatAnswer, SeatCall, SeatTerms } from "../../../scripts/torture/seat-state.ts";
import { person, sessionCall, syncCall } from "../../support/world.ts";
import { NO_WEBHOOKS } from "../../support/webhooks.ts";
import { activation, SHOP } from "../lives/clients.ts";
import { ModelD1 } from "../lives/d1.ts";
import { ModelObject } from "../lives/object.ts";
import type { Random } from "../../support/random.ts";
import { answerOf } from "./seat-answers.ts";

const PRODUCT = "0199f6a0-0000-7000-8000-000000000001";
const KEY = "K1";
const LOCATOR = "000000000000001";

export class SeatLicense {
  now = Date.UTC(2026, 0, 1);
  /** The first thing that the product threw. */
  broken: unknown = null;
  readonly #d1 = new ModelD1();
  readonly #object: ModelObject;
  readonly #license: License;
  readonly #pauses: { readonly owner: object; readonly wake: () => void }[] = [];

  /** Who was granted each session, by name. */
  readonly #owners = new Map<string, string>();

  constructor(given: SeatTerms) {
    this.#license = licenseOf(given, this.now);
    this.#object = new ModelObject(LOCATOR, this.#hostOf);
    const { id, key, revision, terms } = this.#license;
    this.#d1.rows(
      "INSERT INTO licenses (id, key, product_id, fence, revision, terms, created_at, updated_at) VALUES (?, ?, ?, 0, ?, ?, ?, ?)",
      ...[id, key, terms.productId, revision, JSON.stringify(terms), terms.createdAt, terms.updatedAt],
    );
  }

  /** The running instance; another one after a crash. */
  get instance(): object {
    return this.#object.owner;
  }

  async ask(call: SeatCall): Promise<SeatAnswer | null> {
    const { keeper } = this.#object;
    const { id } = this.#license;
    switch (call.does) {
      case "activate":
        return this.#noted(call.person, answerOf(await keeper.activate({ key: KEY, licenseId: id }, asked(call))));
      case "renew":
        return answerOf({ reached: "license", outcome: await keeper.renew(this.#followUp(call.session)) });
      case "check-in":
        return answerOf({ reached: "license", outcome: await keeper.checkIn(this.#followUp(call.session)) });
      case "check-out":
        return answerOf({ reached: "license", outcome: await keeper.checkOut(this.#followUp(call.session)) });
      case "sync": {
        const { principal } = this.#followUp(call.session);
        return answerOf({
          reached: "license",
          outcome: await keeper.sync({ ...syncCall(call.session, call.device, KEY), principal }),
        });
      }
      case "deactivate": {
        const { principal } = this.#followUp(call.session);
        return answerOf({
          reached: "license",
          outcome: await keeper.deactivate({ ...syncCall(call.session, call.device, KEY), principal }),
        });
      }
      case "limit":
        return answerOf(await keeper.patch(id, { ...SHOP, patch: { allowedActivations: call.to } }));
      case "suspend":
        return answerOf(await keeper.patch(id, { ...SHOP, patch: { suspended: call.to } }));
      case "revoke":
        return answerOf(await keeper.patch(id, { ...SHOP, patch: { revoked: call.to } }));
      case "look":
        return answerOf(await keeper.describe(id));
    }
  }

  #noted(owner: string | undefined, answer: SeatAnswer | null): SeatAnswer | null {
    if (answer?.says === "granted" && owner !== undefined) this.#owners.set(answer.session, owner);
    return answer;
  }

  #followUp(session: string): FollowUpCall {
    const owner = this.#owners.get(session);
    return sessionCall(session, owner === undefined ? {} : { principal: person(owner) });
  }

  /** D1 answers one call that waits for it, well or not, and one caller loses its patience. */
  answerD1(random: Random): void {
    take(this.#pauses, random)?.wake();
    const call = take(this.#d1.pending, random);
    if (call === undefined) return;
    const fails = random.chance(0.1);
    const applies = !fails || random.chance(0.5);
    const done = applies ? call.apply() : null;
    if (fails) call.reject(new Error("Network connection lost."));
    else call.resolve(done);
  }

  /** The alarm rings if it is due within ten seconds, which pass. */
  ring(): void {
    const { alarmAt } = this.#object;
    if (alarmAt === null || alarmAt > this.now + 10_000) return;
    this.now = Math.max(this.now, alarmAt);
    this.#object.alarmAt = null;
    this.#object.keeper.alarm().catch((error: unknown) => {
      this.broken ??= error;
    });
  }

  crash(): void {
    const dead = this.instance;
    this.#object.crash(this.now);
    forget(this.#d1.pending, dead);
    forget(this.#pauses, dead);
  }

  /** So many activations, each given back: the next one's place in the order of birth. */
  async giveBirths(count: number, as: { readonly person?: string }): Promise<void> {
    for (let device = 0; device < count; device += 1) {
      const granted = await this.#settled(this.ask({ does: "activate", device: `before ${device}`, ...as }));
      if (granted?.says !== "granted") throw new Error("nothing is in the way of the first activations");
      await this.#settled(this.ask({ does: "check-out", session: granted.session }));
      this.now += 1;
    }
  }

  close(): void {
    this.#d1.close();
    this.#object.close();
  }

  async #settled<T>(call: Promise<T>): Promise<T> {
    for (let quiet = 0; quiet < 2; quiet += 1) {
      await idle();
      for (const waiting of this.#d1.pending.splice(0)) {
        waiting.resolve(waiting.apply());
        quiet = 0;
      }
    }
    return await call;
  }

  readonly #hostOf = (object: ModelObject, owner: object): Host => ({
    sql: { rows: (query, ...bindings) => object.rows(query, ...bindings) },
    db: this.#d1.for(owner),
    webhooks: NO_WEBHOOKS,
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

function licenseOf({ limit, leaseMs, overage, leasing }: SeatTerms, now: number): License {
  const type = leaseMs === null ? "node-locked" : "hosted-floating";
  const counted = { allowedActivations: limit, allowedOverage: overage, leasingStrategy: leasing };
  const terms = newTerms({ productId: PRODUCT, type, leaseDuration: (leaseMs ?? 0) / 1000, ...counted }, now);
  if (!terms.ok) throw new Error("the model's terms are refused");
  return { id: idWithLocator(LOCATOR, new Uint8Array(8)), key: KEY, revision: 1, terms: terms.value };
}

function asked({ device, person: name, byV3 }: Extract<SeatCall, { does: "activate" }>): ActivateCall {
  const call = { ...activation(device), admitsEnded: byV3 === true };
  return name === undefined ? call : { ...call, principal: person(name) };
}

export function take<T>(from: T[], random: Random): T | undefined {
  return from.splice(random.below(from.length), 1)[0];
}

function forget(from: { readonly owner: object }[], owner: object): void {
  const others = from.filter((each) => each.owner !== owner);
  from.splice(0, from.length, ...others);
}

export async function idle(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}
