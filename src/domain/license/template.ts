/** License templates (TPL-1, KEY-1): what they give to new licenses, and which could never make one. */

import { newTerms, type NewLicense } from "./creation.ts";
import { readKeyPattern } from "../terms/key-pattern.ts";
import type { Refusal } from "../refusal.ts";
import type { TemplateSetting } from "../terms/settings.ts";

/** What a license can have from a template. */
type Givable = Pick<NewLicense, TemplateSetting | "subscriptionInterval" | "requiredMetadataKeys" | "entitlementSetId">;

/** Only what the template was given, in the words of a creation; null stands for nothing. */
export interface TemplateMembers extends Givable {
  /** Of generated keys alone; a chosen key may look otherwise. */
  readonly keyPattern?: string | null | undefined;
  readonly maintenancePolicyId?: string | null | undefined;
}

/** TPL-1: what the body does not say is the template's. A period in the body replaces the template's (PER-1). */
export function withTemplate(body: NewLicense, template: TemplateMembers): NewLicense {
  const { keyPattern: _, maintenancePolicyId: _policy, validity, subscriptionInterval, ...others } = template;
  const period = isGiven(body.validity) || isGiven(body.subscriptionInterval) ? {} : { validity, subscriptionInterval };
  const wanted = Object.entries({ ...others, ...period }).filter(([member]) => !isGiven(Reflect.get(body, member)));
  return { ...body, ...Object.fromEntries(wanted) };
}

/** A template has to be able to make a license by itself, but for the metadata that it asks for. */
export function templateRefusal(template: TemplateMembers, now: number): Refusal | null {
  const { requiredMetadataKeys, ...members } = template;
  const made = newTerms(withTemplate({ productId: ANY_PRODUCT }, members), now);
  if (!made.ok) return made.refusal;
  return patternRefusal(template.keyPattern ?? null) ?? requiredKeysRefusal(requiredMetadataKeys ?? []);
}

const ANY_PRODUCT = "";

function patternRefusal(pattern: string | null): Refusal | null {
  const read = pattern === null ? null : readKeyPattern(pattern);
  return read === null || read.ok ? null : { code: "invalid-member", pointer: "/keyPattern", detail: read.detail };
}

function requiredKeysRefusal(keys: readonly string[]): Refusal | null {
  const twice = keys.findIndex((key, at) => keys.indexOf(key) !== at);
  if (twice === -1) return null;
  return { code: "invalid-member", pointer: `/requiredMetadataKeys/${twice}`, detail: "is there twice" };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
