/** What an access token may do (MGMT-5): `resource:read`, `resource:write`, or everything. */

export const SCOPES = [
  "*",
  "account:read",
  "account:write",
  "activation:read",
  "activation:write",
  "analytics:read",
  "entitlementSet:read",
  "entitlementSet:write",
  "eventLog:read",
  "feature:read",
  "feature:write",
  "invoice:read",
  "license:read",
  "license:write",
  "licenseTemplate:read",
  "licenseTemplate:write",
  "maintenancePolicy:read",
  "maintenancePolicy:write",
  "paymentMethod:read",
  "paymentMethod:write",
  "personalAccessToken:write",
  "product:read",
  "product:write",
  "release:read",
  "release:write",
  "role:read",
  "role:write",
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
