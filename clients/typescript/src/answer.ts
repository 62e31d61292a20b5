/** What an answer of the server means to a client (ANS-1, SCH-4). One function, for every call. */

import { type Action, BY_ACTION, codeOf, type Next } from "./codes.ts";

/** An answer as `fetch` gives it with `redirect: "manual"`. */
export interface Answer {
  readonly call: "activate" | "renew" | "release";
  /** Whether the call was made in a person's name: then 401 is for that person to mend. */
  readonly signedIn?: boolean;
  readonly status: number;
  readonly contentType: string | null;
  readonly retryAfter: string | null;
  readonly body: string;
}

/** RFC 9457, with the members of ERR-1. */
export interface Problem {
  readonly code: string;
  readonly status: number;
  readonly title?: string;
  readonly detail?: string;
  readonly action?: Action;
  readonly requestId?: string;
  readonly limit?: number;
  readonly used?: number;
  readonly retryAfter?: number;
}

export type Meaning =
  | { readonly kind: "ok"; readonly document: Readonly<Record<string, unknown>> }
  /** The server decided. */
  | {
      readonly kind: "conclusive";
      readonly next: Conclusive;
      readonly problem: Problem;
      readonly retryAfter: number | null;
    }
  /** Again at once, under a new idempotency key. */
  | { readonly kind: "retry-now"; readonly problem: Problem }
  /** The server could not decide. */
  | { readonly kind: "transient"; readonly retryAfter: number | null; readonly problem: Problem }
  /** Something else answered than the server. */
  | { readonly kind: "network"; readonly cause: "portal" | "proxy" | "server" };

export type Conclusive = Exclude<Next, "retry" | "transient" | "network">;

/** In characters: no answer of a license server to its clients is longer. */
const LONGEST = 65_536;
const ACTIONS = Object.keys(BY_ACTION);

/** `now`: epoch milliseconds, for a `Retry-After` that is a date; what is told is in seconds from now. */
export function readAnswer(answer: Answer, now: number): Meaning {
  const { status, call, signedIn } = answer;
  if (status === 407) return { kind: "network", cause: "proxy" };
  if (status < 200 || (status >= 300 && status < 400)) return { kind: "network", cause: "portal" };
  const type = answer.contentType?.split(";", 1)[0]?.trim().toLowerCase();
  const body = answer.body.length > LONGEST ? null : objectOf(answer.body);
  if (status < 300) {
    if (call === "release" && status === 204) return { kind: "ok", document: {} };
    const isOurs = type === "application/json" && body !== null && typeof body["licenseToken"] === "string";
    return isOurs ? { kind: "ok", document: body } : { kind: "network", cause: "portal" };
  }
  const problem = type === "application/problem+json" && body !== null ? problemOf(body, status) : null;
  if (problem === null) return { kind: "network", cause: status >= 500 ? "server" : "portal" };
  const retryAfter = secondsOf(answer.retryAfter, now);
  const next = nextOf(problem, status, call === "renew" && signedIn !== true);
  if (next === "network") return { kind: "network", cause: "server" };
  if (next === "transient") return { kind: "transient", retryAfter, problem };
  if (next === "retry") return { kind: "retry-now", problem };
  return { kind: "conclusive", next, problem, retryAfter: retryAfter ?? problem.retryAfter ?? null };
}

function nextOf({ code, action }: Problem, status: number, isAnonymousRenewal: boolean): Next {
  // A device's own token is refused: a compromised key, or a server that was restored. Its key heals that.
  if (isAnonymousRenewal && status === 401) return "activate";
  const known = codeOf(code);
  if (known !== undefined) return known.next;
  if (status === 429 || status >= 500) return "transient";
  return action === undefined ? "network" : BY_ACTION[action];
}

function problemOf(body: Readonly<Record<string, unknown>>, status: number): Problem | null {
  const { code, action, title, detail, requestId, limit, used, retryAfter } = body;
  if (typeof code !== "string") return null;
  return {
    code,
    status,
    ...(typeof action === "string" && ACTIONS.includes(action) ? { action: action as Action } : {}),
    ...(typeof title === "string" ? { title } : {}),
    ...(typeof detail === "string" ? { detail } : {}),
    ...(typeof requestId === "string" ? { requestId } : {}),
    ...(typeof limit === "number" ? { limit } : {}),
    ...(typeof used === "number" ? { used } : {}),
    ...(typeof retryAfter === "number" ? { retryAfter } : {}),
  };
}

/** RFC 9110, 10.2.3: seconds, or a date. Rubbish and what is past say nothing. */
function secondsOf(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const at = /^[A-Z][a-z]{2}, /.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(at) || at <= now ? null : Math.ceil((at - now) / 1_000);
}

function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
