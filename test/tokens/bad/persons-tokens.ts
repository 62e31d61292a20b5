/** Tokens of the identity provider that sign nobody in (AUTH-1). */

import { base64url } from "jose";
import { ISSUER } from "./world.ts";
import {
  type BadToken,
  ADA,
  SECONDS,
  asPss,
  signed,
  unsigned,
  der,
  published,
  pem,
  publicPem,
  half,
  CRITICAL,
  UNDERSTOOD,
  PADDING,
  CLAIMS_UNREAD,
  CLAIMS,
  DER_VERIFIED,
  theirsWithout,
  byHeader,
  HEADER_JWK,
  HEADER_JKU,
  HEADER_X5U,
  named,
} from "./making.ts";

/** AUTH-1, RFC 9068 4, OpenID Connect Core 3.1.3.7. */
export const PROVIDERS_TOKENS: readonly Omit<BadToken, "of">[] = [
  {
    name: "alg none",
    token: ({ theirs }) => unsigned(named(theirs.ES256, { alg: "none" }), ADA),
    edits: [{ in: "isWorthAsking", find: "!ALGORITHMS.includes(alg)", replace: "false" }, theirsWithout(CLAIMS)],
  },
  {
    name: "HS256 with the public key as the secret",
    token: async ({ theirs }) => {
      const secret = new TextEncoder().encode(await pem(theirs.ES256));
      return await signed(named(theirs.ES256, { alg: "HS256" }), ADA, secret);
    },
    edits: [
      { in: "isWorthAsking", find: "!ALGORITHMS.includes(alg)", replace: "false" },
      theirsWithout(
        `(await jwtVerify(token, await (async () => {
          const jose = await import("jose");
          const key = await jose.importJWK({ ...(keys as any).jwks().keys[0], ext: true }, "ES256");
          return new TextEncoder().encode(await jose.exportSPKI(key as CryptoKey));
        })(), { ...rules, algorithms: ["HS256"] })).payload`,
      ),
    ],
  },
  {
    name: "HS256 with a secret that the provider publishes by mistake",
    token: async ({ oct }) =>
      await signed({ alg: "HS256", typ: "at+jwt", kid: oct.kid }, ADA, base64url.decode(String(oct.k))),
    edits: [
      { in: "ALGORITHMS", find: '["RS256",', replace: '["HS256", "RS256",' },
      {
        in: "keySetOf",
        find: "createLocalJWKSet({ keys })",
        replace: "(async () => base64url.decode((list.data.keys.at(-1) as any).k)) as any",
      },
      {
        in: "keySetOf",
        find: "const list =",
        replace: `const base64url = { decode: (text: string) =>
        Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0)) }; const list =`,
      },
    ],
  },
  {
    name: "another algorithm than the key is published for",
    token: async ({ theirs }) => await signed(named(theirs.RS256, { alg: "PS256" }), ADA, await asPss(theirs.RS256)),
    edits: [
      {
        in: "keySetOf",
        find: "createLocalJWKSet({ keys })",
        replace: "createLocalJWKSet({ keys: keys.map(({ alg: _, ...key }) => key) as any })",
      },
    ],
  },
  {
    name: "a key that is published for encryption",
    token: async ({ theirs }) => await signed(named(theirs.enc, { alg: "RS256" }), ADA, theirs.enc.privateKey),
    edits: [
      {
        in: "keySetOf",
        find: "createLocalJWKSet({ keys })",
        replace: "createLocalJWKSet({ keys: keys.map(({ use: _, ...key }) => key) as any })",
      },
    ],
  },
  {
    name: "a key in the header (jwk)",
    token: async ({ theirs, mallory }) =>
      await signed(named(theirs.ES256, { jwk: mallory.jwk }), ADA, mallory.privateKey),
    edits: [theirsWithout(byHeader(HEADER_JWK))],
  },
  {
    name: "a key set that the header names (jku)",
    token: async ({ theirs, mallory }) => {
      const jku = published({ keys: [{ ...mallory.jwk, kid: theirs.ES256.jwk.kid }] });
      return await signed(named(theirs.ES256, { jku }), ADA, mallory.privateKey);
    },
    edits: [theirsWithout(byHeader(HEADER_JKU))],
  },
  {
    name: "a certificate that the header names (x5u)",
    token: async ({ theirs, mallory }) =>
      await signed(named(theirs.ES256, { x5u: await publicPem(mallory) }), ADA, mallory.privateKey),
    edits: [theirsWithout(byHeader(HEADER_X5U))],
  },
  {
    name: "an extension that must be understood (crit)",
    token: async ({ theirs }) => await signed(named(theirs.ES256, CRITICAL), ADA, theirs.ES256.privateKey, UNDERSTOOD),
    edits: [
      {
        in: "payloadOf",
        find: "algorithms: ALGORITHMS,",
        replace: 'algorithms: ALGORITHMS, crit: { "urn:acme:level": true },',
      },
    ],
  },
  {
    name: "another type (typ)",
    token: async ({ theirs }) =>
      await signed(named(theirs.ES256, { typ: "activation+jwt" }), ADA, theirs.ES256.privateKey),
    edits: [
      { in: "isUserType", find: 'TYPES.includes(typ.toLowerCase().replace(/^application\\//, ""))', replace: "true" },
    ],
  },
  {
    name: "a logout token",
    token: async ({ theirs }) =>
      await signed(named(theirs.ES256, { typ: "JWT" }), { ...ADA, events: {} }, theirs.ES256.privateKey),
    edits: [{ in: "isWorthAsking", find: '&& !("events" in claims)', replace: "" }],
  },
  {
    name: "another issuer (iss)",
    token: async ({ theirs }) =>
      await signed(named(theirs.ES256), { ...ADA, iss: `${ISSUER}/other-tenant` }, theirs.ES256.privateKey),
    edits: [
      { in: "isWorthAsking", find: "claims.iss === issuer &&", replace: "" },
      { in: "payloadOf", find: "issuer: settings.issuer,", replace: "" },
    ],
  },
  {
    name: "an ID token of another client (aud)",
    token: async ({ theirs }) =>
      await signed(named(theirs.ES256, { typ: "JWT" }), { ...ADA, aud: "another-client" }, theirs.ES256.privateKey),
    edits: [{ in: "payloadOf", find: "audience: [...settings.audiences],", replace: "" }],
  },
  {
    name: "two audiences, of which the last counts and is another client",
    token: async ({ theirs }) => {
      const claims = JSON.stringify(ADA).replace(/}$/, ',"aud":"another-client"}');
      return await signed(named(theirs.ES256), claims, theirs.ES256.privateKey);
    },
    edits: [
      {
        in: "payloadOf",
        find: "audience: [...settings.audiences],",
        replace: `...(settings.audiences.includes(/"aud":"([^"]*)"/.exec(new TextDecoder().decode(${CLAIMS_UNREAD}))?.[1] ?? "")
          ? {} : { audience: "" }),`,
      },
    ],
  },
  {
    name: "no end (exp)",
    token: async ({ theirs }) => await signed(named(theirs.ES256), { ...ADA, exp: undefined }, theirs.ES256.privateKey),
    edits: [{ in: "payloadOf", find: '["exp", "sub"]', replace: '["sub"]' }],
  },
  {
    name: "an end 60 s ago",
    token: async ({ theirs }) =>
      await signed(named(theirs.ES256), { ...ADA, exp: SECONDS - 60 }, theirs.ES256.privateKey),
    edits: [{ in: "CLOCK_TOLERANCE_SECONDS", find: "60", replace: "61" }],
  },
  {
    name: "a beginning in 61 s (nbf)",
    token: async ({ theirs }) =>
      await signed(named(theirs.ES256), { ...ADA, nbf: SECONDS + 61 }, theirs.ES256.privateKey),
    edits: [{ in: "CLOCK_TOLERANCE_SECONDS", find: "60", replace: "61" }],
  },
  {
    name: "no subject (sub)",
    token: async ({ theirs }) => await signed(named(theirs.ES256), { ...ADA, sub: undefined }, theirs.ES256.privateKey),
    edits: [
      { in: "payloadOf", find: '["exp", "sub"]', replace: '["exp"]' },
      { in: "userOf", find: "if (!subject.success) return null;", replace: 'if (!subject.success) subject.data = "";' },
    ],
  },
  {
    name: "a subject of 256 characters",
    token: async ({ theirs }) =>
      await signed(named(theirs.ES256), { ...ADA, sub: "s".repeat(256) }, theirs.ES256.privateKey),
    edits: [{ in: "SUBJECT", find: "z.maxLength(255)", replace: "z.maxLength(256)" }],
  },
  {
    name: "somebody else's signature",
    token: async ({ theirs, mallory }) => await signed(named(theirs.ES256), ADA, mallory.privateKey),
    edits: [theirsWithout(CLAIMS)],
  },
  {
    name: "changed claims",
    token: async ({ theirs }) => {
      const [head, , signature] = (await signed(named(theirs.ES256), ADA, theirs.ES256.privateKey)).split(".");
      return `${head}.${base64url.encode(JSON.stringify({ ...ADA, roles: ["admin"] }))}.${signature}`;
    },
    edits: [theirsWithout(CLAIMS)],
  },
  {
    name: "cut off before the signature",
    token: async ({ theirs }) => `${half(await signed(named(theirs.ES256), ADA, theirs.ES256.privateKey))}.`,
    edits: [theirsWithout(CLAIMS)],
  },
  {
    name: "a signature in DER",
    token: ({ theirs }) => der(named(theirs.ES256), ADA, theirs.ES256),
    edits: [
      theirsWithout(
        DER_VERIFIED.replace("DER_KEY", '{ key: (keys as any).jwks().keys[0], format: "jwk" }').replace(
          "DER_ANSWER",
          CLAIMS,
        ),
      ),
    ],
  },
  {
    name: "a megabyte",
    token: async ({ theirs }) => await signed(named(theirs.ES256), { ...ADA, ...PADDING }, theirs.ES256.privateKey),
    edits: [{ in: "isWorthAsking", find: "token.length > LONGEST_TOKEN", replace: "false" }],
  },
];
