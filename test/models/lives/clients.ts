/** The shop and the devices: calls on the product's own code, and what their answers tell the oracle. */

import type { ActivateCall, Caller, FollowUpCall } from "../../../src/domain/license/calls.ts";
import { UNTOLD } from "../../../src/domain/license/device.ts";
import { newTerms } from "../../../src/domain/license/creation.ts";
import { idWithLocator } from "../../../src/domain/terms/identifier.ts";
import type { License } from "../../../src/domain/terms/license.ts";
import { activate } from "../../../src/operations/activation/activate.ts";
import { LocatorHints } from "../../../src/operations/license/locator-hints.ts";
import { insertLicense } from "../../support/insert-license.ts";
import { CALLS, swarm } from "./weather.ts";
import { KEYS, locator, PRODUCT, WORKER, type World } from "./world.ts";

const DEVICES = ["ada", "bob", "eve"] as const;
export const SHOP: Caller = { actor: { type: "token", id: "shop" }, requestId: "model" };

/** Whoever calls the product; one call each time. */
export interface Callers {
  call(): void;
}

/** A session that a device believes to hold. */
interface Session {
  readonly licenseId: string;
  readonly activationId: string;
}

export class Clients implements Callers {
  readonly #world: World;
  readonly #weights: Readonly<Record<keyof typeof CALLS, number>>;
  readonly #hints = new LocatorHints();
  readonly #sessions: Session[] = [];
  readonly #changingKey = new Map<string, number>();
  #ids = 0;

  constructor(world: World) {
    this.#world = world;
    this.#weights = swarm(world.random, CALLS, ["activate", "create"]);
  }

  /** Somebody calls; the answer is judged when it comes. */
  call(): void {
    const does = this.#world.random.weighted(this.#weights);
    const key = this.#world.random.pick(KEYS) ?? "K1";
    const license = this.#world.random.pick([...this.#world.oracle.licenses.keys()]);
    const session = this.#world.random.pick(this.#sessions);
    if (does === "activate") void this.#world.watch(this.#activate(key, this.#world.random.pick(DEVICES) ?? "ada"));
    if (does === "create") void this.#world.watch(this.#create(key));
    if (does === "renew" && session !== undefined) void this.#world.watch(this.#renew(session));
    if (does === "checkOut" && session !== undefined) void this.#world.watch(this.#checkOut(session));
    if (license === undefined) return;
    if (does === "rename") void this.#world.watch(this.#rename(license, key));
    if (does === "touch") void this.#world.watch(this.#touch(license));
    if (does === "erase") void this.#world.watch(this.#erase(license));
    if (does === "look") void this.#world.watch(this.#world.keeperOf(license).describe(license));
  }

  async #activate(key: string, device: string): Promise<void> {
    const startedAt = this.#world.step;
    const outcome = await activate(this.#world.stores(), this.#hints, key, activation(device));
    this.#world.note(
      `activate ${key} ${device} since ${startedAt}: ${outcome.ok ? outcome.value.activationId : outcome.refusal.code}`,
    );
    if (outcome.ok) {
      const { license, activationId } = outcome.value;
      this.#world.oracle.granted(license.id, key, activationId, startedAt);
      this.#sessions.push({ licenseId: license.id, activationId });
    } else if (outcome.refusal.code === "license-lost") this.#world.oracle.calledLost(key);
    else if (outcome.refusal.code === "license-unknown") this.#world.oracle.keyUnknown(key, startedAt);
  }

  async #create(key: string): Promise<void> {
    const startedAt = this.#world.step;
    const license = this.#newLicense(key);
    this.#world.oracle.creating(license.id, key, startedAt);
    const listed = { expiresAt: null };
    const created = await insertLicense(this.#world.d1.for(WORKER), license, listed, {
      id: license.id,
      type: "license.created",
      at: this.#world.now,
      subjectId: license.id,
      sequence: 0,
      ...SHOP,
      changes: {},
      data: {},
    });
    this.#world.note(`create ${license.id} ${key} since ${startedAt}: ${JSON.stringify(created)}`);
    if (created.created)
      this.#world.oracle.created(license.id, startedAt, this.#world.step, this.#world.setBacks === 0);
  }

  async #renew({ licenseId, activationId }: Session): Promise<void> {
    const startedAt = this.#world.step;
    const outcome = await this.#world.keeperOf(licenseId).renew(sessionCall(activationId));
    if (outcome.ok) this.#world.oracle.granted(licenseId, null, activationId, startedAt);
  }

  async #checkOut({ licenseId, activationId }: Session): Promise<void> {
    this.#world.oracle.givingBack(licenseId, activationId, this.#world.step);
    this.#sessions.splice(
      this.#sessions.findIndex((session) => session.activationId === activationId),
      1,
    );
    await this.#world.keeperOf(licenseId).checkOut(sessionCall(activationId));
  }

  async #rename(id: string, key: string): Promise<void> {
    const others = this.#changingKey.get(id) ?? 0;
    this.#changingKey.set(id, others + 1);
    this.#world.oracle.changingKey(id, key);
    const answer = await this.#world.keeperOf(id).patch(id, { ...SHOP, patch: { key } });
    this.#world.note(`rename ${id} ${key}: ${JSON.stringify(answer)}`);
    // With two changes at once, or one that was never answered, who came last is not known.
    const alone = this.#changingKey.get(id) === 1;
    if (answer.reached === "license" && answer.outcome.ok)
      this.#world.oracle.keyChanged(id, key, this.#world.step, alone);
    else this.#world.oracle.keyKept(id, key, alone);
    if (alone) this.#changingKey.set(id, 0);
  }

  async #touch(id: string): Promise<void> {
    const { step } = this.#world;
    const plan = { id: step % 3 === 0 ? null : `plan ${step % 3}`, template: {}, pointer: "/licenseTemplateId" };
    await this.#world.keeperOf(id).patch(id, { ...SHOP, patch: { notes: `step ${step}`, plan } });
  }

  async #erase(id: string): Promise<void> {
    this.#world.oracle.deleting(id, this.#world.step);
    const answer = await this.#world.keeperOf(id).deleteLicense(id, SHOP);
    this.#world.note(`delete ${id}: ${JSON.stringify(answer)}`);
    if (answer.reached === "license" && answer.outcome.ok) this.#world.oracle.deleted(id, this.#world.step);
  }

  #newLicense(key: string): License {
    const terms = newTerms({ productId: PRODUCT }, this.#world.now);
    if (!terms.ok) throw new Error("the model's terms are refused");
    this.#ids += 1;
    const random = Uint8Array.from([0, 0, 0, 0, 0, 0, this.#ids >> 8, this.#ids & 255]);
    return { id: idWithLocator(locator(key), random), key, revision: 1, terms: terms.value };
  }
}

export function activation(device: string): ActivateCall {
  return {
    principal: { kind: "anonymous" },
    requestId: "model",
    fingerprint: device,
    requestedLeaseSeconds: null,
    email: null,
    ...UNTOLD,
    idempotency: null,
  };
}

function sessionCall(activationId: string): FollowUpCall {
  const principal = { kind: "license-token", activationId } as const;
  return { principal, requestId: "model", activationId, fingerprint: null, requestedLeaseSeconds: null };
}
