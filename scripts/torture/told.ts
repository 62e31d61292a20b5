/**
 * EVT-1, EVT-3: whether every change that was acknowledged has its event in the log, and each event goes on where the
 * one before ended.
 */

import type { Dossier } from "./dossier.ts";
import type { Row, Stored } from "./storage.ts";

interface Told {
  readonly type: string;
  /** Null where the log hides it: a key. */
  readonly changes: Readonly<Record<string, { readonly before: unknown; readonly after: unknown } | null>>;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Each fault in words. */
export function eventFaults(stored: Stored, dossiers: readonly Dossier[]): readonly string[] {
  const byLicense = Map.groupBy(stored.events, (event) => event["subject_id"]);
  return dossiers.flatMap((dossier) => {
    if (dossier.id === null) return [];
    const events = (byLicense.get(dossier.id) ?? []).map(toldBy);
    return [...missing(dossier, events), ...brokenChains(dossier.id, events)];
  });
}

function missing(dossier: Dossier, events: readonly Told[]): string[] {
  const has = (type: string, member: string, value: unknown) =>
    events.some((event) => event.type === type && event.data[member] === value);
  const noted = new Set(events.map(({ changes }) => changes["notes"]?.after));
  const wanted: [string, boolean][] = [
    ["license.created", events.some(({ type }) => type === "license.created")],
    ...[...dossier.acknowledgedNotes].map((notes): [string, boolean] => [
      `license.updated to ${notes}`,
      noted.has(notes),
    ]),
    ...[...dossier.renewals].map((reference): [string, boolean] => [
      `license.renewed by ${reference}`,
      has("license.renewed", "renewalReference", reference),
    ]),
    ...[...dossier.sessions.keys()].map((id): [string, boolean] => [
      `activation.created of ${id}`,
      has("activation.created", "id", id),
    ]),
    ["license.deleted", dossier.deletion !== "done" || events.some(({ type }) => type === "license.deleted")],
  ];
  return wanted.flatMap(([what, isThere]) => (isThere ? [] : [`${dossier.id}: no event ${what}`]));
}

/** What a member was before a change is what the change before made it. */
function brokenChains(id: string, events: readonly Told[]): string[] {
  const last = new Map<string, string>();
  return events.flatMap(({ type, changes }) =>
    type.startsWith("activation.")
      ? []
      : Object.entries(changes).flatMap(([member, change]) => {
          if (change === null) return [];
          const known = last.get(member);
          const before = JSON.stringify(change.before);
          last.set(member, JSON.stringify(change.after));
          const fits = known === undefined || known === before;
          return fits ? [] : [`${id}: ${member} was ${known} and is told to have been ${before}`];
        }),
  );
}

function toldBy({ type, body }: Row): Told {
  const { changes, data } = JSON.parse(String(body));
  return { type: String(type), changes, data };
}
