/** One license's calls over HTTP, and what was answered in the words of the seat model. */

import { decodeJwt } from "jose";

import { type Answer, type Api, instant, type Request, text } from "./api.ts";
import type { SeatAnswer, SeatCall } from "./seat-state.ts";

/** A license made for one history. */
export interface Target {
  readonly id: string;
  readonly key: string;
  readonly productId: string;
}

/** What clients know of a session, whichever API it came by. */
interface Known {
  readonly session: string;
  readonly device: string;
  /** AUTH-3: what its owner shows; null: v3's of nobody, which is no credential (AUTH-5). */
  readonly token: string | null;
  /** Who was signed in; null = nobody. */
  readonly person: string | null;
}

type Activation = Extract<SeatCall, { does: "activate" }>;

const PATH = "/api/v1/activations";
const V3 = "/v3/activations";
/** Instants in a token of v3 are whole seconds. */
const ROUNDED_MS = 999;

/** Sends the calls of one history's clients, who share what they know of sessions. */
export class SeatClient {
  readonly #api: Api;
  readonly #target: Target;
  readonly #people: ReadonlyMap<string, string>;
  /** Oldest first. */
  readonly sessions: Known[] = [];

  /** `people`: access tokens by name. */
  constructor(api: Api, target: Target, people: ReadonlyMap<string, string>) {
    this.#api = api;
    this.#target = target;
    this.#people = people;
  }

  /** Null = no answer. */
  async ask(call: SeatCall): Promise<SeatAnswer | null> {
    const answer = await this.#api.call(this.#request(call));
    if (answer === null) return null;
    const said = saidBy(answer);
    if (call.does === "activate" && said.says === "granted") this.#learn(said.session, call, answer);
    return said;
  }

  #learn(session: string, { device, person }: Activation, { body }: Answer): void {
    const at = this.sessions.findIndex((known) => known.session === session);
    const { licenseToken } = body;
    const ofDevice = typeof licenseToken === "string" ? licenseToken : (this.sessions[at]?.token ?? null);
    const token = person === undefined ? ofDevice : this.#bearerOf(person);
    const known = { session, device, token, person: person ?? null };
    if (at === -1) this.sessions.push(known);
    else this.sessions[at] = known;
  }

  #of(session: string): Known | undefined {
    return this.sessions.find((known) => known.session === session);
  }

  #bearerOf(person: string | null | undefined): string | null {
    return person === null || person === undefined ? null : (this.#people.get(person) ?? null);
  }

  #request(call: SeatCall): Request {
    const { id, key, productId } = this.#target;
    const license = `/v3/licenses/${id}`;
    switch (call.does) {
      case "activate":
        if (call.byV3 === true)
          return {
            method: "POST",
            path: V3,
            body: { key, productId, fingerprint: call.device },
            bearer: this.#bearerOf(call.person),
          };
        return {
          method: "POST",
          path: `${PATH}/license`,
          body: { activationCode: key, fingerprint: call.device },
          bearer: this.#bearerOf(call.person),
        };
      case "renew":
      case "check-in":
      case "check-out":
        return {
          method: "POST",
          path: `${PATH}/${call.session}/${call.does}`,
          bearer: this.#of(call.session)?.token ?? null,
        };
      case "sync":
        return {
          method: "PATCH",
          path: `${V3}/${call.session}`,
          body: { key, productId, fingerprint: call.device },
          bearer: this.#bearerOf(this.#of(call.session)?.person),
        };
      case "deactivate":
        return {
          method: "POST",
          path: `${V3}/${call.session}/deactivate`,
          body: { productId, fingerprint: call.device },
          bearer: this.#bearerOf(this.#of(call.session)?.person),
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
  if ("activationToken" in body) return grantIn(text(answer, "activationToken"));
  if (Object.keys(body).length === 0) return { says: "released", at: null };
  if (!("sessionId" in body)) return licenseIn(answer);
  const at = instant(answer, "serverTime") ?? 0;
  if (!("leaseExpiresAt" in body)) return { says: "released", at };
  const leaseEnd = instant(answer, "leaseExpiresAt");
  return { says: "granted", session: text(answer, "sessionId"), at, leaseEnd, ...overIn(body["licenseToken"]) };
}

/** SEAT-9: a license token says it; check-ins have none. */
function overIn(token: unknown): { readonly over?: boolean } {
  return typeof token === "string" ? { over: decodeJwt(token)["over_limit"] === true } : {};
}

/** TOK-3. */
function grantIn(token: string): SeatAnswer {
  const { aid, leat } = decodeJwt(token);
  const leaseEnd = Number(leat) === 0 ? null : Number(leat) * 1000;
  return { says: "granted", session: String(aid), at: null, leaseEnd, rounded: ROUNDED_MS };
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
    case "ACTIVATION_LIMIT_REACHED":
      return { says: "full", limit: Number(body["limit"]), used: Number(body["used"]) };
    case "license-revoked":
    case "REVOKED_LICENSE":
      return { says: "revoked" };
    case "license-suspended":
      return { says: "suspended" };
    case "session-unknown":
    case "NOT_FOUND":
      return { says: "unknown" };
    default:
      throw new Error(`the model expects no ${status} ${String(body["code"])}`);
  }
}
