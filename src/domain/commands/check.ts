/**
 * Whether an activation would be granted now, and how much of it this caller is told. It reads alone: nothing is
 * written, told, swept or counted.
 */

import type { CheckCall, Checked } from "../license/calls.ts";
import { heldFeatures } from "../license/entitlements.ts";
import type { Standing } from "../terms/license.ts";
import type { Refusal } from "../refusal.ts";
import { no, yes, type Outcome } from "../outcome.ts";
import { isLicensedUser, mayAct, personOf } from "../seats/owner.ts";
import { inUse, isLive } from "../seats/seats.ts";
import type { Look } from "../turn/look.ts";
import { judge, looking, type Check, type Verdict } from "./judge.ts";
import type { KnownDevice } from "./known-device.ts";

/** Refuses what is wrong with the call itself (CHK-1, step 1); every other no is part of the answer. */
export function check(look: Look, call: CheckCall): Outcome<Checked> {
  const verdict = judge(look, call, looking(look));
  if (!verdict.ok && verdict.check === "fingerprint") return no(verdict.refusal);
  return yes({ ...NOTHING, ...told(look, call, verdict), refusal: refusalOf(verdict), now: look.now });
}

const NOTHING = {
  standing: null,
  expiresAt: null,
  activated: null,
  activationId: null,
  seats: null,
  licensedProductIds: null,
  features: null,
  entitlementSetId: null,
};

/** A license that admits nobody tells why; to whom it does not admit it tells nothing. */
function told(look: Look, call: CheckCall, verdict: Verdict): Partial<Checked> {
  const level = verdict.ok ? "all" : TOLD[verdict.check];
  if (level === "nothing") return {};
  const standing = standingIn(refusalOf(verdict));
  const { endsAt: expiresAt } = verdict.known;
  if (level === "standing") return { standing, expiresAt };
  return {
    standing,
    expiresAt,
    ...ownActivation(call, verdict.known),
    seats: maySeeSeats(look, call) ? seatsOf(look) : null,
    licensedProductIds: look.license.terms.licensedProductIds,
    features: heldFeatures(look.license.terms, look.now),
    entitlementSetId: look.license.terms.entitlementSetId,
  };
}

const TOLD: Readonly<Record<Check, "standing" | "nothing" | "all">> = {
  fingerprint: "nothing",
  standing: "standing",
  product: "nothing",
  network: "nothing",
  machine: "nothing",
  user: "nothing",
  release: "nothing",
  device: "all",
  new: "all",
  seats: "all",
  uses: "all",
};

const STANDINGS: Partial<Record<Refusal["code"], Standing>> = {
  "license-revoked": "revoked",
  "license-not-yet-effective": "not-yet-effective",
  "license-expired": "expired",
  "license-suspended": "suspended",
};

function standingIn(refusal: Refusal | null): Standing {
  return (refusal === null ? null : STANDINGS[refusal.code]) ?? "active";
}

function refusalOf(verdict: Verdict): Refusal | null {
  return verdict.ok ? null : verdict.refusal;
}

/**
 * SEAT-3: an activation that the caller would take over is somebody else's still, and of one that is only alike nobody
 * is told whose it is (FP-1).
 */
function ownActivation({ fingerprint }: CheckCall, { live, claim, isExact }: KnownDevice): Partial<Checked> {
  if (claim === "own" && isExact) return { activated: true, activationId: live?.id ?? null };
  return { activated: live === null && fingerprint !== null ? false : null };
}

/**
 * The license's user, whoever holds the token of a live activation that nobody owns (AUTH-5: an owner may have taken it
 * over), and who may read licenses.
 */
function maySeeSeats(look: Look, { principal, mayReadLicense }: CheckCall): boolean {
  if (mayReadLicense) return true;
  if (principal.kind === "license-token") {
    const activation = look.ledger.activation(principal.activationId);
    return activation !== null && isLive(look, activation) && mayAct(look.license.terms, activation, principal);
  }
  const person = personOf(principal);
  return person !== null && isLicensedUser(look.license.terms, person);
}

function seatsOf(look: Look): Checked["seats"] {
  return { limit: look.license.terms.allowedActivations, used: inUse(look).seats };
}
