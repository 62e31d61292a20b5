/** Of what a webhook tells, and who may open one (HOOK-5); the scopes are the wire's. */

import { EVENT_TYPES, type EventType } from "../../domain/license/event.ts";
import type { Refusal } from "../../domain/refusal.ts";
import { wantsEvent } from "../../webhooks/offer.ts";

/** Why this caller must not open a way out for events of these patterns; null = it may. */
export type MaySend = (patterns: readonly string[]) => Refusal | null;

export function typesOf(patterns: readonly string[]): readonly EventType[] {
  return EVENT_TYPES.filter((type) => wantsEvent(patterns, type));
}
