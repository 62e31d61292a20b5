/** Whether a key would be activated now. It writes nothing, and no object is born of it. */

import { check } from "../../domain/commands/check.ts";
import type { CheckCall, Checked, Reached } from "../../domain/license/calls.ts";
import type { EffectiveFeature } from "../../domain/license/entitlements.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import { upperKey } from "../../domain/terms/license-key.ts";
import { lookAtUnborn } from "../../domain/turn/look.ts";
import { ask } from "../../registry/db/question.ts";
import { licenseById } from "../../registry/rows/licenses.ts";
import type { Moment } from "../../tokens/fresh-map.ts";
import type { Deployment } from "../deployment.ts";
import type { LocatorHints } from "../license/locator-hints.ts";
import { askByKey, askedOfD1, type Stores, type Unborn } from "./ask-by-key.ts";
import { sameInEitherCase } from "../../same-text.ts";

/** With what the license's set gives (FEAT-2). */
export interface CheckedNow extends Omit<Checked, "features"> {
  readonly features: readonly EffectiveFeature[] | null;
}

/**
 * `key` is as it was read (KEY-3), `moment` the Worker's clock, by which a license before its birth is judged
 * (CLOCK-1). Refusals: the rules' own, `license-lost` where D1 knows of an object that holds nothing, and `askByKey`'s.
 */
export async function checkKey(
  stores: Stores & Pick<Deployment, "entitlementFacts">,
  hints: LocatorHints,
  key: string,
  call: CheckCall,
  moment: Moment,
): Promise<Outcome<CheckedNow>> {
  const checked = await checkedByKey(stores, hints, key, call, moment.now);
  if (!checked.ok) return checked;
  const { features, entitlementSetId } = checked.value;
  if (features === null) return yes({ ...checked.value, features });
  const effective = await stores.entitlementFacts.of({ features, entitlementSetId }, moment);
  return effective.ok ? yes({ ...checked.value, features: effective.value }) : effective;
}

async function checkedByKey(
  stores: Stores,
  hints: LocatorHints,
  key: string,
  call: CheckCall,
  now: number,
): Promise<Outcome<Checked>> {
  return await askByKey<Checked>(stores, hints, key, {
    byKey: (locator) => stores.licenses.at(locator).check({ key }, call),
    byName: (locator, licenseId) => byName(stores, { locator, licenseId, key }, call, now),
  });
}

interface Named {
  readonly locator: string;
  readonly licenseId: string;
  readonly key: string;
}

/** The row is read first: if the object holds nothing after that, it was unborn when the row said so, or is lost. */
async function byName(
  { db, licenses }: Stores,
  { locator, licenseId, key }: Named,
  call: CheckCall,
  now: number,
): Promise<Reached<Checked> | Unborn<Checked>> {
  const row = await askedOfD1(() => ask(db, licenseById(licenseId)));
  if (!row.ok) return { reached: "license", outcome: row };
  const answer = await licenses.at(locator).check({ key, licenseId }, call);
  if (answer.reached !== "empty" || row.value === null) return answer;
  const { license, key: own } = row.value;
  if (!sameInEitherCase(key, upperKey(key), own)) return { reached: "other" };
  const outcome = license !== null ? check(lookAtUnborn(license, now), call) : no({ code: "license-lost" });
  return { reached: "unborn", outcome };
}
