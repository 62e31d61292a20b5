/** People who sign in, for the tests of owners, and what they get. */

import type { Principal } from "../../src/domain/license/calls.ts";
import { person, type World } from "../support/world.ts";
import { refusal, value } from "./samples.ts";

export const ADA = person("ada");
export const BOB = person("bob");
/** The token has an e-mail that nobody vouches for. */
export const NOBODY_KNOWN = person("eve", { email: null, emailClaimed: "ada@example.test" });
export const ADMIN = person("root", { role: "admin" });
export const AGENT = person("agent", { role: "agent" });
export const SUPPORT = person("support", { role: "support" });
/** Ada after her provider was replaced. */
export const ADA_AGAIN = person("a-7", { issuer: "https://new.example.test", email: "ADA@Example.test" });
export const ROOMY = { allowedActivations: 9 } as const;

/** The session of this device, new or resumed; anonymous if nobody is named. */
export function activated(world: World, device: string, principal?: Principal): string {
  return value(world.activate(device, principal === undefined ? {} : { principal })).activationId;
}

/** Why this device is not activated. */
export function refusedTo(world: World, device: string, principal: Principal): string {
  return refusal(world.activate(device, { principal })).code;
}

export function eventBody(body: string): {
  readonly changes: unknown;
  readonly data: unknown;
  readonly actor: unknown;
} {
  return JSON.parse(body) as { changes: unknown; data: unknown; actor: unknown };
}
