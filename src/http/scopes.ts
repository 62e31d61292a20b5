/** What a principal may do by its scopes (MGMT-5), and see of people and keys (MGMT-7). */

import type { Role } from "../domain/license/calls.ts";

/**
 * `resource:read`, `resource:write`, or everything. Each is taken by a route: a token of what is not built would be
 * promised what nobody knows yet, and hold it on the day that it is there.
 */
export const SCOPES = [
  "*",
  "account:read",
  "activation:read",
  "activation:write",
  "analytics:read",
  "entitlementSet:read",
  "entitlementSet:write",
  "eventLog:read",
  "feature:read",
  "feature:write",
  "license:read",
  "license:write",
  "licenseTemplate:read",
  "licenseTemplate:write",
  "maintenancePolicy:read",
  "maintenancePolicy:write",
  "personalAccessToken:write",
  "product:read",
  "product:write",
  "tag:read",
  "tag:write",
  "trialActivation:read",
  "trialActivation:write",
  "trialPolicy:read",
  "trialPolicy:write",
  "user:read",
  "user:write",
  "webhook:read",
  "webhook:write",
] as const;

export type Scope = (typeof SCOPES)[number];

/** `*` covers every scope; `write` does not cover `read`. */
export function covers(held: readonly string[], scope: Scope): boolean {
  return held.includes("*") || held.includes(scope);
}

/** Of a signed-in person; without a role none. */
export function scopesOfRole(role: Role | null): readonly Scope[] {
  return role === null ? [] : SCOPES_OF_ROLE[role];
}

const READING = SCOPES.filter((scope) => scope.endsWith(":read"));
const SCOPES_OF_ROLE: Readonly<Record<Role, readonly Scope[]>> = {
  admin: ["*"],
  agent: [...READING, "activation:write"],
  support: READING,
};

/** What of resources, and of what is signed, shows. */
export interface Sight {
  /** Names, e-mail and company, and an activation's recorded e-mail. */
  readonly people: boolean;
  readonly keys: boolean;
  /** What other resources are found by of their activations. */
  readonly devices: boolean;
}

/** Of whom it is about. */
export const WHOLE: Sight = { people: true, keys: true, devices: true };

export const SCOPE_OF: Readonly<Record<keyof Sight, Scope>> = {
  people: "user:read",
  keys: "license:read",
  devices: "activation:read",
};

export function sightOf(scopes: readonly string[]): Sight {
  return {
    people: covers(scopes, SCOPE_OF.people),
    keys: covers(scopes, SCOPE_OF.keys),
    devices: covers(scopes, SCOPE_OF.devices),
  };
}
