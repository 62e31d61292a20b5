/** A license in D1 and the stub of its object in workerd, not yet born, with the calls of tests below HTTP. */

import { env } from "cloudflare:workers";

import type { Caller, Grant, LicensePatch, PatchCall, Reached } from "../../src/domain/license/calls.ts";
import type { NewLicense } from "../../src/domain/license/creation.ts";
import type { License } from "../../src/domain/terms/license.ts";
import type { LicenseObject } from "../../src/license/license-object.ts";
import type { Address } from "../../src/license/rpc.ts";
import { insertUnborn, licenseOf } from "./license-fixture.ts";

export interface Born {
  readonly license: License;
  readonly address: Address;
  readonly stub: DurableObjectStub<LicenseObject>;
}

let made = 0xb0;

export async function born(members: Partial<NewLicense>): Promise<Born> {
  made += 1;
  const locator = made.toString(16).padStart(15, "0");
  const license = licenseOf(members, locator, `BORN-${made}`);
  await insertUnborn(env.DB, license);
  const stub = env.LICENSES.get(env.LICENSES.idFromName(locator));
  return { license, address: { key: license.key, licenseId: license.id }, stub };
}

export function granted(answer: Reached<Grant>): Grant {
  if (answer.reached !== "license" || !answer.outcome.ok) throw new Error(`not granted: ${JSON.stringify(answer)}`);
  return answer.outcome.value;
}

const VENDOR: Caller = { actor: { type: "token", id: "vendor" }, requestId: "test" };

export function patchCall(patch: LicensePatch): PatchCall {
  return { ...VENDOR, patch };
}
