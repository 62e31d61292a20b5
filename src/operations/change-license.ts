/**
 * Changes of a license after its creation: patch, renew, delete. All of them are the object's (ID-5), which takes the
 * license over from D1 if need be; nothing here writes.
 */

import type { Caller, Changed, ExpiresAtCall, ExtendCall, LicensePatch, Reached, RenewCall } from "../domain/calls.ts";
import { locatorOf } from "../domain/identifier.ts";
import type { LicenseView } from "../domain/license.ts";
import { no, yes, type Outcome } from "../domain/outcome.ts";
import { unknownProducts } from "../registry/products.ts";
import { findUser } from "../registry/users.ts";
import { UNKNOWN_USER } from "./create-license.ts";
import type { Deployment } from "./deployment.ts";

type LicenseObject = ReturnType<Deployment["licenses"]["at"]>;

export interface WantedChange extends LicensePatch {
  /** Whom the license is for from now on; null = nobody in particular. */
  readonly userId?: string | null;
}

/** Refusals: those of `domain/patch`, an unknown user, `already-exists` at `/key`, `license-unknown`, and the machinery's. */
export async function patchLicense(
  deployment: Deployment,
  id: string,
  { userId, ...members }: WantedChange,
  caller: Caller,
): Promise<Outcome<LicenseView>> {
  const named = await userNamed(deployment, userId);
  if (!named.ok) return named;
  const patch = { ...members, ...named.value };
  const products = patch.licensedProductIds ?? [];
  const [unknown] = products.length === 0 ? [] : await unknownProducts(deployment.db, products);
  if (unknown !== undefined) {
    const pointer = `/licensedProductIds/${products.indexOf(unknown)}`;
    return no({ code: "invalid-member", pointer, detail: "there is no such product" });
  }
  return license(await ask(deployment, id, (object) => object.patch(id, { ...caller, patch })));
}

/** The user's e-mail as it is now. The object reads it again with its reservation (REF-1). */
async function userNamed(
  { db }: Deployment,
  userId: string | null | undefined,
): Promise<Outcome<Pick<LicensePatch, "user">>> {
  if (userId === undefined) return yes({});
  if (userId === null) return yes({ user: null });
  const user = await findUser(db, userId);
  return user === null ? no(UNKNOWN_USER) : yes({ user: { id: user.id, email: user.email, revision: user.revision } });
}

/** EXP-4 to EXP-7, EXP-11. Refusals: those of `domain/renewal`, `license-unknown`, and the machinery's. */
export async function renewLicense(deployment: Deployment, id: string, call: RenewCall): Promise<Outcome<LicenseView>> {
  return license(await ask(deployment, id, (object) => object.renewLicense(id, call)));
}

/** EXP-8, EXP-11. Refusals: those of `domain/renewal.extend`, `license-unknown`, and the machinery's. */
export async function extendLicense(
  deployment: Deployment,
  id: string,
  call: ExtendCall,
): Promise<Outcome<LicenseView>> {
  return license(await ask(deployment, id, (object) => object.extendLicense(id, call)));
}

/** EXP-8. Refusals: those of `domain/renewal.setExpiresAt`, `license-unknown`, and the machinery's. */
export async function setExpiresAt(
  deployment: Deployment,
  id: string,
  call: ExpiresAtCall,
): Promise<Outcome<LicenseView>> {
  return license(await ask(deployment, id, (object) => object.setExpiresAt(id, call)));
}

/** DEL-1. Refusals: `license-unknown`, and the machinery's. */
export async function deleteLicense(deployment: Deployment, id: string, caller: Caller): Promise<Outcome<null>> {
  return await ask(deployment, id, (object) => object.deleteLicense(id, caller));
}

async function ask<T>(
  { licenses }: Deployment,
  id: string,
  call: (object: LicenseObject) => Promise<Reached<T>>,
): Promise<Outcome<T>> {
  const locator = locatorOf(id);
  if (locator === null) return no({ code: "license-unknown" });
  const answer = await call(licenses.at(locator));
  // Neither object nor D1 has such a license, or the object holds the one whose locator is the same.
  return answer.reached === "license" ? answer.outcome : no({ code: "license-unknown" });
}

function license(outcome: Outcome<Changed>): Outcome<LicenseView> {
  return outcome.ok ? yes(outcome.value.license) : outcome;
}
