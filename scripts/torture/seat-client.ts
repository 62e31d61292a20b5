/** One license's calls over HTTP, and what was answered in the words of the seat model. */

import { type Answer, type Api, instant, type Request, text } from "./api.ts";
import type { SeatAnswer, SeatCall } from "./seat-model.ts";

/** A license made for one history. */
export interface Target {
  readonly id: string;
  readonly key: string;
}

const PATH = "/api/v1/activations";

/** Sends the calls of one history's clients, who share what they know of sessions. */
export class SeatClient {
  readonly #api: Api;
  readonly #target: Target;
  /** Session ids to their license tokens, oldest first. */
  readonly tokens = new Map<string, string>();

  constructor(api: Api, target: Target) {
    this.#api = api;
    this.#target = target;
  }

  /** Null = no answer. */
  async ask(call: SeatCall): Promise<SeatAnswer | null> {
    const answer = await this.#api.call(this.#request(call));
    if (answer === null) return null;
    if (call.does === "activate" && answer.status === 200)
      this.tokens.set(text(answer, "sessionId"), text(answer, "licenseToken"));
    return saidBy(answer);
  }

  #request(call: SeatCall): Request {
    const { id, key } = this.#target;
    const license = `/v3/licenses/${id}`;
    switch (call.does) {
      case "activate":
        return {
          method: "POST",
          path: `${PATH}/license`,
          body: { activationCode: key, fingerprint: call.device },
          bearer: null,
        };
      case "renew":
      case "check-in":
      case "check-out":
        return {
          method: "POST",
          path: `${PATH}/${call.session}/${call.does}`,
          bearer: this.tokens.get(call.session) ?? null,
        };
      case "limit":
        return { method: "PATCH", path: license, body: { allowedActivations: call.to } };
      case "suspend":
        return { method: "PATCH", path: license, body: { suspended: call.to } };
      case "revoke":
        return { method: "PATCH", path: license, body: { revoked: call.to } };
      case "look":
        return { method: "GET", path: license };
    }
  }
}

function saidBy(answer: Answer): SeatAnswer {
  const { status, body } = answer;
  if (status >= 400) return refusalIn(answer);
  if (!("sessionId" in body)) return licenseIn(answer);
  const at = instant(answer, "serverTime") ?? 0;
  if (!("leaseExpiresAt" in body)) return { says: "released", at };
  return { says: "granted", session: text(answer, "sessionId"), at, leaseEnd: instant(answer, "leaseExpiresAt") };
}

function licenseIn(answer: Answer): SeatAnswer {
  const { totalActivations, allowedActivations, suspended, revoked } = answer.body;
  return {
    says: "license",
    live: Number(totalActivations),
    limit: Number(allowedActivations),
    suspended: suspended === true,
    revoked: revoked === true,
    updatedAt: instant(answer, "updatedAt") ?? 0,
  };
}

function refusalIn({ status, body }: Answer): SeatAnswer {
  switch (body["code"]) {
    case "seats-exhausted":
      return { says: "full", limit: Number(body["limit"]), used: Number(body["used"]) };
    case "license-revoked":
      return { says: "revoked" };
    case "license-suspended":
      return { says: "suspended" };
    case "session-unknown":
      return { says: "unknown" };
    default:
      throw new Error(`the model expects no ${status} ${String(body["code"])}`);
  }
}
