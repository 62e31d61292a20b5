/** A vendor's shop and a customer's devices: licenses made by the product's own operations, calls over HTTP. */

import { env, exports } from "cloudflare:workers";
import { expect } from "vitest";
import type { Caller, LicensePatch } from "../../src/domain/license/calls.ts";
import type { LicenseView } from "../../src/domain/terms/license.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { deleteLicense, patchLicense, renewLicense } from "../../src/operations/license/change-license.ts";
import { createAccessToken } from "../../src/operations/catalogue/create-access-token.ts";
import { createLicense } from "../../src/operations/license/create-license.ts";
import type { WantedLicense } from "../../src/operations/license/plan-license.ts";
import { createProduct, type NewProduct } from "../../src/operations/catalogue/create-product.ts";
import { openDeployment, type Deployment } from "../../src/operations/deployment.ts";
import type { Product } from "../../src/registry/rows/products.ts";
import { momentAt } from "./bindings.ts";

export const BASE = "http://leasehold.test/api/v1/activations";

/** DOC-1, as a client reads it. */
export interface Document {
  readonly licenseToken: string;
  readonly tokenPublicKeyBase64: string;
  readonly version: number;
  readonly legalNotice: string;
  readonly copyright: string;
  readonly providerUrl: string;
  readonly providerEmail: string;
  readonly description: string;
  readonly licensedProducts: readonly string[];
  readonly sessionId: string;
  readonly leaseExpiresAt: string | null;
  readonly renewAfter: string | null;
  readonly serverTime: string;
}

const SHOP: Caller = { actor: { type: "system", id: "cron" }, requestId: "shop" };

/** The isolate's own, that the Worker under test uses too. */
export async function deployment(): Promise<Deployment> {
  const opened = await openDeployment(env, momentAt(Date.now()));
  if (!opened.ok) throw new Error(opened.detail);
  return opened.deployment;
}

export async function newProduct(given: Partial<NewProduct> = {}): Promise<Product> {
  const texts = { description: "", legalNotice: "", copyright: "", providerUrl: "", providerEmail: "" };
  const product: NewProduct = {
    name: "App",
    displayName: "App",
    ...texts,
    tokenAlgorithm: "ES256",
    metadata: [],
    ...given,
  };
  return got(await createProduct(await deployment(), product, SHOP, Date.now()));
}

/** Of a product of its own, unless one is named. Unborn: only D1 knows it. */
export async function newLicense(given: Partial<WantedLicense> = {}): Promise<LicenseView> {
  const productId = given.productId ?? (await newProduct()).id;
  const wanted = { key: null, metadata: [], ...given, productId };
  return got(await createLicense(await deployment(), wanted, SHOP, Date.now())).license;
}

/** Hosted floating, with a lease of an hour. */
export async function newFloating(seats: number, given: Partial<WantedLicense> = {}): Promise<LicenseView> {
  return await newLicense({ type: "hosted-floating", allowedActivations: seats, leaseDuration: 3_600, ...given });
}

export async function change(license: LicenseView, patch: LicensePatch): Promise<LicenseView> {
  return got(await patchLicense(await deployment(), license.id, patch, SHOP));
}

export async function renewTerm(license: LicenseView): Promise<LicenseView> {
  return got(
    await renewLicense(await deployment(), license.id, {
      ...SHOP,
      from: "expiry",
      renewalReference: null,
      idempotency: null,
    }),
  );
}

export async function remove(license: LicenseView): Promise<void> {
  got(await deleteLicense(await deployment(), license.id, SHOP));
}

/** A management token with these scopes, as bearer. */
export async function manager(...scopes: string[]): Promise<string> {
  const minted = got(
    await createAccessToken(await deployment(), { name: "test", scopes, expiresAt: null }, SHOP, Date.now()),
  );
  return `Bearer ${minted.token}`;
}

export async function post(
  path: string,
  body?: unknown,
  authorization?: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return await exports.default.fetch(`${BASE}${path}`, {
    method: "POST",
    headers: {
      ...headers,
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...(authorization === undefined ? {} : { Authorization: authorization }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

export async function look(sessionId: string, authorization?: string): Promise<Response> {
  const headers = authorization === undefined ? {} : { Authorization: authorization };
  return await exports.default.fetch(`${BASE}/${sessionId}`, { headers });
}

/** The answer of `POST /license`, whatever it is. */
export async function tryActivate(key: string, fingerprint = "device", more: object = {}): Promise<Response> {
  return await post("/license", { activationCode: key, fingerprint, ...more });
}

/** The same with an `Idempotency-Key` (MGMT-4). */
export async function tryActivateOnce(
  key: string,
  idempotencyKey: string,
  fingerprint = "device",
  authorization?: string,
): Promise<Response> {
  const headers = { "Idempotency-Key": idempotencyKey };
  return await post("/license", { activationCode: key, fingerprint }, authorization, headers);
}

export async function activated(key: string, fingerprint = "device", more: object = {}): Promise<Document> {
  return await documentOf(await tryActivate(key, fingerprint, more));
}

export async function documentOf(answer: Response): Promise<Document> {
  return await jsonOf<Document>(answer);
}

/** The JSON of a 200. */
export async function jsonOf<T>(answer: Response): Promise<T> {
  const text = await answer.text();
  expect({ status: answer.status, text }).toEqual({ status: 200, text });
  return JSON.parse(text) as T;
}

export function bearer(document: Pick<Document, "licenseToken">): string {
  return `Bearer ${document.licenseToken}`;
}

function got<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new Error(JSON.stringify(outcome.refusal));
}
