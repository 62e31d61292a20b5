/**
 * Which request the code that runs is about (OBS-1): whatever it awaits and leaves behind keeps it, so that nobody has
 * to carry its id to where a line is written. Of the Worker: an object's calls begin without one.
 */

import { AsyncLocalStorage } from "node:async_hooks";

/** Who calls, by kind alone: as events name actors, and who needed no credentials. */
export type PrincipalKind = "anonymous" | "device" | "customer" | "user" | "token" | "root";

/** The platform's tracing, as far as it is used here. */
export interface Spans {
  enterSpan<T>(name: string, work: () => T): T;
  /** The whole call's, where nothing else has begun. */
  getActiveSpan(): { readonly isTraced: boolean; setAttribute(name: string, value: string): unknown } | undefined;
}

/** What is learned of a request on its way, for its line. */
export interface Trail {
  readonly requestId: string;
  /** Absent: nothing of this request is traced. */
  readonly tracing: Spans | undefined;
  /** The locator of the license whose object was asked last; null = none was. */
  locator: string | null;
  /** Null = nobody was let in. */
  principal: PrincipalKind | null;
}

const current = new AsyncLocalStorage<Trail>();

export function trailOf(requestId: string, tracing?: Spans): Trail {
  return { requestId, tracing, locator: null, principal: null };
}

export function along<T>(trail: Trail, work: () => T): T {
  return current.run(trail, work);
}

/** For RPC, so that the object's lines name the request too; absent = there is none. */
export function currentRequestId(): string | undefined {
  return current.getStore()?.requestId;
}

export function currentTracing(): Spans | undefined {
  return current.getStore()?.tracing;
}

export function noteLocator(locator: string): void {
  const trail = current.getStore();
  if (trail !== undefined) trail.locator = locator;
}

export function notePrincipal(kind: PrincipalKind): void {
  const trail = current.getStore();
  if (trail !== undefined) trail.principal = kind;
}
