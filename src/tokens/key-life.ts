/** What becomes of a product's signing keys when one of them is activated, retired or compromised (TOK-4). */

import type { Outcome } from "../domain/outcome.ts";
import type { RefusalOf } from "../domain/refusal.ts";
import type { KeyStatus } from "./signing-key.ts";

export interface LivingKey {
  readonly kid: string;
  readonly status: KeyStatus;
  /** Epoch ms: since when it is published. */
  readonly createdAt: number;
}

export type KeyAct = "activate" | "retire" | "compromise";

export interface KeyChange {
  /** Of those that change. */
  readonly statuses: ReadonlyMap<string, KeyStatus>;
  /** What new keys have to be made as, so that the product has one that signs and one in reserve. */
  readonly made: readonly ("active" | "published")[];
}

/**
 * As old as a copy of the JWKS may be, ours and a verifier's together: only then does everybody know the key that signs
 * (0099-signing-keys-turn.md).
 */
export const PUBLISHED_FIRST_MS = 60_000;

const IN_USE: RefusalOf<"in-use"> = { code: "in-use", by: "new tokens", retryable: false };
const DONE: Readonly<Record<KeyAct, KeyStatus>> = { activate: "active", retire: "retired", compromise: "compromised" };

/**
 * Null: the product has no such key. What is so already changes nothing. Refusals: `key-compromised` is never used
 * again, `key-too-new` has not been published for a minute, and `in-use` signs. `now`: epoch ms.
 */
export function keysAfter(
  keys: readonly LivingKey[],
  kid: string,
  act: KeyAct,
  now: number,
): Outcome<KeyChange | null> {
  const key = keys.find((one) => one.kid === kid);
  if (key === undefined) return { ok: true, value: null };
  if (key.status === DONE[act]) return { ok: true, value: { statuses: new Map(), made: [] } };
  if (key.status === "compromised") return { ok: false, refusal: { code: "key-compromised" } };
  if (act === "retire" && key.status === "active") return { ok: false, refusal: IN_USE };
  const statuses = new Map<string, KeyStatus>([[kid, DONE[act]]]);
  if (act === "activate") {
    const left = key.createdAt + PUBLISHED_FIRST_MS - now;
    const retryAfterSeconds = Math.ceil(left / 1000);
    if (left > 0) return { ok: false, refusal: { code: "key-too-new", retryAfterSeconds } };
    for (const one of keys) if (one.status === "active") statuses.set(one.kid, "retired");
  }
  const successor = act === "compromise" && key.status === "active" ? reserveOf(keys) : null;
  if (successor !== null) statuses.set(successor.kid, "active");
  const made = missing(keys.map((one) => statuses.get(one.kid) ?? one.status));
  return { ok: true, value: { statuses, made } };
}

/** Of several the one that has been published for longest: the most apps know it. */
function reserveOf(keys: readonly LivingKey[]): LivingKey | null {
  const isOlder = (one: LivingKey, other: LivingKey) =>
    one.createdAt !== other.createdAt ? one.createdAt < other.createdAt : one.kid < other.kid;
  return keys
    .filter(({ status }) => status === "published")
    .reduce<LivingKey | null>((oldest, key) => (oldest === null || isOlder(key, oldest) ? key : oldest), null);
}

function missing(statuses: readonly KeyStatus[]): readonly ("active" | "published")[] {
  return (["active", "published"] as const).filter((status) => !statuses.includes(status));
}
