/** Reads one license where its truth is: its object, or D1 where that holds nothing yet (ID-5, MGMT-2). */

import type { Reached } from "../../domain/license/calls.ts";
import type { LicenseView } from "../../domain/terms/license.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import { completeView } from "../../domain/terms/stored-terms.ts";
import { objectOf } from "../../license/stub.ts";
import { needed, tried, type Tried } from "../../registry/db/outage.ts";
import { askingAlone, type Asking } from "../../registry/db/round-trip.ts";
import { licenseById, type LicenseRow } from "../../registry/rows/licenses.ts";
import { NO_NAMES, type Names } from "../../registry/rows/names.ts";
import type { Deployment } from "../deployment.ts";

type LicenseObject = ReturnType<Deployment["licenses"]["at"]>;

/** With the names that D1's row refers to, which may be behind. */
export interface NamedLicense {
  readonly license: LicenseView;
  readonly names: Names;
}

/** Of a license that is in use, what its object tells; of another one, what D1 has. */
export type Told<T> =
  | { readonly isHeld: true; readonly told: T; readonly names: Names }
  | { readonly isHeld: false; readonly license: LicenseView; readonly names: Names };

/**
 * The license as it is now. Refuses `license-unknown` (also for a text that is no license id), `license-lost` where D1
 * knows of an object that holds nothing, and the machinery's.
 */
export async function readLicense(
  deployment: Deployment,
  id: string,
  asked: Asking = askingAlone(deployment.db),
): Promise<Outcome<NamedLicense>> {
  const answer = await askAtOnce(deployment, id, asked, (object) => object.describe(id));
  if (!answer.ok) return answer;
  const { value } = answer;
  const { names } = value;
  return yes({ license: value.isHeld ? completeView(value.told) : value.license, names });
}

/**
 * Asks a license's object and D1 at once; `asked` may take D1's question along with others. An id that D1 does not know
 * is asked of its object, too: D1 may have been set back (OPS-1). `call` changes nothing and never gives birth. Refuses
 * what `readLicense` does.
 */
export async function askAtOnce<T>(
  deployment: Deployment,
  id: string,
  asked: Asking,
  call: (object: LicenseObject) => Promise<Reached<T>>,
): Promise<Outcome<Told<T>>> {
  const object = objectOf(deployment, id);
  if (object === null) return no({ code: "license-unknown" });
  const [read, answer] = await Promise.all([tried(asked(licenseById(id))), call(object)]);
  if (answer.reached !== "empty") return held(answer, read);
  const row = needed(read);
  if (row === null) return no({ code: "license-unknown" });
  const { license, names } = row;
  // Nothing but D1 has changed yet, even if the claim of a birth has come through.
  if (license !== null) return yes({ isHeld: false, license, names });
  // D1 may have answered after a birth that came after the object's answer.
  const again = await call(object);
  return again.reached === "empty" ? no({ code: "license-lost" }) : held(again, read);
}

type Holding<T> = Exclude<Reached<T>, { readonly reached: "empty" }>;

/** The object has the last word; of D1 only the names are wanted. */
function held<T>(answer: Holding<T>, read: Tried<LicenseRow | null>): Outcome<Told<T>> {
  if (answer.reached === "other") return no({ code: "license-unknown" });
  const { outcome } = answer;
  if (!outcome.ok) return outcome;
  const names = "answer" in read ? (read.answer?.names ?? NO_NAMES) : NO_NAMES;
  return yes({ isHeld: true, told: outcome.value, names });
}

/**
 * Where the license's object does not hold it: the license before its first use. `reached` is what the object answered,
 * undefined where the text is no license id. Refuses what `readLicense` does.
 */
export async function unborn(
  deployment: Deployment,
  id: string,
  reached: Exclude<Reached<never>["reached"], "license"> | undefined,
): Promise<Outcome<LicenseView>> {
  if (reached !== "empty") return no({ code: "license-unknown" });
  const found = await readLicense(deployment, id);
  return found.ok ? yes(found.value.license) : found;
}
