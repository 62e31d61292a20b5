/** What `npm run resync` says at its end: what came back, and what could not. */

import type { ResyncState } from "../src/operations/upkeep/resync.ts";
import type { Finding } from "../src/registry/upkeep/after-restore.ts";
import type { Summary } from "./resync-run.ts";

const STATES: Readonly<Record<ResyncState, string>> = {
  level: "agrees",
  behind: "still lags: run this again",
  empty: "is empty",
  lost: "D1 has it, and its object is empty: the object's storage is lost",
  displaced: "its object belongs to another license: this one cannot be used, create it again with another key",
  unavailable: "did not answer: run this again",
  unknown: "is no object of this deployment",
};

const NEVER = `What no run can tell, because nothing has it any more:
  - licenses that were created since and never used: create them again. With an externalReference that is safe to
    repeat: what came back answers 200, what is gone is created
  - changes of products and users since, and the event log of that time
  - access tokens revoked since are valid again, and signing keys marked compromised or rotated since are not:
    revoke and mark them again`;

export function report(summary: Summary): string {
  const { asked, empty, restored, updated, keys, activations, ended, revived, drift, missing } = summary;
  return [
    `objects asked           ${asked}, of them empty ${empty}`,
    `licenses restored       ${restored}, brought up to date ${updated}`,
    `keys restored           ${keys}`,
    `activations restored    ${activations}, ended since ${ended}`,
    `deletions done again    ${revived}`,
    `drift                   ${drift.length}`,
    ...drift.map(({ object, state }) => `  ${object}: ${STATES[state]}`),
    "",
    `What could not come back, as far as D1 can tell: ${missing.length === 0 ? "nothing" : ""}`,
    ...grouped(missing),
    "",
    NEVER,
  ].join("\n");
}

/** One line per thing that is not there, however many licenses name it. */
function grouped(missing: readonly Finding[]): readonly string[] {
  const licenses = new Map<string, string[]>();
  for (const finding of missing) {
    for (const fault of faultsOf(finding)) licenses.set(fault, [...(licenses.get(fault) ?? []), finding.licenseId]);
  }
  return [...licenses].map(([fault, [first, ...others]]) => {
    const more = others.length === 0 ? "" : ` and ${others.length} more`;
    return `  ${fault}: license ${first}${more}`;
  });
}

function faultsOf({ products, user, olderUser, keyLeadsTo, referenceLeadsTo }: Finding): readonly string[] {
  return [
    ...products.map((id) => `product ${id} is gone`),
    ...(user === null ? [] : [`user ${user} is gone`]),
    ...(olderUser === null ? [] : [`user ${olderUser} has an older e-mail than the license, change it again`]),
    ...(keyLeadsTo === null ? [] : [`a key leads to ${keyLeadsTo === "" ? "no license" : `license ${keyLeadsTo}`}`]),
    ...(referenceLeadsTo === null
      ? []
      : [`an external reference is ${referenceLeadsTo === "" ? "nobody's" : `license ${referenceLeadsTo}'s`}`]),
  ];
}
