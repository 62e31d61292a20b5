/**
 * Lines of the log, one of JSON each (OBS-1): built here and nowhere else. A line says one of the messages of a table
 * and facts of known forms. What is not of its fact's form is left out, so that no text of anybody's gets in.
 */

import { currentRequestId, type PrincipalKind, type Trail } from "./about.ts";
import { MESSAGES, type Level, type Message } from "./messages.ts";
import { traceOf, wordsOf } from "./words.ts";

/** What a line may say beside its message. */
export interface Facts {
  /** Of the request that the code runs for, unless it is given; `alarm` and the like where no request is the cause. */
  readonly requestId?: string | undefined;
  readonly eventId?: string | undefined;
  /** A license's id or locator, of which the first 8 hex digits are told; or a webhook's id. */
  readonly license?: string | undefined;
  readonly webhook?: string | undefined;
  /** Key ids of a signing key and of wrapping keys, or what else a secret belongs to. */
  readonly key?: string | undefined;
  readonly wrappingKey?: string | undefined;
  readonly kind?: "signing-key" | "webhook" | "idempotency-record" | undefined;
  /** How a call of an object failed. */
  readonly failure?: "overloaded" | "no-answer" | "other-version" | "bug" | undefined;
  readonly count?: number | undefined;
}

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const NAME = /^[a-z][a-z-]{0,19}$/;
const KEY_ID = /^[A-Za-z0-9_-]{1,64}$/;
const LOCATOR = /^[0-9a-f]{8}/;

/** `error` is what went wrong, of which words alone are told; of a bug, with its places in the code. */
export function say(what: Message, facts: Facts = {}, error?: unknown): void {
  const level = MESSAGES[what];
  write(level, {
    what,
    ...cause(facts),
    license: license(facts.license),
    webhook: matching(ID, facts.webhook),
    key: matching(KEY_ID, facts.key),
    wrappingKey: matching(KEY_ID, facts.wrappingKey),
    kind: facts.kind,
    failure: facts.failure,
    count: facts.count,
    error: error === undefined ? undefined : what === "bug" && error instanceof Error ? traceOf(error) : wordsOf(error),
  });
}

/** How a request ended. */
export interface Ended {
  readonly method: string;
  /** As the route table has it; null: there is nothing at that path. */
  readonly route: string | null;
  readonly status: number;
  /** Of the problem that was answered, from the table of codes. */
  readonly code: string | null;
  readonly milliseconds: number;
  readonly dialect: "activation" | "management" | null;
}

/** A method is what the client wrote. */
const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** The one line that every request ends in. */
export function sayRequest({ requestId, locator, principal }: Trail, ended: Ended): void {
  const { method, route, status, code, milliseconds, dialect } = ended;
  write(status >= 500 ? "error" : "info", {
    what: "request" satisfies Message,
    requestId,
    method: METHODS.has(method) ? method : "other",
    route,
    status,
    code,
    ms: milliseconds,
    license: license(locator) ?? null,
    dialect,
    principal: principal satisfies PrincipalKind | null,
  });
}

/** Whether the line of this request is written where `share` (0 to 1) are; the same for whoever asks. */
export function isSampled(requestId: string, share: number): boolean {
  // The last digits of a UUIDv7 are random.
  return share >= 1 || Number.parseInt(requestId.slice(-8), 16) / 2 ** 32 < share;
}

/** Every line is about a request or an event. */
function cause({ requestId, eventId }: Facts) {
  const event = matching(ID, eventId);
  const request = named(requestId) ?? named(currentRequestId());
  return { requestId: request ?? (event === undefined ? "unknown" : undefined), eventId: event };
}

function named(requestId: string | undefined): string | undefined {
  return matching(ID, requestId) ?? matching(NAME, requestId);
}

function matching(form: RegExp, text: string | undefined): string | undefined {
  return text !== undefined && form.test(text) ? text : undefined;
}

function license(idOrLocator: string | null | undefined): string | undefined {
  return LOCATOR.exec(idOrLocator ?? "")?.[0];
}

function write(level: Level, members: Readonly<Record<string, unknown>>): void {
  const line = JSON.stringify({ level, time: new Date(Date.now()).toISOString(), ...members });
  switch (level) {
    case "info":
      return console.log(line);
    case "warn":
      return console.warn(line);
    case "error":
      return console.error(line);
  }
}
