/**
 * A device asks for its trial of a product (TRIAL-1): the one that it has, or had, else a new one. D1 alone decides;
 * no license and no object is asked.
 */

import { v7 as uuidv7 } from "uuid";
import { factsOf } from "../../domain/seats/device-facts.ts";
import { trialEnd, trialRefusal, type TrialTerms, type TrialWish } from "../../domain/license/trial.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import { findTrialState, insertTrial, type Trial, type TrialDevice } from "../../registry/trials/trials.ts";
import type { DeviceDigest } from "../../tokens/device-digest.ts";
import { ATTEMPTS, pauseAfter } from "../attempts.ts";
import { told } from "../catalogue/change-trial.ts";
import type { Deployment } from "../deployment.ts";

export interface TrialCall extends TrialWish {
  readonly requestId: string;
  /** As stored: in lower case. A text that is no id is no product's. */
  readonly productId: string;
  readonly fingerprint: string;
}

export interface TrialGiven {
  readonly trial: Trial;
  /** It began with this call. */
  readonly isNew: boolean;
}

type Stores = Pick<Deployment, "db" | "deviceDigest" | "pause">;

/**
 * `charge` is called before a row is written, and may throw. `now` in epoch ms. Refusals: `product-unknown`,
 * `trial-not-allowed`, those of `trialRefusal`, `trial-used-up`, and `overloaded` where others were faster time after
 * time.
 */
export async function activateTrial(
  { db, deviceDigest, pause }: Stores,
  call: TrialCall,
  now: number,
  charge: () => Promise<void>,
): Promise<Outcome<TrialGiven>> {
  const device = await deviceOf(deviceDigest, call);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const state = await findTrialState(db, device);
    if (state.kind === "no-product") return no({ code: "product-unknown" });
    if (state.kind === "no-policy") return no({ code: "trial-not-allowed" });
    const { policy } = state;
    const refusal = trialRefusal(policy, call);
    if (refusal !== null) return no(refusal);
    if (state.trial !== null) return yes({ trial: state.trial, isNew: false });
    if (state.isGone) return no({ code: "trial-used-up" });
    if (attempt === 0) await charge();
    const trial = newTrial(policy, call, now);
    const event = told("trialActivation.created", trial, { actor: { type: "device" }, requestId: call.requestId }, now);
    const its = { ...device, osUser: policy.userLocked ? device.osUser : "" };
    if (await insertTrial(db, { policy, device: its, trial }, event)) return yes({ trial, isNew: true });
    await pause(pauseAfter(attempt));
  }
  return no({ code: "overloaded", what: "trial" });
}

async function deviceOf(digest: DeviceDigest, { productId, fingerprint, device }: TrialCall): Promise<TrialDevice> {
  const { userHash } = device;
  return {
    productId,
    device: await digest(JSON.stringify([productId, fingerprint])),
    osUser: userHash === null ? "" : await digest(JSON.stringify([productId, fingerprint, userHash])),
  };
}

function newTrial(policy: TrialTerms, call: TrialCall, now: number): Trial {
  const { shown } = factsOf(policy, { ...call, email: null }, null);
  const { productId } = call;
  return { ...shown, id: uuidv7(), productId, createdAt: now, updatedAt: now, expiresAt: trialEnd(policy, now) };
}
