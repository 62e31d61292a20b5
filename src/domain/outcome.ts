/** An expected "no" is a value: refusals cross RPC as data, never as exceptions. */

import type { Refusal } from "./refusal.ts";

export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

export function yes<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function no(refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal };
}
