/** License tokens that open no session (AUTH-5). */

import { base64url } from "jose";
import {
  type BadToken,
  DEVICE,
  asPss,
  signed,
  unsigned,
  der,
  published,
  publicPem,
  half,
  CRITICAL,
  UNDERSTOOD,
  PADDING,
  CLAIMS_UNREAD,
  HEADER,
  DER_VERIFIED,
  oursWithout,
  HEADER_JWK,
  HEADER_JKU,
  HEADER_X5U,
  typed,
} from "./making.ts";

const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };

/** AUTH-5. The `exp` of a license token, its issuer and its audience are not looked at: no row is about them. */
export const LICENSE_TOKENS: readonly Omit<BadToken, "of">[] = [
  {
    name: "alg none",
    token: ({ ours }) => unsigned(typed(ours.ES256, { alg: "none" }), DEVICE),
    edits: [oursWithout(`(${HEADER}.alg === "none" ? { payload: ${CLAIMS_UNREAD} } : { payload: token as never })`)],
  },
  {
    name: "HS256 with the public key as the secret",
    token: async ({ ours }) => {
      const key = await crypto.subtle.importKey("jwk", ours.RS256.jwk as JsonWebKey, RSA, true, ["verify"]);
      const spki = new Uint8Array((await crypto.subtle.exportKey("spki", key)) as ArrayBuffer);
      return await signed(typed(ours.RS256, { alg: "HS256" }), DEVICE, spki);
    },
    edits: [
      oursWithout(`compactVerify(token, new Uint8Array(await crypto.subtle.exportKey("spki", key.publicKey) as any))`),
    ],
  },
  {
    name: "another algorithm than the key's",
    token: async ({ ours }) => await signed(typed(ours.RS256, { alg: "PS256" }), DEVICE, await asPss(ours.RS256)),
    edits: [
      oursWithout(`compactVerify(token, await (await import("jose")).importJWK(
        { ...await crypto.subtle.exportKey("jwk", key.publicKey) as any, alg: undefined, key_ops: undefined }, ${HEADER}.alg))`),
    ],
  },
  {
    name: "a key in the header (jwk)",
    token: async ({ ours, mallory }) =>
      await signed(typed(ours.ES256, { jwk: mallory.jwk }), DEVICE, mallory.privateKey),
    edits: [oursWithout(`compactVerify(token, await ${HEADER_JWK})`)],
  },
  {
    name: "a key set that the header names (jku)",
    token: async ({ ours, mallory }) => {
      const jku = published({ keys: [{ ...mallory.jwk, kid: ours.ES256.jwk.kid }] });
      return await signed(typed(ours.ES256, { jku }), DEVICE, mallory.privateKey);
    },
    edits: [oursWithout(`compactVerify(token, ${HEADER_JKU})`)],
  },
  {
    name: "a certificate that the header names (x5u)",
    token: async ({ ours, mallory }) =>
      await signed(typed(ours.ES256, { x5u: await publicPem(mallory) }), DEVICE, mallory.privateKey),
    edits: [oursWithout(`compactVerify(token, await ${HEADER_X5U})`)],
  },
  {
    name: "an extension that must be understood (crit)",
    token: async ({ ours }) => await signed(typed(ours.ES256, CRITICAL), DEVICE, ours.ES256.privateKey, UNDERSTOOD),
    edits: [
      oursWithout(
        `compactVerify(token, key.publicKey, { algorithms: [key.algorithm], crit: { "urn:acme:level": true } })`,
      ),
    ],
  },
  {
    name: "another type (typ)",
    token: async ({ ours }) =>
      await signed(typed(ours.ES256, { typ: "activation+jwt" }), DEVICE, ours.ES256.privateKey),
    edits: [{ in: "keyIdOf", find: "header?.typ === LICENSE_TOKEN_TYPE &&", replace: "header !== null &&" }],
  },
  {
    name: "somebody else's signature",
    token: async ({ ours, mallory }) => await signed(typed(ours.ES256), DEVICE, mallory.privateKey),
    edits: [oursWithout(`{ payload: ${CLAIMS_UNREAD} }`)],
  },
  {
    name: "changed claims",
    token: async ({ ours }) => {
      const [head, , signature] = (await signed(typed(ours.ES256), DEVICE, ours.ES256.privateKey)).split(".");
      return `${head}.${base64url.encode(JSON.stringify({ ...DEVICE, sid: "another" }))}.${signature}`;
    },
    edits: [oursWithout(`{ payload: ${CLAIMS_UNREAD} }`)],
  },
  {
    name: "cut off before the signature",
    token: async ({ ours }) => `${half(await signed(typed(ours.ES256), DEVICE, ours.ES256.privateKey))}.`,
    edits: [oursWithout(`{ payload: ${CLAIMS_UNREAD} }`)],
  },
  {
    name: "a signature in DER",
    token: ({ ours }) => der(typed(ours.ES256), DEVICE, ours.ES256),
    edits: [
      oursWithout(
        DER_VERIFIED.replace(
          "DER_KEY",
          '{ key: await globalThis.crypto.subtle.exportKey("jwk", key.publicKey) as any, format: "jwk" }',
        ).replace("DER_ANSWER", `{ payload: ${CLAIMS_UNREAD} }`),
      ),
    ],
  },
  {
    name: "a compromised key",
    token: async ({ ours }) => await signed(typed(ours.compromised), DEVICE, ours.compromised.privateKey),
    edits: [{ in: "goodVerifier", find: 'key === null || key.status === "compromised"', replace: "key === null" }],
  },
  {
    name: "no session",
    token: async ({ ours }) => await signed(typed(ours.ES256), { sub: DEVICE.sub }, ours.ES256.privateKey),
    edits: [{ in: "verified", find: "CREDENTIAL.parse(", replace: "((claims: any) => claims)(" }],
  },
  {
    name: "two sessions, of which the last counts and is none",
    token: async ({ ours }) => await signed(typed(ours.ES256), `{"sid":"s","sub":"l","sid":""}`, ours.ES256.privateKey),
    edits: [
      {
        in: "verified",
        find: "JSON.parse(new TextDecoder().decode(payload))",
        replace: `JSON.parse(new TextDecoder().decode(payload).replace(/,"sid":""/, ""))`,
      },
    ],
  },
  {
    name: "a megabyte",
    token: async ({ ours }) => await signed(typed(ours.ES256), { ...DEVICE, ...PADDING }, ours.ES256.privateKey),
    edits: [{ in: "headerOf", find: "token.length > LONGEST_TOKEN", replace: "false" }],
  },
];
