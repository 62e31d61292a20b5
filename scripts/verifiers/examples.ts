/**
 * Tokens that verifiers are tried on, each with what a verifier has to make of it: licenses of settings that broke
 * clients before, activated by the rules and signed by the product's own code; and tokens that pass for one of these.
 */

import { effectiveFeatures } from "../../src/domain/license/entitlements.ts";
import { base64url, SignJWT, UnsecuredJWT, type JWTPayload } from "jose";
import type { Grant } from "../../src/domain/license/calls.ts";
import { newTerms, type NewLicense } from "../../src/domain/license/creation.ts";
import { signLicenseToken, type TokenStatement } from "../../src/tokens/license-token.ts";
import type { Signer } from "../../src/tokens/key-ring.ts";
import { MapLedger } from "../../test/support/map-ledger.ts";
import { World } from "../../test/support/world.ts";

export const PRODUCT = "01997a00-0000-7000-8000-00000000ed17";
const OTHER_PRODUCT = "01997a00-0000-7000-8000-00000000f11e";
/** What the device presents. */
export const FINGERPRINT = "cpu-4711 ü";
const HOUR = 3_600_000;
const CENTURY = { text: "P100Y", months: 1200, seconds: 0 };
const PERPETUAL = { serverSyncGracePeriod: -1 } as const;
const STATEMENT: Omit<TokenStatement, "features"> = {
  tokenId: "01997a00-0000-7000-8000-0000000000a1",
  issuer: "https://licenses.example.com",
  user: null,
  withholdsUser: false,
};

/** `why`: what is special of it, for a reader. */
export interface Example {
  readonly name: string;
  readonly why: string;
  readonly isGood: boolean;
  readonly token: string;
}

/** All of them, as if activated at `now` (epoch ms). `stranger` signs what is none of ours. */
export async function examplesOf(signer: Signer, stranger: Signer, now: number): Promise<readonly Example[]> {
  const perpetual = await issued(signer, PERPETUAL, now);
  const { claims, header } = read(perpetual);
  const again = (changed: JWTPayload, typ = "license+jwt") =>
    new SignJWT({ ...claims, ...changed }).setProtectedHeader({ ...header, typ }).sign(signer.privateKey);
  const [head = "", body = "", signature = ""] = perpetual.split(".");
  const leased = { type: "hosted-floating", leaseDuration: 3600 } as const;
  const products = { ...PERPETUAL, licensedProductIds: [PRODUCT, OTHER_PRODUCT] };
  const rolling = { ...PERPETUAL, expirationStrategy: "rolling", subscriptionInterval: CENTURY } as const;
  const elsewhere = { ...PERPETUAL, productId: OTHER_PRODUCT };
  const altered = base64url.encode(JSON.stringify({ ...claims, products: products.licensedProductIds }));
  const hmac = new TextEncoder().encode(signer.publicKeyBase64);
  return [
    good("perpetual", "a perpetual license and no end of the grace: there is no `exp`", perpetual),
    good("two products", "two licensed products: `aud` is a list", await issued(signer, products, now)),
    good("rolling", "rolling: `license_expires_at` is the activation's own end", await issued(signer, rolling, now)),
    bad("other product", "of another product, by the same key", await issued(signer, elsewhere, now)),
    bad("changed signature", "one character of the signature is another", `${head}.${body}.${flipped(signature)}`),
    bad("changed claims", "more products than were signed", `${head}.${altered}.${signature}`),
    bad("expired", "a lease of an hour that has ended", await issued(signer, leased, now - 2 * HOUR)),
    bad("not begun", "`nbf` is in a hundred years", await again({ nbf: Math.floor(now / 1000) + 3_155_760_000 })),
    bad("wrong typ", "signed by the same key as another kind of token", await again({}, "activation+jwt")),
    bad("other device", "the `fp` of another device", await issued(signer, PERPETUAL, now, "cpu-4712")),
    bad("alg none", "`alg` is `none`, and there is no signature", unsigned(claims, header)),
    bad("other key", "signed by a stranger under the same `kid`", await issued(stranger, PERPETUAL, now)),
    bad(
      "public key as secret",
      "HS256 with the public key as its secret",
      await new SignJWT(claims).setProtectedHeader({ ...header, alg: "HS256" }).sign(hmac),
    ),
  ];
}

/** What the token of this license says when the device activates it. */
async function issued(
  signer: Signer,
  members: Partial<NewLicense>,
  now: number,
  device = FINGERPRINT,
): Promise<string> {
  const grant = grantOf(members, now, device);
  return await signLicenseToken(signer, grant, { ...STATEMENT, features: effectiveFeatures(grant.features, []) });
}

function grantOf(members: Partial<NewLicense>, now: number, device: string): Grant {
  const terms = newTerms({ productId: PRODUCT, ...members }, now);
  if (!terms.ok) throw new Error(`an example's terms are refused: ${JSON.stringify(terms.refusal)}`);
  const license = { id: "0123abcd-4567-8ef0-9234-567890abcdef", key: "EXAMPLE", revision: 1, terms: terms.value };
  const ledger = new MapLedger(license);
  Object.defineProperty(ledger, "newLocatedId", { value: () => "0123abcd-4567-8ef0-a111-222233334444" });
  const grant = new World(ledger, now).activate(device);
  if (!grant.ok) throw new Error(`an example is refused: ${JSON.stringify(grant.refusal)}`);
  return grant.value;
}

function read(token: string) {
  const [header, claims] = token.split(".").map((part) => new TextDecoder().decode(base64url.decode(part)));
  return {
    header: JSON.parse(header ?? "") as { readonly alg: string; readonly kid: string },
    claims: JSON.parse(claims ?? "") as JWTPayload,
  };
}

function unsigned(claims: JWTPayload, header: object): string {
  const [, body = ""] = new UnsecuredJWT(claims).encode().split(".");
  return `${base64url.encode(JSON.stringify({ ...header, alg: "none", typ: "license+jwt" }))}.${body}.`;
}

/** In the middle: the last character may carry unused bits. */
function flipped(signature: string): string {
  const at = 40;
  return `${signature.slice(0, at)}${signature[at] === "A" ? "B" : "A"}${signature.slice(at + 1)}`;
}

function good(name: string, why: string, token: string): Example {
  return { name, why, isGood: true, token };
}

function bad(name: string, why: string, token: string): Example {
  return { name, why, isGood: false, token };
}
