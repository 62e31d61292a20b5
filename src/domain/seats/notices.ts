/**
 * What the clock brings about, told once (EVT-1): at a license's end `license.expiring-soon` and `license.expired`, at
 * the end of an entitlement `license.updated`, at that of the maintenance two events of its own. Whichever turn comes
 * first after the instant tells it: the alarm's, or any call's when the alarm runs late or never. The tally remembers
 * the end that was told of.
 */

import { changesBetween } from "../license/difference.ts";
import { entitlementEnd, withExpired } from "../license/entitlements.ts";
import { licenseData } from "./event-data.ts";
import { licenseEnd } from "../terms/expiry.ts";
import { isMaintained, maintenanceNoticeAt, type Maintenance } from "../terms/maintenance.ts";
import type { Tally } from "../turn/ledger.ts";
import type { License, Terms } from "../terms/license.ts";
import { ALARM, emit, move, type Turn } from "../turn/turn.ts";

type Told = Pick<Tally, "expiredEnd" | "expiringEnd">;

/** When the license's end comes near (epoch ms); null = nobody wants to know, or there is no end. */
function soonAt(terms: Terms): number | null {
  const end = licenseEnd(terms.end);
  const offsetSeconds = terms.expiringSoonEventOffset;
  return end === null || offsetSeconds <= 0 ? null : end - offsetSeconds * 1000;
}

/** When there is something to tell (epoch ms); null = nothing, or it is told. */
export function noticeAt(terms: Terms, told: Told): number | null {
  const instants = [endNoticeAt(terms, told), entitlementEnd(terms), maintenanceAt(terms)].filter(
    (at): at is number => at !== null,
  );
  return instants.length === 0 ? null : Math.min(...instants);
}

function endNoticeAt(terms: Terms, { expiredEnd, expiringEnd }: Told): number | null {
  const end = licenseEnd(terms.end);
  if (end === null || expiredEnd === end) return null;
  const soon = soonAt(terms);
  return soon === null || expiringEnd === end ? end : Math.min(soon, end);
}

/** An end at or before `at` counts as told of: at birth, a license that was over when it was made (imports). */
export function toldUpto(terms: Terms, at: number): Told {
  const end = licenseEnd(terms.end);
  const wasOver = end !== null && end <= at;
  return { expiredEnd: wasOver ? end : null, expiringEnd: wasOver ? end : null };
}

/** Tells what is due. EXP-9: the instant of the end counts. A deleted license has nothing more to tell. */
export function tellDue(turn: Turn): void {
  const { terms } = turn.license;
  const at = noticeAt(terms, turn.tally);
  if (at === null || at > turn.now || turn.ledger.isDeleted(turn.license.id)) return;
  tellEntitlements(turn);
  tellMaintenance(turn);
  tellEnd(turn);
}

/** Tokens tell less from now on: by its revision, check-ins say so. */
function tellEntitlements(turn: Turn): void {
  const { license, now } = turn;
  const end = entitlementEnd(license.terms);
  if (end === null || end > now) return;
  turn.license = { ...license, terms: withExpired(license.terms, now), revision: license.revision + 1 };
  turn.ledger.saveLicense(turn.license);
  emit(turn, "license.updated", changesBetween(license, turn.license), licenseData(turn), ALARM);
}

function maintenanceAt({ maintenance, expiringSoonEventOffset }: Terms): number | null {
  return maintenance === null ? null : maintenanceNoticeAt(maintenance, expiringSoonEventOffset);
}

/** MAINT-1. Tokens say nothing of it: the revision stays. */
function tellMaintenance(turn: Turn): void {
  const { license, now } = turn;
  const { maintenance } = license.terms;
  const at = maintenanceAt(license.terms);
  if (maintenance === null || at === null || at > now) return;
  const isOver = !isMaintained(maintenance, now);
  const wasSoon = maintenance.told === "nothing" && license.terms.expiringSoonEventOffset > 0;
  const told: Maintenance = { ...maintenance, told: isOver ? "over" : "soon" };
  turn.license = { ...license, terms: { ...license.terms, maintenance: told } };
  turn.ledger.saveLicense(turn.license);
  if (wasSoon) emit(turn, "license.maintenance-expiring-soon", {}, licenseData(turn), ALARM);
  if (isOver) emit(turn, "license.maintenance-expired", {}, licenseData(turn), ALARM);
}

function tellEnd(turn: Turn): void {
  const { terms } = turn.license;
  const at = endNoticeAt(terms, turn.tally);
  if (at === null || at > turn.now) return;
  const end = licenseEnd(terms.end);
  const soon = soonAt(terms);
  if (soon !== null && soon <= turn.now && turn.tally.expiringEnd !== end) {
    emit(turn, "license.expiring-soon", {}, licenseData(turn), ALARM);
    move(turn, { expiringEnd: end });
  }
  if (end === null || end > turn.now) return;
  emit(turn, "license.expired", {}, licenseData(turn), ALARM);
  move(turn, { expiredEnd: end, expiringEnd: end });
}

/** After a change: an end that was put into the past never came near, but it has come. */
export function tellOfChange(turn: Turn, before: License): void {
  if (turn.license === before) return;
  const end = licenseEnd(turn.license.terms.end);
  if (end !== null && end <= turn.now && end !== licenseEnd(before.terms.end)) move(turn, { expiringEnd: end });
  tellDue(turn);
}
