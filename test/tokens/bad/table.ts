/**
 * Tokens that nobody may be taken for: one for each check of each verifier, with the edit that takes the check out.
 * They are made with the real keys, as whoever found a way to them would.
 */

import { type BadToken, ADA, DEVICE, signed, typed, named, otherCase, type VerifierName } from "./making.ts";
import { LICENSE_TOKENS } from "./license-tokens.ts";
import { PROVIDERS_TOKENS } from "./persons-tokens.ts";
import type { TokenWorld } from "./world.ts";

/** MGMT-5. */
const ACCESS_TOKENS: readonly Omit<BadToken, "of">[] = [
  {
    name: "revoked",
    token: ({ access }) => access.revoked,
    edits: [{ in: "liveAccessToken", find: "found === null || found.revoked", replace: "found === null" }],
  },
  {
    name: "ends at this instant",
    token: ({ access }) => access.expired,
    edits: [{ in: "liveAccessToken", find: "found.expiresAt <= now", replace: "found.expiresAt < now" }],
  },
  {
    name: "one character of another case",
    token: ({ access }) => otherCase(access.good),
    edits: [
      { in: "accessTokenHash", find: "sha256Hex(token)", replace: "sha256Hex((globalThis as any).anyCase(token))" },
    ],
  },
  {
    name: "one character more",
    token: ({ access }) => `${access.good}A`,
    edits: [
      { in: "FORMAT", find: "{43}", replace: "{43,44}" },
      { in: "accessTokenHash", find: "sha256Hex(token)", replace: "sha256Hex(token.slice(0, 50))" },
    ],
  },
  {
    name: "behind a megabyte of spaces",
    token: ({ access }) => `Bearer ${" ".repeat(1024 * 1024)}${access.good}`,
    isHeader: true,
    edits: [{ in: "bearerOf", find: "header.length > AUTHORIZATION_CHARACTERS", replace: "false" }],
  },
  {
    name: "another scheme",
    token: ({ access }) => `Token ${access.good}`,
    isHeader: true,
    edits: [{ in: "bearerOf", find: "BEARER.exec(", replace: "/^\\w+ +(.+)$/.exec(" }],
  },
];

export const BAD_TOKENS: readonly BadToken[] = [
  ...LICENSE_TOKENS.map((row) => ({ ...row, of: "license token" as const })),
  ...PROVIDERS_TOKENS.map((row) => ({ ...row, of: "provider's token" as const })),
  ...ACCESS_TOKENS.map((row) => ({ ...row, of: "access token" as const })),
];

/** The good ones, of which each bad one differs by what its name says. */
export const GOOD_TOKENS: Readonly<Record<VerifierName, (world: TokenWorld) => string | Promise<string>>> = {
  "license token": async ({ ours }) => await signed(typed(ours.ES256), DEVICE, ours.ES256.privateKey),
  "provider's token": async ({ theirs }) => await signed(named(theirs.ES256), ADA, theirs.ES256.privateKey),
  "access token": ({ access }) => access.good,
};

/** With our signature and the claims of a license token. */
export async function ourToken({ ours }: TokenWorld, typ: string | undefined): Promise<string> {
  return await signed(typed(ours.ES256, { typ }), DEVICE, ours.ES256.privateKey);
}
