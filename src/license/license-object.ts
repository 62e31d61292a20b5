/** The Durable Object of one license: the platform around its keeper. No rule, no HTTP. */

import { DurableObject } from "cloudflare:workers";

import type { EndCall, EndOneCall } from "../domain/seats/activation-view.ts";
import type {
  ActivateCall,
  CheckCall,
  ConditionalCall,
  ExpiresAtCall,
  ExtendCall,
  PatchCall,
  MaintainCall,
  PlannedRenewCall,
  FollowUpCall,
  UserEmail,
} from "../domain/license/calls.ts";
import type { ResetCall } from "../domain/commands/count-uses.ts";
import type { CountCall, DeactivateCall, SyncCall } from "../domain/license/client-calls.ts";
import { platformOf } from "../durable/platform.ts";
import { webhookDirectory } from "../webhooks/stub.ts";
import type { Host } from "./host.ts";
import { Keeper } from "./keeper.ts";
import type { Address, LicenseRpc } from "./rpc.ts";

export class LicenseObject extends DurableObject<Env> implements LicenseRpc {
  #keeper: Keeper | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    // Only reads: an object that finds no license writes nothing (0027-an-empty-object-writes-nothing.md).
    void ctx.blockConcurrencyWhile(async () => {
      this.#keeper = new Keeper(hostOf(ctx, env), await ctx.storage.getAlarm());
    });
  }

  activate(address: Address, call: ActivateCall) {
    return this.#kept.activate(address, call);
  }

  check(address: Address, call: CheckCall) {
    return this.#kept.check(address, call);
  }

  renew(call: FollowUpCall) {
    return this.#kept.renew(call);
  }

  checkIn(call: FollowUpCall) {
    return this.#kept.checkIn(call);
  }

  checkOut(call: FollowUpCall) {
    return this.#kept.checkOut(call);
  }

  sync(call: SyncCall) {
    return this.#kept.sync(call);
  }

  deactivate(call: DeactivateCall) {
    return this.#kept.deactivate(call);
  }

  countUses(call: CountCall) {
    return this.#kept.countUses(call);
  }

  session(call: FollowUpCall) {
    return this.#kept.session(call);
  }

  describe(licenseId: string) {
    return this.#kept.describe(licenseId);
  }

  usage(licenseId: string, days: number) {
    return this.#kept.usage(licenseId, days);
  }

  patch(licenseId: string, call: PatchCall) {
    return this.#kept.patch(licenseId, call);
  }

  renewLicense(licenseId: string, call: PlannedRenewCall) {
    return this.#kept.renewLicense(licenseId, call);
  }

  extendLicense(licenseId: string, call: ExtendCall) {
    return this.#kept.extendLicense(licenseId, call);
  }

  maintain(licenseId: string, call: MaintainCall) {
    return this.#kept.maintain(licenseId, call);
  }

  setExpiresAt(licenseId: string, call: ExpiresAtCall) {
    return this.#kept.setExpiresAt(licenseId, call);
  }

  resetMeter(licenseId: string, call: ResetCall) {
    return this.#kept.resetMeter(licenseId, call);
  }

  deleteLicense(licenseId: string, call: ConditionalCall) {
    return this.#kept.deleteLicense(licenseId, call);
  }

  activation(activationId: string) {
    return this.#kept.activation(activationId);
  }

  contacts(licenseId: string, activationIds: readonly string[]) {
    return this.#kept.contacts(licenseId, activationIds);
  }

  deleteActivation(activationId: string, call: EndOneCall) {
    return this.#kept.deleteActivation(activationId, call);
  }

  giveBack(call: FollowUpCall) {
    return this.#kept.giveBack(call);
  }

  deleteActivations(licenseId: string, call: EndCall) {
    return this.#kept.deleteActivations(licenseId, call);
  }

  setUserEmail(licenseId: string, email: UserEmail, requestId?: string) {
    return this.#kept.setUserEmail(licenseId, email, requestId);
  }

  bear(licenseId: string, requestId?: string) {
    return this.#kept.bear(licenseId, requestId);
  }

  resync(requestId?: string) {
    return this.#kept.resync(requestId);
  }

  override alarm(): Promise<void> {
    return this.#kept.alarm();
  }

  get #kept(): Keeper {
    if (this.#keeper === null) throw new Error("calls wait for the constructor");
    return this.#keeper;
  }
}

function hostOf(ctx: DurableObjectState, env: Env): Host {
  // CFG-1: a license's events stay where the license lives.
  const webhooks = webhookDirectory(env.WEBHOOKS, ctx.id.jurisdiction ?? null);
  return { ...platformOf(ctx), db: env.DB, webhooks };
}
