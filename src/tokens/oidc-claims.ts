/** Who a verified token speaks of (AUTH-1): subject, e-mail and roles, from claims that differ by provider. */

import * as z from "zod/mini";
import type { Role, SignedInUser } from "../domain/license/calls.ts";
import { isAddress } from "../domain/terms/email.ts";

/** How to read the claims (`OIDC_*`). */
export interface ClaimRules {
  readonly issuer: string;
  /** The claim's whole name, or else a dotted path to it. */
  readonly rolesClaim: string;
  /** An e-mail counts even where the provider does not say that it is verified. */
  readonly trustEmail: boolean;
}

/** By name; anything at all until it is looked at. */
export type Claims = Readonly<Record<string, unknown>>;

/** Of several the one that may do most. */
const STRONGEST_FIRST: readonly Role[] = ["admin", "agent", "support"];
/** OpenID Connect Core 2: at most 255 characters. */
const SUBJECT = z.string().check(z.minLength(1), z.maxLength(255));
const EMAIL = z.string().check(z.maxLength(320), z.refine(isAddress));
const ROLES = z.union([z.string(), z.array(z.unknown())]);
const OBJECT = z.record(z.string(), z.unknown());

/** Null: nobody, because `sub` is no usable subject. */
export function userOf(claims: Claims, rules: ClaimRules): SignedInUser | null {
  const subject = SUBJECT.safeParse(claims.sub);
  if (!subject.success) return null;
  const email = EMAIL.safeParse(claims.email);
  const address = email.success ? email.data : null;
  const roles = rolesOf(claims, rules.rolesClaim);
  const counts = rules.trustEmail || isTrue(claims.email_verified);
  return {
    kind: "user",
    issuer: rules.issuer,
    subject: subject.data,
    email: counts ? address : null,
    emailClaimed: counts ? null : address,
    role: STRONGEST_FIRST.find((role) => roles.includes(role)) ?? null,
  };
}

/** Some providers write it as text. */
function isTrue(verified: unknown): boolean {
  return verified === true || verified === "true";
}

/**
 * A list holds one role per item; a text is one role as it stands. It is not split at spaces, as scopes are: roles have
 * spaces in their names, and "billing admin" is no `admin`.
 */
function rolesOf(claims: Claims, name: string): readonly unknown[] {
  const roles = ROLES.safeParse(claimAt(claims, name));
  if (!roles.success) return [];
  return typeof roles.data === "string" ? [roles.data] : roles.data;
}

/** The whole name first: a claim may be named by a URL, which has dots of its own. */
function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name.split(".").reduce<unknown>((at, step) => {
    const object = OBJECT.safeParse(at);
    return object.success && Object.hasOwn(object.data, step) ? object.data[step] : undefined;
  }, claims);
}
