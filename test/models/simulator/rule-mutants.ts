/** Guards of meters, idempotency keys, places, machines, releases and maintenance, for the simulator to find. */

import type { Planted } from "../../support/plant.ts";

export interface Mutant extends Planted {
  /** A seed that found it; another version of the rules takes other turns in the same seed. */
  readonly seed: number;
}

export const RULE_MUTANTS: readonly Mutant[] = [
  mutant("uses pass their limit", "limitRefusal", "total + increment <= limit", "true"),
  mutant(
    "what lapses have used stays used",
    "limitRefusal",
    "floating ? (lapsedUses(look).get(usesKey(id, round)) ?? 0) : 0",
    "0",
  ),
  mutant("uses stay with what has ended", "count", "returnUses(turn, of)", "void 0"),
  mutant("revoking returns no uses", "endAll", "returnAllUses(turn);", "", 7),
  mutant("another user returns no uses", "endOwned", "returnOwnedUses(turn);", "", 7),
  mutant("uses of before a take-over are nobody's", "resume", "ownUses(turn, live);", "", 4),
  mutant("a device gives back what it has not used", "withUsesOf", "Math.max(increment, -before)", "increment"),
  mutant(
    "uses that do not float come back",
    "floatingOf",
    "floating ? (counts.get(id) ?? []) : []",
    "counts.get(id) ?? []",
  ),
  mutant("a token that was not signed leaves its uses", "checkOut", "withoutUses(turn, found.value)", "found.value"),
  mutant("a reset leaves what devices have used", "withoutUses", "round: count.round + 1", "round: count.round", 7),
  mutant("a reset of nothing is told", "withoutUses", "if (total === 0) return before;", ""),
  mutant(
    "a meter attribute with another limit begins anew",
    "patchedMeter",
    "old ?? { id: newId(), createdAt: now }",
    "{ id: newId(), createdAt: now }",
  ),
  mutant("what is given back was never used", "withUsesOf", "Math.max(0, step)", "step"),
  mutant("nobody is told of uses", "counted", "after !== before", "false", 5),
  mutant("uses of a person's activation are anybody's to count", "counted", "mayActByKey", "() => true", 5),
  mutant("a sync takes uses that there are none of", "sync", "?? usesRefusalOnceSwept(turn, uses)", ""),
  mutant("devices are told of every meter attribute", "metersTold", 'viewPermissions.includes("activation")', "true"),
  mutant("another body with the same key is the same call", "once", "record.bodyHash === bodyHash", "true", 2),
  mutant("no outcome is kept", "once", "if (outcome.ok) keep(", "if (false) keep(", 2),
  mutant("an outcome is kept for two days", "isKept", "turn.now - KEPT", "turn.now - 2 * KEPT", 2),
  mutant("a repeated activation needs no good license", "again", "if (standing !== null) return no(standing);", "", 3),
  mutant(
    "a repeated activation may be somebody else's",
    "again",
    'if (claim === "foreign") return no(foreignRefusal(call));',
    "",
    11,
  ),
  mutant("what was not delivered is answered again", "forgetUndelivered", "dropRecord(turn, record)", "void 0", 10),
  mutant("what a repetition delivered is taken back", "forgetUndelivered", "kept.repeated === true", "false", 11),
  mutant("every country is allowed", "isCountryAllowed", "|| allowedCountries.includes(country)", "|| true"),
  mutant(
    "a country that is not known is allowed",
    "isCountryAllowed",
    "return allowedCountries.length === 0;",
    "return true;",
  ),
  mutant("no country is forbidden", "isCountryAllowed", "!disallowedCountries.includes(country)", "true", 5),
  mutant("an address that is not known is allowed", "isAddressAllowed", "return allowsAll;", "return true;"),
  mutant("ranges allow nobody", "isAddressAllowed", "|| isAmong(address, allowedIpRanges)", "", 2),
  mutant("no address is forbidden", "isAddressAllowed", "!isAmong(address, disallowedIpAddresses)", "true"),
  mutant("a range is twice as wide", "isIn", "address.match(first, bits)", "address.match(first, bits - 1)"),
  mutant("virtual machines may run everything", "machineRefusal", "!terms.allowVmActivation", "false", 5),
  mutant("a float server may run in a container", "allowsContainers", '&& type !== "on-premise-floating"', ""),
  mutant("an app of another product may activate", "productRefusal", "licensedProductIds.includes(productId)", "true"),
  mutant(
    "versions are compared as texts",
    "isGreater",
    "number.length === than.length ? number > than : number.length > than.length",
    "number > than",
  ),
  mutant("every version is within the limit", "limitRefusal", "!isLater(version, limit)", "true"),
  mutant("every major update is included", "maintenanceRefusal", 'update === "major"', "false"),
  mutant("every minor update is included", "maintenanceRefusal", 'update === "minor"', "false"),
  mutant("maintenance never ends", "maintenanceRefusal", "isMaintained(maintenance, now)", "true"),
  mutant(
    "a release without a date is from before the end",
    "maintenanceRefusal",
    "known !== null && update === null",
    "true",
  ),
  mutant("the last release is the latest", "newerRelease", "isLater(version, known)", "true"),
  mutant("a sync moves no latest release", "sync", "noteRelease(turn, call.device.releaseVersion)", "false"),
  mutant("the end of a maintenance is told again", "tellMaintenance", 'isOver ? "over" : "soon"', '"soon"'),
  mutant(
    "the end of a longer maintenance is not told",
    "withMaintenanceEnd",
    'expiresAt <= now ? "soon" : "nothing"',
    '"over"',
  ),
  mutant(
    "a maintenance's reference is not recorded",
    "applyMaintenance",
    'ledger.recordRenewalReference("maintenance", reference, now)',
    "void 0",
  ),
  mutant("the policy that it has begins anew", "patchedMaintenance", "policy?.id === before?.id", "false", 9),
  mutant(
    "a maintenance that waits never begins",
    "firstActivation",
    "activatedMaintenance(terms.maintenance, now)",
    "terms.maintenance",
  ),
  mutant("what was added before it began is lost", "longerMaintenance", "pending: [...pending, period]", "pending", 17),
];

export function mutant(name: string, within: string, find: string, replace: string, seed = 1): Mutant {
  return { name, seed, edits: [{ in: within, find, replace }] };
}
