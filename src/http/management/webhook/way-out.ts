/**
 * A webhook is a way out for data (HOOK-5): whoever opens one, or leads it elsewhere, has to hold the scopes of what
 * it sends.
 */

import type { Context } from "hono";
import { typesOf, type MaySend } from "../../../operations/webhook/may-send.ts";
import { subjectOf } from "../event/event-resource.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { covers, type Scope } from "../../scopes.ts";
import { scopesOf } from "../resource/sight.ts";

/** Of what a webhook of these patterns sends, the scopes that are not held. */
function missing(held: readonly string[], patterns: readonly string[]): readonly Scope[] {
  const subjects = new Set(typesOf(patterns).map(subjectOf));
  const needed = new Set([...subjects].flatMap(scopesOf));
  return [...needed].filter((scope) => !covers(held, scope));
}

/** Refuses `scopes-missing`. */
export function wayOut({ var: { scopes } }: Context<ManagementEnv>): MaySend {
  return (patterns) => {
    const lacking = missing(scopes, patterns);
    return lacking.length === 0 ? null : { code: "scopes-missing", scopes: lacking };
  };
}
