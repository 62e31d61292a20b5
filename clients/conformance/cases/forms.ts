/** Forms, keys and signatures: VER-1 to VER-5, TRU-2. */

import { base64url } from "jose";
import type { Case } from "../format.ts";
import { asDer, CLAIMS, DAY, encoded, HOUR, type Mint, T, withPart } from "../mint.ts";
import { ACTIVE, at, invalid, judged } from "./judge.ts";

export async function forms(mint: Mint): Promise<readonly Case[]> {
  return [
    ...(await signatures(mint)),
    ...(await shapes(mint)),
    ...(await algorithms(mint)),
    ...(await keys(mint)),
    ...(await types(mint)),
    ...(await endorsements(mint)),
  ];
}

async function signatures(mint: Mint): Promise<readonly Case[]> {
  const token = await mint.token();
  const other = await mint.token({ exp: T + DAY });
  const [, payload = "", signature = ""] = token.split(".");
  const bytes = base64url.decode(payload);
  bytes[bytes.length - 2] = (bytes.at(-2) ?? 0) ^ 1;
  const bad = invalid("signature");
  const part = (index: 1 | 2, text: string) => withPart(token, index, text);
  return [
    judged("VER-1", "es256-fresh", token, ACTIVE),
    judged("VER-1", "ed25519-fresh", await mint.token({}, "ed25519"), ACTIVE),
    judged("VER-1", "rs256-fresh", await mint.token({}, "rs256"), ACTIVE),
    judged("VER-1", "one-bit-of-the-payload-changed", part(1, base64url.encode(bytes)), bad),
    judged("VER-1", "exp-raised-signature-kept", part(1, encoded({ ...CLAIMS, exp: T + DAY })), bad),
    judged("VER-1", "signature-of-another-token", part(2, other.split(".")[2] ?? ""), bad),
    judged("VER-1", "signature-empty", part(2, ""), bad),
    judged("VER-1", "signature-as-der", asDer(token, mint.keys.main), bad),
    judged("VER-1", "signature-all-zero", part(2, "A".repeat(signature.length)), bad),
  ];
}

async function shapes(mint: Mint): Promise<readonly Case[]> {
  const token = await mint.token();
  const [header = "", payload = "", signature = ""] = token.split(".");
  const long = await mint.token({ note: "n".repeat(13_000) });
  const bad = invalid("malformed");
  return [
    judged("VER-2", "two-parts", `${header}.${payload}`, bad),
    judged("VER-2", "four-parts", `${token}.${signature}`, bad),
    judged("VER-2", "padded-base64", `${token}==`, bad),
    judged("VER-2", "standard-base64-alphabet", withPart(token, 2, `+/${signature.slice(2)}`), bad),
    judged("VER-2", "line-break-inside", `${header}.${payload.slice(0, 40)}\r\n${payload.slice(40)}.${signature}`, bad),
    judged("VER-2", "surrounding-space-is-not-trimmed", ` ${token} `, bad),
    judged("VER-2", "trailing-newline", `${token}\n`, bad),
    judged("VER-2", "empty", "", bad),
    judged("VER-2", "over-16384-characters", "a".repeat(16_385), bad),
    judged("VER-2", "over-16384-characters-and-signed", long, bad),
    judged("VER-2", "header-null", withPart(token, 0, encoded(null)), bad),
  ];
}

async function algorithms(mint: Mint): Promise<readonly Case[]> {
  const { main } = mint.keys;
  const none = `${encoded({ alg: "none", typ: "license+jwt", kid: main.publicJwk.kid })}.${encoded(CLAIMS)}.`;
  const hs256 = await mint.bytes(JSON.stringify(CLAIMS), "main", { alg: "HS256" });
  const bad = invalid("algorithm");
  return [
    judged("VER-3", "alg-none", none, bad),
    judged("VER-3", "alg-hs256-with-the-public-key-as-secret", await signedByPublicKey(hs256, main.publicJwk.x), bad),
    judged("VER-3", "alg-of-another-key", await mint.token({}, "main", { alg: "RS256" }), bad),
    judged("VER-3", "eddsa-spelling-is-not-the-keys-alg", withHeader(await mint.token({}, "ed25519"), "EdDSA"), bad),
  ];
}

async function keys(mint: Mint): Promise<readonly Case[]> {
  const token = await mint.token();
  const embedded = { jwk: mint.keys.reserve.publicJwk };
  const stranger = { ...embedded, kid: "key-of-nobody" };
  const unknown = invalid("key-unknown");
  const signature = invalid("signature");
  const underMain = { ...embedded, kid: mint.keys.main.publicJwk.kid };
  return [
    judged("VER-4", "embedded-jwk-under-a-trusted-kid", await mint.token({}, "reserve", underMain), signature),
    judged("VER-4", "embedded-jwk-is-not-believed", await mint.token({}, "reserve", stranger), unknown),
    judged("VER-4", "kid-unknown", await mint.token({}, "main", { kid: "key-of-nobody" }), unknown),
    judged("VER-4", "kid-absent", await mint.token({}, "main", { kid: undefined }), unknown),
    judged("VER-4", "kid-a-number", await mint.token({}, "main", { kid: 1 }), unknown),
    judged("VER-4", "foreign-key-under-a-trusted-kid", await mint.token({}, "foreign"), signature),
    judged("VER-4", "retired-key-still-trusted", token, ACTIVE, { trusted: ["reserve", "main"] }),
    judged("VER-4", "key-taken-out-after-compromise", token, unknown, { trusted: ["reserve"] }),
  ];
}

async function types(mint: Mint): Promise<readonly Case[]> {
  const bad = invalid("type");
  const typed = async (typ: string | undefined) => await mint.token({}, "main", { typ });
  return [
    judged("VER-5", "typ-activation-jwt", await typed("activation+jwt"), bad),
    judged("VER-5", "typ-jwt", await typed("JWT"), bad),
    judged("VER-5", "typ-absent", await typed(undefined), bad),
    judged("VER-5", "crit-is-refused", await mint.token({}, "main", { crit: ["exp"] }), bad),
  ];
}

async function endorsements(mint: Mint): Promise<readonly Case[]> {
  const token = await mint.token({}, "reserve");
  const old = await mint.set(["main", "reserve"], "main", { exp: T - DAY, server_time: T - 31 * DAY });
  const given = { trusted: ["main"], now: at(60) };
  const endorsed = async (set: string) => ({ ...given, store: { set } });
  const unknown = invalid("key-unknown");
  const long = { exp: T + 40 * DAY, lease_expires_at: undefined, license_expires_at: undefined };
  const stands = { status: "active", usable: true, until: (T + 40 * DAY) * 1_000 };
  const lasting = await mint.token(long, "reserve");
  const afterwards = { ...(await endorsed(await mint.set(["reserve"], "main", { exp: T + HOUR }))), now: at(2 * HOUR) };
  return [
    judged("TRU-2", "key-endorsed-by-a-pinned-one", token, ACTIVE, await endorsed(await mint.set(["reserve"], "main"))),
    judged("TRU-2", "endorsement-expired-token-stands", lasting, stands, afterwards),
    judged("TRU-2", "endorsement-long-over-token-stands", token, ACTIVE, await endorsed(old)),
    judged("TRU-2", "key-endorsed-by-itself", token, unknown, await endorsed(await mint.set(["reserve"], "reserve"))),
    judged(
      "TRU-2",
      "set-of-another-product",
      token,
      unknown,
      await endorsed(await mint.set(["reserve"], "main", { sub: "another" })),
    ),
    judged(
      "TRU-2",
      "license-token-as-a-set",
      token,
      unknown,
      await endorsed(await mint.token({ keys: [mint.keys.reserve.publicJwk] })),
    ),
  ];
}

function withHeader(token: string, alg: string): string {
  const header = JSON.parse(new TextDecoder().decode(base64url.decode(token.split(".")[0] ?? ""))) as object;
  return withPart(token, 0, encoded({ ...header, alg }));
}

/** A token's header and payload under an HMAC, of which the secret is the public key's text. */
async function signedByPublicKey(token: string, secret: string | undefined): Promise<string> {
  const { createHmac } = await import("node:crypto");
  const parts = token.split(".").slice(0, 2).join(".");
  return `${parts}.${createHmac("sha256", secret ?? "")
    .update(parts)
    .digest("base64url")}`;
}
