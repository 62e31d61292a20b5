/** Signing keys under load: one is made, and signs when everybody knows it; one is compromised, and is out (TOK-4). */

import { setTimeout as sleep } from "node:timers/promises";
import { decodeJwt } from "jose";
import { type Calls, textIn } from "./calls.ts";
import { publishedBy, SOURCES } from "./key-copy.ts";
import { keysIn, type Product } from "./product.ts";

const BOUND_MS = 60_000;
const LOOK_EVERY_MS = 250;
/** How long is looked on when the bound is over. */
const LOOKED_ON_MS = 1_000;
const LEAKED = 40;

/** Makes a key and lets it sign as soon as the server allows; the old one is retired. Answers its id. */
export async function turn(calls: Calls, vendor: string, { id }: Product): Promise<string> {
  const path = `/v3/products/${id}/keys`;
  const post = async (kind: string, end: string, expects?: (status: number) => boolean) =>
    await calls.send(kind, 0, { method: "POST", path: path + end, bearer: vendor, body: {} }, expects);
  const statuses = async () => {
    const reply = await calls.send("read keys", 0, { method: "GET", path, bearer: vendor });
    return new Map(keysIn(reply.text).map(({ kid, status }) => [kid, status]));
  };
  const [old = ""] = [...(await statuses())].find(([, status]) => status === "active") ?? [];
  const kid = textIn(await post("make a key", ""), "kid");
  const early = await post("activate a key too early", `/${kid}/activate`, (status) => status === 409);
  if (textIn(early, "code") !== "KEY_TOO_NEW") calls.faults.push(`a key signs too early: ${early.text}`);
  const { retryAfter }: { readonly retryAfter?: number } = JSON.parse(early.text);
  await sleep((retryAfter ?? 0) * 1000);
  await post("activate a key", `/${kid}/activate`);
  await post("retire a key", `/${old}/retire`);
  const after = await statuses();
  if (after.get(kid) !== "active" || after.get(old) !== "retired")
    calls.faults.push(`after the turn of ${old} to ${kid}: ${JSON.stringify([...after])}`);
  return kid;
}

export interface Outcast {
  /** By source: ms from the answer to the call that compromised the key until it was published last; 0 = not at all. */
  readonly lastSeen: ReadonlyMap<string, number>;
  /** Answers that were looked at. */
  readonly looks: number;
  /** Tokens of the key that were shown when the bound was over, and refused. */
  readonly refused: number;
}

/** Compromises the key that signs, and looks at every door of every isolate until it must be out. */
export async function compromise(calls: Calls, vendor: string, product: Product): Promise<Outcast> {
  const kid = product.pinned;
  product.doom = { kid, outBy: Infinity };
  const path = `/v3/products/${product.id}/keys/${kid}/compromise`;
  await calls.send("compromise a key", 0, { method: "POST", path, bearer: vendor, body: {} });
  const answeredAt = Date.now();
  const outBy = answeredAt + BOUND_MS;
  product.doom = { kid, outBy };
  const lastSeen = new Map(SOURCES.map((source) => [source as string, 0]));
  let looks = 0;
  const doors = calls.runtime.urls.flatMap((_, isolate) => SOURCES.map((source) => ({ isolate, source })));
  while (Date.now() < outBy + LOOKED_ON_MS) {
    for (const { isolate, source } of doors) {
      const { keys, sentAt, freshUntil } = await publishedBy(calls, isolate, source, {
        productId: product.id,
        pinned: kid,
      });
      looks += 1;
      if (!keys.some((key) => key.kid === kid)) continue;
      lastSeen.set(source, Math.max(lastSeen.get(source) ?? 0, sentAt - answeredAt));
      if (sentAt > outBy || freshUntil > outBy)
        calls.faults.push(
          `${source} of isolate ${isolate} has the compromised key, for ${freshUntil - outBy} ms too long`,
        );
    }
    await sleep(LOOK_EVERY_MS);
  }
  return { lastSeen, looks, refused: await showLeaked(calls, product) };
}

/** What somebody kept of that key's tokens, at every isolate. */
async function showLeaked(calls: Calls, product: Product): Promise<number> {
  const leaked = [...product.tokens.values()].filter((token) => product.isDoomed(token)).slice(-LEAKED);
  let refused = 0;
  for (const token of leaked) {
    await product.show(token);
    const { sid } = decodeJwt<{ readonly sid?: string }>(token.token);
    // An activation token is no credential.
    if (sid === undefined) continue;
    const call = { method: "POST", path: `/api/v1/activations/${sid}/renew`, bearer: token.token } as const;
    for (const isolate of calls.runtime.urls.keys()) {
      const { status } = await calls.send("renew by a leaked token", isolate, call, (answer) => answer === 401);
      if (status === 401) refused += 1;
      else calls.faults.push(`a token of the compromised key is answered ${status}`);
    }
  }
  if (refused === 0) calls.faults.push("no token of the compromised key was there to be shown");
  return refused;
}
