/** Who owns an activation and who may act on it, said naively (AUTH-2 to AUTH-5). */

import type { Principal, SignedInUser } from "../../src/domain/license/calls.ts";
import type { LicenseUser } from "../../src/domain/terms/license.ts";
import type { Refusal } from "../../src/domain/refusal.ts";

export interface ModelOwner {
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | null;
}

export function personIn(principal: Principal): SignedInUser | null {
  return principal.kind === "user" ? principal : null;
}

/** Check 11; null = passed. */
export function admission(
  user: LicenseUser | null,
  requireAuthentication: boolean,
  principal: Principal,
): Refusal | null {
  const person = personIn(principal);
  if (person === null) return requireAuthentication ? { code: "authentication-required" } : null;
  if (user === null || isUser(user, person)) return null;
  return { code: person.email === null ? "email-not-verified" : "wrong-user" };
}

/** AUTH-7: of v3's client calls. */
export function isVendor(principal: Principal): boolean {
  return principal.kind === "management" && principal.mayWriteActivations;
}

/** SEAT-3. */
export function mayResume(user: LicenseUser | null, owner: ModelOwner | null, principal: Principal): boolean {
  if (owner === null) return true;
  const person = personIn(principal);
  return person !== null && owns(user, owner, person);
}

/** AUTH-3, AUTH-5. */
export function mayAct(
  user: LicenseUser | null,
  owner: ModelOwner | null,
  session: string,
  principal: Principal,
): boolean {
  if (principal.kind === "anonymous") return false;
  if (principal.kind === "management") return principal.mayWriteActivations;
  if (principal.kind === "license-token") return owner === null && principal.activationId === session;
  return actsOnAny(principal) || (owner !== null && owns(user, owner, principal));
}

/** MGMT-5. */
export function actsOnAny({ role }: SignedInUser): boolean {
  return role === "admin" || role === "agent";
}

/** AUTH-8: a check-out, and no other call. */
export function mayGiveBack(
  user: LicenseUser | null,
  owner: ModelOwner | null,
  session: string,
  principal: Principal,
): boolean {
  return mayAct(user, owner, session, principal) || isForThem(user, principal);
}

function isForThem(user: LicenseUser | null, principal: Principal): boolean {
  return user !== null && principal.kind === "user" && isUser(user, principal);
}

/** CNT-1: the device's own check-out, and not the vendor's. */
export function isClients(user: LicenseUser | null, owner: ModelOwner | null, principal: Principal): boolean {
  if (principal.kind === "license-token") return true;
  if (isForThem(user, principal)) return true;
  return principal.kind === "user" && owner !== null && owns(user, owner, principal);
}

function owns(user: LicenseUser | null, owner: ModelOwner, person: SignedInUser): boolean {
  return (
    (owner.issuer === person.issuer && owner.subject === person.subject) || (user !== null && isUser(user, person))
  );
}

function isUser(user: LicenseUser, { email }: SignedInUser): boolean {
  return email !== null && email.toUpperCase() === user.email.toUpperCase();
}
