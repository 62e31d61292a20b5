/** What devices do by the activation API, and which key opens what (KEY-2, ID-4). */

import { locatorOf } from "../../../src/domain/terms/identifier.ts";
import { after, Contradiction, endingOf, isThere, type Effect, type Facts } from "./believed.ts";
import type { Session, Sold, World } from "./world.ts";
import type { Answer } from "./isolate.ts";

/**
 * The key that a license has for sure opens it: whatever else is said, it is not unknown. Where the key is not sure,
 * nothing is asked.
 */
export async function open(world: World, license: Sold, fingerprint: string): Promise<void> {
  const keys = new Set(license.believed.map((state) => state?.key));
  const [key] = keys;
  if (!isThere(license.believed) || keys.size > 1 || key === undefined) return;
  const answer = await world.device("POST", "/license", { activationCode: key, fingerprint });
  const { status, body } = answer;
  if (status === 404) throw new Contradiction(`${key}, the key of ${license.id}, is answered ${String(body.code)}`);
  const what = `an activation of ${license.id}`;
  license.believed = after(what, license.believed, opens, endingOf(status, [409]));
  if (status === 200) begin(license, answer);
}

/** Keys that it no longer has open nothing of it: nobody's is unknown, and somebody else's leads elsewhere. */
export async function tryOldKeys(world: World, license: Sold): Promise<void> {
  for (const key of license.keys) {
    if (license.believed.some((state) => state?.key === key)) continue;
    const { status, body } = await world.device("POST", "/license", { activationCode: key, fingerprint: "old" });
    if (endingOf(status) === "unknown") continue;
    const others = world.sold.filter(({ believed }) => believed.some((state) => state?.key === key));
    const isAnother = others.length > 0 || [...world.maybeSold.values()].some((facts) => facts.key === key);
    if (status !== 404 && !isAnother) throw new Contradiction(`${key} opens something: ${JSON.stringify(body)}`);
    const locator = locatorOf(String(body.sessionId));
    const isIts = status === 200 && locator === locatorOf(license.id);
    if (isIts && others.every(({ id }) => locatorOf(id) !== locator) && isThere(license.believed))
      throw new Contradiction(`${key} opens ${license.id}, whose key it is not`);
  }
}

export async function checkOut(world: World, license: Sold): Promise<void> {
  const session = world.random.pick(license.sessions);
  if (session === undefined) return;
  const { status } = await world.device("POST", `/${session.id}/check-out`, undefined, session.token);
  ending(session, status);
}

/** By the vendor, who is not limited (CNT-1). */
export async function endActivation(world: World, license: Sold): Promise<void> {
  const session = world.random.pick(license.sessions);
  if (session === undefined) return;
  ending(session, (await world.v3("DELETE", `/activations/${session.id}`)).status);
}

function ending(session: Session, status: number): void {
  if (status === 404 && session.state === "live") throw new Contradiction(`${session.id} is gone, and nobody ended it`);
  if (status < 300 && session.state === "ended") throw new Contradiction(`${session.id} ended twice`);
  if (status < 300 || status === 404) session.state = "ended";
  else if (endingOf(status) === "unknown" && session.state === "live") session.state = "unknown";
}

/** Whether it answers still, once nothing fails: null = nobody can tell. */
export async function answers(world: World, { id, token }: Session): Promise<boolean | null> {
  const { status } = await world.device("GET", `/${id}`, undefined, token);
  return endingOf(status) === "unknown" ? null : status === 200;
}

function begin(license: Sold, { body }: Answer): void {
  const [id, token] = [String(body.sessionId), String(body.licenseToken)];
  if (locatorOf(id) !== locatorOf(license.id))
    throw new Contradiction(`the key of ${license.id} opens another license`);
  const known = license.sessions.find((session) => session.id === id);
  if (known?.state === "ended") throw new Contradiction(`${id} came back`);
  if (known === undefined) license.sessions.push({ id, token, state: "live" });
  else Object.assign(known, { token, state: "live" });
}

const opens: Effect<Facts> = (state) => (state === null || state.revoked || state.suspended ? "refused" : state);
