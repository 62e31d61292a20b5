/** What changes of the catalogue have in common: their events (EVT-1), and members that stay as they are (IN-2). */

import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../domain/license/calls.ts";
import type { Changes, EventType, LeaseholdEvent } from "../domain/license/event.ts";
import type { RefusalOf } from "../domain/refusal.ts";

export interface Happening {
  readonly type: EventType;
  /** Id of the license, or of the catalogue resource. */
  readonly subjectId: string;
  readonly changes: Changes;
  /** The resource after the change, whole. */
  readonly data: object;
}

/** One event per cause, under a fresh id. `now` in epoch ms. */
export function eventOf({ type, subjectId, changes, data }: Happening, caller: Caller, now: number): LeaseholdEvent {
  const { actor, requestId } = caller;
  return { id: uuidv7(), type, at: now, subjectId, sequence: 0, actor, requestId, changes, data: { ...data } };
}

/** Before and after of the members that differ; `updatedAt` always moves and is left out. */
export function changesOf<T extends object>(before: T, after: T): Changes {
  const changed = Object.entries(before)
    .map(([member, value]) => ({ member, before: value, after: Reflect.get(after, member) }))
    .filter(
      (change) => change.member !== "updatedAt" && JSON.stringify(change.before) !== JSON.stringify(change.after),
    );
  return Object.fromEntries(changed.map(({ member, ...values }) => [member, values]));
}

/** After `before`, whatever the clock says: a change is recognised by its `updatedAt`. */
export function laterThan(before: number, now: number): number {
  return Math.max(now, before + 1);
}

/** IN-2: null if every member that was named but cannot be changed equals the resource's; else `invalid-member`. */
export function fixedRefusal<T extends object>(resource: T, named: Partial<T>): RefusalOf<"invalid-member"> | null {
  const other = Object.entries(named).find(
    ([member, value]) => JSON.stringify(value) !== JSON.stringify(Reflect.get(resource, member)),
  );
  if (other === undefined) return null;
  return {
    code: "invalid-member",
    pointer: `/${other[0]}`,
    detail: "cannot be changed: send it as it is, or leave it out",
  };
}
