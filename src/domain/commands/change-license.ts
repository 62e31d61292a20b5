/** Changes of a license by the vendor, on the stored rows: patch, a new e-mail, deletion (DEL-1, STAND-2). */

import type { Changed, LicensePatch, UserEmail } from "../license/calls.ts";
import { changesBetween } from "../license/difference.ts";
import { endAll, endOwned } from "../turn/counters.ts";
import type { Changes } from "../license/event.ts";
import { licenseData, viewOf } from "../seats/event-data.ts";
import { no, yes, type Outcome } from "../outcome.ts";
import { patchLicense, type NewId, type Patched } from "../license/patch.ts";
import { switchesSince } from "../license/seat-release.ts";
import { inUse, oldestLapse, sweepFew } from "../seats/seats.ts";
import type { Terms } from "../terms/license.ts";
import { emit, type Turn } from "../turn/turn.ts";

/** SEAT-10: switches that one license remembers. */
const MOST_SWITCHES = 8;

/**
 * What a PATCH would do, without doing it: a call that must reserve something first asks before and after the wait.
 * Lapses may be swept for it.
 */
export function considerPatch(turn: Turn, patch: LicensePatch): Outcome<Patched> {
  // People share seats, and holds are seats alone: whichever tells of more.
  const live = Math.max(...Object.values(inUse(turn)));
  const { ledger, license } = turn;
  const newId: NewId = (of) => (of === "meter" ? ledger.newLocatedId(license.id) : ledger.newId());
  const patched = patchLicense(viewOf(turn), patch, live, newId, turn.now);
  return patched.ok ? withSwitch(turn, withoutEnds(turn, patched.value)) : patched;
}

/** TPL-2: under another strategy no device has the end that it had; a number forgets them, however many (SEAT-6). */
function withoutEnds(turn: Turn, patched: Patched): Patched {
  const { license } = patched;
  if (license.terms.expirationStrategy === turn.license.terms.expirationStrategy) return patched;
  const terms = { ...license.terms, endsRememberedFrom: turn.ledger.renewals().n + 1 };
  return { ...patched, license: { ...license, terms } };
}

/** The renewal of nothing, by whose number what came before it is told from what comes after. */
export function beginEnds(turn: Turn, { endsRememberedFrom: n }: Terms): void {
  const sum = turn.ledger.renewals();
  if (sum.n < n) turn.ledger.addRenewal({ ...sum, n });
}

/**
 * SEAT-10: lapses of before that nobody has swept stay under their rule. Refuses `overloaded` where too many rules are
 * in force.
 */
function withSwitch(turn: Turn, patched: Patched): Outcome<Patched> {
  const { license } = patched;
  const { seatRelease: from, seatReleaseSwitches } = turn.license.terms;
  if (license.terms.seatRelease === from) return yes(patched);
  const all = [...seatReleaseSwitches, { at: turn.now, from }];
  if (switchesSince(oldestLapse(turn), all).length > MOST_SWITCHES) sweepFew(turn);
  const switches = switchesSince(oldestLapse(turn), all);
  if (switches.length > MOST_SWITCHES) return no({ code: "overloaded", what: "license" });
  return yes({ ...patched, license: { ...license, terms: { ...license.terms, seatReleaseSwitches: switches } } });
}

/**
 * Commits a PATCH. Revoking ends every activation (STAND-2), another user those of signed-in people (AUTH-6), both by a
 * watermark. Without a difference nothing is written but a newer copy of the same user (SNAP-1), which tells nobody
 * anything.
 */
export function applyPatch(turn: Turn, patch: LicensePatch): Outcome<Changed> {
  const considered = considerPatch(turn, patch);
  if (!considered.ok) return considered;
  const { license, changes, endsActivations, endsOwned } = considered.value;
  if (Object.keys(changes).length > 0) {
    if (endsActivations) endAll(turn);
    if (endsOwned) endOwned(turn);
    forgetMeters(turn, license.terms);
    beginEnds(turn, license.terms);
    turn.license = license;
    turn.ledger.saveLicense(license);
    tellOfPatch(turn, changes);
  } else if (license.terms !== turn.license.terms) {
    turn.license = license;
    turn.ledger.saveLicense(license);
  }
  return yes({ license: viewOf(turn) });
}

/** METER-1: what was counted of meter attributes that are gone. */
function forgetMeters(turn: Turn, { meterAttributes }: Terms): void {
  const ids = new Set(meterAttributes.map(({ id }) => id));
  for (const { id } of turn.license.terms.meterAttributes) if (!ids.has(id)) turn.ledger.meters.remove(id);
}

/** The period is the subscription's, and told of apart (docs/events.md), but for another plan, which is one thing. */
function tellOfPatch(turn: Turn, changes: Changes): void {
  if (changes["licenseTemplateId"] !== undefined) {
    emit(turn, "license.updated", changes, licenseData(turn));
    return;
  }
  const isPeriod = (member: string) => member === "subscriptionInterval" || member === "validity";
  const parts = [
    { type: "license.updated", members: Object.entries(changes).filter(([member]) => !isPeriod(member)) },
    { type: "license.subscription.updated", members: Object.entries(changes).filter(([member]) => isPeriod(member)) },
  ] as const;
  for (const { type, members } of parts) {
    if (members.length > 0) emit(turn, type, Object.fromEntries(members), licenseData(turn));
  }
}

/**
 * SNAP-1: the license's copy of its user's e-mail. An older revision, or another user's, is late and changes nothing.
 * It ends no activation, but tokens tell of it, so the revision goes up and a check-in says `renewNow`.
 */
export function applyUserEmail(turn: Turn, { userId, email, revision }: UserEmail): Outcome<null> {
  const { license, now } = turn;
  const user = license.terms.user;
  if (user?.id !== userId || user.revision >= revision) return yes(null);
  const terms = { ...license.terms, user: { id: userId, email, revision } };
  const differs = user.email !== email;
  turn.license = differs
    ? { ...license, revision: license.revision + 1, terms: { ...terms, updatedAt: now } }
    : { ...license, terms };
  turn.ledger.saveLicense(turn.license);
  if (differs) emit(turn, "license.updated", changesBetween(license, turn.license), licenseData(turn));
  return yes(null);
}

/** DEL-1: a tombstone ends everything at once; rows, events and D1's copy follow in batches. */
export function applyDeletion(turn: Turn): Outcome<null> {
  if (turn.ledger.isDeleted(turn.license.id)) return no({ code: "license-unknown" });
  const data = licenseData(turn);
  endAll(turn);
  turn.ledger.entomb(turn.license.id, turn.now);
  emit(turn, "license.deleted", {}, data);
  return yes(null);
}
