/** docs/tokens.md, held against the code: its claims, its members, its tokens and its verifiers. */

import { effectiveFeatures } from "../../src/domain/license/entitlements.ts";
import { readFileSync } from "node:fs";
import { createPublicKey } from "node:crypto";
import { jwtVerify } from "jose";
import { describe, expect, it } from "vitest";

import type { Grant } from "../../src/domain/license/calls.ts";
import type { ClientStatement } from "../../src/domain/license/client-statement.ts";
import { activationDocument } from "../../src/http/activation/wire.ts";
import { NO_USER, signActivationToken } from "../../src/tokens/activation-token.ts";
import { signLicenseToken } from "../../src/tokens/license-token.ts";
import { PAGE, pageWith } from "../../scripts/verifiers/page.ts";
import { freshVectors, storedVectors, unsignedParts } from "../../scripts/verifiers/vectors.ts";
import { at, KeyStore, ringOf } from "../tokens/key-store.ts";

const page = readFileSync(PAGE, "utf8");
const PRODUCT = "63dfd63e-ed71-4f84-9236-02ee0ddb062c";
const NOW = 1_790_000_000_000;

/** With nothing void. */
const GRANT: Grant = {
  license: {
    id: "l",
    productId: PRODUCT,
    licensedProductIds: [PRODUCT],
    type: "hosted-floating",
    entitlementSetId: "e",
  },
  activationId: "s",
  fingerprint: "f",
  leaseExpiresAt: NOW,
  licenseExpiresAt: NOW,
  generation: 1,
  overLimit: true,
  features: [{ name: "f", value: 1, expiresAt: NOW }],
  user: "ada@example.test",
  token: { issuedAt: NOW, expiresAt: NOW, refreshAt: NOW },
  now: NOW,
};

const FEATURES = effectiveFeatures(GRANT.features, [{ featureName: "f", value: 2 }]);

const STATEMENT: ClientStatement = {
  os: null,
  fingerprintMatchingStrategy: "exact",
  suspended: false,
  allowedFloatingClients: 0,
  leasingStrategy: "per-machine",
  leaseSeconds: 0,
  syncIntervalSeconds: 0,
  offlineUntil: null,
  allowedClockOffset: 60,
  licenseCreatedAt: NOW,
  licenseActivatedAt: null,
  userId: null,
  email: null,
  licenseMetadata: [],
  activationMetadata: [],
};

/** What the first column of a section's table names. */
function namedUnder(heading: string): readonly string[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  const cells = [...section.matchAll(/^\| (`[^|]+)\|/gm)].map(([, cell = ""]) => cell);
  return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name));
}

describe("docs/tokens.md", () => {
  it("TOK-2: describes every claim, and no other", async () => {
    const store = new KeyStore();
    await store.add(PRODUCT, "ES256");
    const signer = await ringOf(store).signer(PRODUCT, at(0));
    if (!signer.ok) throw new Error("no signer");
    const statement = { tokenId: "t", issuer: "i", features: FEATURES, user: GRANT.user, withholdsUser: false };
    const token = await signLicenseToken(signer.value, GRANT, statement);
    const claims = JSON.parse(atob(token.split(".")[1] ?? "")) as object;
    expect(namedUnder("Claims").toSorted()).toEqual(Object.keys(claims).toSorted());
  });

  it("TOK-3: describes every claim of v3's token, and no other; a verifier of license tokens refuses it", async () => {
    const store = new KeyStore();
    await store.add(PRODUCT, "ES256");
    const signer = await ringOf(store).signer(PRODUCT, at(0));
    if (!signer.ok) throw new Error("no signer");
    const said = {
      tokenId: "t",
      issuer: "i",
      productId: PRODUCT,
      key: "k",
      productMetadata: [],
      features: FEATURES,
      user: NO_USER,
    };
    const token = await signActivationToken(signer.value, { ...GRANT, statement: STATEMENT }, said);
    const claims = JSON.parse(atob(token.split(".")[1] ?? "")) as Record<string, unknown>;
    expect(namedUnder("The token of v3's client calls").toSorted()).toEqual(Object.keys(claims).toSorted());
    // Nothing of the license's end, and 0 for what is void.
    expect(claims).toMatchObject({ exp: NOW / 1000, eat: NOW / 1000, laat: 0, ssgpeat: 0, os: "", umd: "[]" });
    const verifier = await ringOf(store).verifier(signer.value.kid, at(0));
    if (!verifier.ok || verifier.value === null) throw new Error("no verifier");
    const demands = { algorithms: ["ES256"], typ: "license+jwt", audience: PRODUCT };
    await expect(jwtVerify(token, verifier.value.publicKey, demands)).rejects.toThrow(/typ/);
  });

  it("DOC-1: describes every member of the activation document, and no other", () => {
    const texts = { description: "", legalNotice: "", copyright: "", providerUrl: "", providerEmail: "" };
    const document = activationDocument(GRANT, "t", { publicKeyBase64: "k", texts });
    expect(namedUnder("The activation document").toSorted()).toEqual(Object.keys(document).toSorted());
  });

  it("TOK-2: shows the verifiers and the tokens as they are in docs/verify", () => {
    expect(pageWith(page, storedVectors())).toBe(page);
  });

  it("TOK-2: its tokens say what the product would sign for these licenses today", async () => {
    expect(unsignedParts(storedVectors())).toEqual(unsignedParts(await freshVectors()));
  });

  it("TOK-2: its good tokens verify with its key, and no other does", async () => {
    const { publicKeyBase64, product, fingerprint, tokens } = storedVectors();
    const key = createPublicKey({ key: Buffer.from(publicKeyBase64, "base64"), format: "der", type: "spki" });
    const device = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(fingerprint)));
    const fp = Buffer.from(device).toString("base64url");
    const takes = async (token: string) => {
      const demands = { algorithms: ["ES256"], typ: "license+jwt", audience: product };
      const read = await jwtVerify(token, key, demands).catch(() => null);
      return read !== null && read.payload["fp"] === fp;
    };
    const taken = await Promise.all(tokens.map(async ({ name, token }) => [name, await takes(token)]));
    expect(taken).toEqual(tokens.map(({ name, isGood }) => [name, isGood]));
    expect(taken.filter(([, isTaken]) => isTaken === true)).toHaveLength(3);
  });
});
