/**
 * Leasehold as its users have it: a vendor's shop that sells licenses, and devices that activate them. Over public HTTP
 * only.
 */

import { randomUUID } from "node:crypto";
import { request } from "./http.ts";
import type { Call } from "./load.ts";
import type { Server } from "./worker-server.ts";

/** For benchmarks alone: the data go away with the run. */
export const ROOT_SECRET = "bench-only 4f9c2b7e1d8a6035c2e7b9f4a1d60e83";
const ACTIVATIONS = "/api/v1/activations";
const UNLIMITED = 100_000_000;
const DAY_SECONDS = 86_400;

export interface License {
  readonly id: string;
  readonly key: string;
}

/** A device's activation, and the license token that it got last. */
export interface Session {
  readonly license: License;
  readonly fingerprint: string;
  readonly sessionId: string;
  licenseToken: string;
}

export class Shop {
  readonly #server: Server;
  readonly #accessToken: string;
  readonly #productId: string;
  readonly #name = randomUUID();
  #devices = 0;

  static async open(server: Server): Promise<Shop> {
    const token = await ask<{ token: string }>(server, 201, ROOT_SECRET, "/v3/personal-access-tokens", {
      name: "bench",
      scopes: ["*"],
    });
    const product = await ask<License>(server, 201, token.token, "/v3/products", {
      name: "bench",
      displayName: "Bench",
      description: "A product to measure with.",
      legalNotice: "For evaluation.",
      copyright: "© Example Ltd.",
      providerUrl: "https://example.com",
      providerEmail: "licensing@example.com",
    });
    return new Shop(server, token.token, product.id);
  }

  private constructor(server: Server, accessToken: string, productId: string) {
    this.#server = server;
    this.#accessToken = accessToken;
    this.#productId = productId;
  }

  /** For calls that are not made over the connections of the load. */
  get authorization(): { readonly Authorization: string } {
    return { Authorization: `Bearer ${this.#accessToken}` };
  }

  /** The same shop at another server on the same data. */
  at(server: Server): Shop {
    return new Shop(server, this.#accessToken, this.#productId);
  }

  /** Floating licenses, not yet born. `seats`: without a limit if absent. */
  async sell(count: number, seats = UNLIMITED): Promise<License[]> {
    const sold: License[] = [];
    const body = {
      productId: this.#productId,
      type: "hosted-floating",
      allowedActivations: seats,
      leaseDuration: DAY_SECONDS,
    };
    const sale: Call = {
      request: request("POST", "/v3/licenses", { bearer: this.#accessToken, body }),
      onBody: (answer) => sold.push(JSON.parse(answer)),
    };
    await this.#server.connections.run({ next: () => sale, calls: count, status: 201 });
    return sold;
  }

  /** A new device for each of the licenses. */
  async activateAll(licenses: readonly License[]): Promise<Session[]> {
    const sessions: Session[] = [];
    let at = 0;
    const next = () => {
      const license = licenses[at];
      at += 1;
      return license === undefined ? null : this.activate(license, this.device(), (session) => sessions.push(session));
    };
    await this.#server.connections.run({ next, status: 200 });
    return sessions;
  }

  /** A fingerprint that no device had before. */
  device(): string {
    this.#devices += 1;
    return `device ${this.#devices} of ${this.#name}`;
  }

  activate(license: License, fingerprint: string, onSession?: (session: Session) => void): Call {
    const sent = request("POST", `${ACTIVATIONS}/license`, { body: { activationCode: license.key, fingerprint } });
    if (onSession === undefined) return { request: sent };
    return { request: sent, onBody: (body) => onSession({ license, fingerprint, ...documentOf(body) }) };
  }

  /** The device keeps the new token, as a real one does. */
  renew(session: Session): Call {
    const sent = request("POST", `${ACTIVATIONS}/${session.sessionId}/renew`, { bearer: session.licenseToken });
    return { request: sent, onBody: (body) => Object.assign(session, documentOf(body)) };
  }

  checkIn(session: Session): Call {
    return {
      request: request("POST", `${ACTIVATIONS}/${session.sessionId}/check-in`, { bearer: session.licenseToken }),
    };
  }

  checkOut(session: Session): Call {
    return {
      request: request("POST", `${ACTIVATIONS}/${session.sessionId}/check-out`, { bearer: session.licenseToken }),
    };
  }

  /** One page of licenses. */
  list(query: string): string {
    return request("GET", `/v3/licenses?${query}`, { bearer: this.#accessToken });
  }

  see(license: License): Call {
    return { request: request("GET", `/v3/licenses/${license.id}`, { bearer: this.#accessToken }) };
  }
}

/** What a device keeps of an answer. */
export function documentOf(body: string): Pick<Session, "sessionId" | "licenseToken"> {
  const { sessionId, licenseToken } = JSON.parse(body);
  return { sessionId, licenseToken };
}

async function ask<T>({ connections }: Server, status: number, bearer: string, path: string, body: object): Promise<T> {
  let answer = "";
  const call = { request: request("POST", path, { bearer, body }), onBody: (text: string) => void (answer = text) };
  await connections.run({ next: () => call, calls: 1, status });
  return JSON.parse(answer);
}
