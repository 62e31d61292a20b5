/** Whose an activation is, and who may act on it (AUTH-2 to AUTH-5, SEAT-3). Counts and writes nothing. */

import { isSameEmail } from "../terms/email.ts";
import type { Principal, SignedInUser } from "../license/calls.ts";
import type { Activation } from "../turn/ledger.ts";
import type { Terms } from "../terms/license.ts";
import type { Refusal } from "../refusal.ts";

/** The signed-in person who calls, or null: at activation everybody else is anonymous (AUTH-2). */
export function personOf(principal: Principal): SignedInUser | null {
  return principal.kind === "user" ? principal : null;
}

/** An activation's `owner`: issuer and subject as JSON, so that no pair is another one's text; null = anonymous. */
export function ownerOf(person: SignedInUser | null): string | null {
  return person === null ? null : JSON.stringify([person.issuer, person.subject]);
}

/** The two parts of an `owner`. */
export function ownerParts(owner: string): { readonly issuer: string; readonly subject: string } {
  const [issuer, subject] = JSON.parse(owner) as readonly [string, string];
  return { issuer, subject };
}

/**
 * CHK-1: the check of the user, null if it passes. A role opens nothing here: an admin who activates is a person
 * (AUTH-4). SEAT-2: a seat that a person's devices share is some person's. Refusals: `authentication-required`,
 * `email-not-verified`, `wrong-user`.
 */
export function authenticationRefusal(terms: Terms, person: SignedInUser | null): Refusal | null {
  const needsPerson = terms.requireAuthentication || terms.leasingStrategy === "per-user";
  if (person === null) return needsPerson ? { code: "authentication-required" } : null;
  if (terms.user === null || isLicensedUser(terms, person)) return null;
  return { code: person.email === null ? "email-not-verified" : "wrong-user" };
}

/**
 * Who activates. `admitsEnded`: by v3's client call, where a management token is somebody (AUTH-7); on the activation
 * API HTTP clients only attach what they have (AUTH-2).
 */
export interface Activator {
  readonly principal: Principal;
  readonly admitsEnded: boolean;
}

/** AUTH-7: the vendor, who activates for whoever it is. */
export function isVendor({ principal, admitsEnded }: Activator): boolean {
  return admitsEnded && principal.kind === "management" && principal.mayWriteActivations;
}

/** What a call means to the live activation of its device (SEAT-3); `on-behalf`: for its owner (AUTH-7). */
export type Claim = "own" | "take-over" | "on-behalf" | "foreign";

/** Two anonymous calls are one owner; a signed-in person takes an anonymous activation over, and nobody a person's. */
export function claimOn(terms: Terms, activation: Activation, activator: Activator): Claim {
  const person = personOf(activator.principal);
  if (activation.owner === null) return person === null ? "own" : "take-over";
  if (person !== null && owns(terms, activation, person)) return "own";
  return isVendor(activator) ? "on-behalf" : "foreign";
}

/** AUTH-7: v3 asks for whose the activation is, the activation API for a device that is nobody else's (SEAT-3). */
export function foreignRefusal({ admitsEnded }: Pick<Activator, "admitsEnded">): Refusal {
  return { code: admitsEnded ? "not-session-owner" : "device-already-activated" };
}

/**
 * AUTH-3, AUTH-5: a license token acts on its own anonymous activation, a person on their own, a management token with
 * the scope and a person whose role has it on any.
 */
export function mayAct(terms: Terms, activation: Activation, principal: Principal): boolean {
  switch (principal.kind) {
    case "anonymous":
      return false;
    case "management":
      return principal.mayWriteActivations;
    case "user":
      return actsOnAny(principal) || owns(terms, activation, principal);
    case "license-token":
      return activation.owner === null && principal.activationId === activation.id;
  }
}

/**
 * AUTH-7: v3's client calls come with the license's key and the device's fingerprint, which are enough but where a
 * person owns the activation.
 */
export function mayActByKey(terms: Terms, activation: Activation, principal: Principal): boolean {
  return activation.owner === null || mayAct(terms, activation, principal);
}

/** AUTH-8: over that, whom a license is for gives back any activation of it, an anonymous one too. */
export function mayGiveBack(terms: Terms, activation: Activation, principal: Principal): boolean {
  return mayAct(terms, activation, principal) || (principal.kind === "user" && isLicensedUser(terms, principal));
}

/** MGMT-5: `support` only reads. */
function actsOnAny({ role }: SignedInUser): boolean {
  return role === "admin" || role === "agent";
}

/**
 * CNT-1, AUTH-8: whether the one who gives back does so as a client, or for the vendor: a role on somebody else's
 * activation of somebody else's license.
 */
export function actsAsClient(terms: Terms, activation: Activation, principal: Principal): boolean {
  if (principal.kind !== "user") return principal.kind !== "management";
  return !actsOnAny(principal) || owns(terms, activation, principal) || isLicensedUser(terms, principal);
}

/**
 * AUTH-4: on a license with a user, everyone whom it admits owns what was made signed in, so that the provider can be
 * replaced.
 */
function owns(terms: Terms, activation: Activation, person: SignedInUser): boolean {
  if (activation.owner === null) return false;
  return activation.owner === ownerOf(person) || isLicensedUser(terms, person);
}

/** AUTH-4: a signed-in person whom a license with a user admits. */
export function isLicensedUser(terms: Terms, { email }: SignedInUser): boolean {
  const { user } = terms;
  return user !== null && email !== null && isSameEmail(user.email, email);
}
