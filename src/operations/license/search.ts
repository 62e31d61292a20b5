/** One text, everything it may be (0095-one-box-for-everything.md). */

import { isDeviceDigest, isUuid, locatorOf } from "../../domain/terms/identifier.ts";
import { defaultKeyBeginning, readKey } from "../../domain/terms/license-key.ts";
import { yes, type Outcome } from "../../domain/outcome.ts";
import { findEvent } from "../../registry/events/event-log-list.ts";
import { byEmail, byKey, byOwnId, byWords, type Hit, type HitType } from "../../registry/find/search.ts";
import { sha256Hex } from "../../tokens/sha256.ts";
import { readActivation } from "../activation/read-activation.ts";
import type { Deployment } from "../deployment.ts";
import { readLicense } from "./read-license.ts";

export type { HitType };

/** What the text was taken for. `secret`: it is named so, and nothing was looked for. */
export type Shape = "id" | "key" | "email" | "text" | "secret";

export interface Found {
  readonly shape: Shape;
  /** At most `limit` of each type. */
  readonly hits: readonly Hit[];
  /** Types of which there are more. */
  readonly more: readonly HitType[];
}

/** Access tokens and secrets of webhooks: whoever pastes one should revoke it, not have it looked up. */
const SECRET = /^\s*(?:lh_pat_|whsec_)/;

export function shapeOf(text: string): Shape {
  const trimmed = text.trim();
  if (SECRET.test(text)) return "secret";
  if (isUuid(trimmed)) return "id";
  if (trimmed.includes("@")) return "email";
  return defaultKeyBeginning(trimmed) !== null && !/^[a-z]*$/i.test(trimmed) ? "key" : "text";
}

/** `types`: those that are asked for and may be seen. Refusals: the machinery's. */
export async function search(
  deployment: Deployment,
  text: string,
  types: readonly HitType[],
  limit: number,
): Promise<Outcome<Found>> {
  const shape = shapeOf(text);
  const found = await hitsOf(deployment, shape, text.trim(), types, limit + 1);
  if (!found.ok) return found;
  const ofType = (type: HitType) => found.value.filter((hit) => hit.type === type);
  return yes({
    shape,
    hits: types.flatMap((type) => ofType(type).slice(0, limit)),
    more: types.filter((type) => ofType(type).length > limit),
  });
}

async function hitsOf(
  deployment: Deployment,
  shape: Shape,
  text: string,
  types: readonly HitType[],
  most: number,
): Promise<Outcome<readonly Hit[]>> {
  const { db } = deployment;
  switch (shape) {
    case "secret":
      return yes([]);
    case "id":
      return await byId(deployment, text, most, types);
    case "email":
      return yes(await byEmail(db, text, most, types));
    case "key": {
      const whole = readKey(text);
      const key = defaultKeyBeginning(text) ?? (whole.ok ? whole.key : text);
      const found = types.includes("license") ? await byKey(db, key, most) : [];
      return yes(found.length > 0 ? found : await byWords(db, text, await devicesOf(text), most, types));
    }
    case "text":
      return yes(text === "" ? [] : await byWords(db, text, await devicesOf(text), most, types));
  }
}

/**
 * What may stand for a device (`Activation.device`): the text itself, or the digest of a fingerprint. No index, address
 * or log has a fingerprint.
 */
async function devicesOf(text: string): Promise<readonly string[]> {
  const ofFingerprint = (await sha256Hex(text)).slice(0, 32);
  return isDeviceDigest(text) ? [text, ofFingerprint] : [ofFingerprint];
}

/** A license's and an activation's id name the object; every other is D1's. */
async function byId(
  deployment: Deployment,
  text: string,
  most: number,
  types: readonly HitType[],
): Promise<Outcome<readonly Hit[]>> {
  const id = text.toLowerCase();
  if (locatorOf(id) !== null) return await ofAnObject(deployment, id, types);
  const rows = await byOwnId(deployment.db, id, await devicesOf(text), most, types);
  const event = types.includes("event") ? await findEvent(deployment.db, id) : null;
  return yes([...rows, ...(event === null ? [] : [{ type: "event", id, name: event.type } as const])]);
}

async function ofAnObject(
  deployment: Deployment,
  id: string,
  types: readonly HitType[],
): Promise<Outcome<readonly Hit[]>> {
  const license = await readLicense(deployment, id);
  if (license.ok) {
    const { key } = license.value.license;
    return yes(types.includes("license") ? [{ type: "license", id, name: key }] : []);
  }
  if (license.refusal.code !== "license-unknown") return license;
  if (!types.includes("activation")) return yes([]);
  const activation = await readActivation(deployment, id);
  if (activation.ok) return yes([{ type: "activation", id, name: activation.value.hostname ?? null }]);
  return activation.refusal.code === "session-unknown" ? yes([]) : activation;
}
