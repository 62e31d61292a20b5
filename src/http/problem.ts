/** ERR-1: every error on the wire is `application/problem+json` (RFC 9457), made here and nowhere else. */

import { codeIn, kindOf, slugOf, type Dialect, type ProblemCode } from "./codes.ts";
import { BURST, INSTANCE_CHARACTERS } from "./limits.ts";
import type { Action } from "./problems/kind.ts";
import { retryAfterOutage, retryAfterWindow, type Random } from "./problems/retry-after.ts";

/** One member of the request that is at fault: an RFC 6901 pointer, "" for the whole body. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

/** What a problem carries beside its code and detail. */
export interface ProblemEvidence {
  readonly errors?: readonly FieldError[];
  /** Of the code's two statuses, the one that holds here. */
  readonly status?: number;
  /** Instead of the table's action. */
  readonly action?: Action;
  /** Where the table does not say so already. */
  readonly retryable?: true;
  /** Seconds until this may succeed, of a problem that has no `Retry-After` header. */
  readonly retryAfter?: number;
  /** Of a 429: how long its window is, and what is left of it. */
  readonly window?: { readonly leftSeconds: number; readonly periodSeconds: number };
  readonly limit?: number;
  readonly used?: number;
  readonly expected?: number;
  readonly matched?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The HTTP surfaces throw it, the app's `onError` renders it. Codes shared by the dialects are thrown in kebab. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly evidence: ProblemEvidence;

  constructor(code: ProblemCode, detail: string, evidence: ProblemEvidence = {}) {
    super(detail);
    this.code = code;
    this.detail = detail;
    this.evidence = evidence;
  }
}

/** 400 for members of the request; `pointer` "" is the body itself. */
export function invalidRequest(...errors: readonly FieldError[]): Problem {
  const detail = errors
    .map((error) => (error.pointer === "" ? error.detail : `${error.pointer}: ${error.detail}`))
    .join("; ");
  return new Problem("invalid-request", detail, { errors });
}

/** An RFC 6901 pointer to the member at `path`. */
export function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** Which dialect answers at a path. */
export function dialectOf(path: string): Dialect {
  return path === "/v3" || path.startsWith("/v3/") ? "management" : "activation";
}

/** The request as problems tell of it. */
export interface Asked {
  /** As the routes see it, decoded. */
  readonly path: string;
  /** As it was asked for: `instance`. */
  readonly url: string;
  readonly requestId: string;
  /** `PUBLIC_URL`: `type` is absolute then. */
  readonly publicUrl: string | null;
}

/** The answer: status, headers and body. */
export function renderProblem(problem: Problem, asked: Asked, random: Random = Math.random): Response {
  const code = codeIn(dialectOf(asked.path), problem.code);
  const status = problem.evidence.status ?? kindOf(code).status;
  const wait = waitOf(status, problem.evidence, asked.path, random);
  return new Response(JSON.stringify(bodyOf(problem, code, status, asked, wait)), {
    status,
    headers: {
      "Content-Type": "application/problem+json",
      ...(wait === null ? {} : { "Retry-After": String(wait.header) }),
      // RFC 9110 11.6.1: a 401 names the scheme.
      ...(status === 401 ? { "WWW-Authenticate": "Bearer" } : {}),
      ...problem.evidence.headers,
    },
  });
}

export function bodyOf(problem: Problem, code: ProblemCode, status: number, asked: Asked, wait: Wait | null): object {
  const { title, action, retryable } = kindOf(code);
  const { evidence } = problem;
  return {
    type: `${asked.publicUrl ?? ""}/problems/${slugOf(code)}`,
    title,
    status,
    detail: problem.detail,
    instance: new URL(asked.url).pathname.slice(0, INSTANCE_CHARACTERS),
    code,
    message: problem.detail,
    errors: evidence.errors,
    action: action === undefined ? undefined : (evidence.action ?? action),
    retryable: evidence.retryable ?? retryable,
    limit: evidence.limit,
    used: evidence.used,
    expected: evidence.expected,
    matched: evidence.matched,
    retryAfter: wait?.member ?? evidence.retryAfter,
    requestId: asked.requestId,
  };
}

/** Seconds. They differ only where a window ends later than clients may be told to wait (ERR-4). */
interface Wait {
  readonly header: number;
  readonly member: number;
}

const RENEWS_LEASE = /^\/api\/v1\/activations\/[^/]+\/(renew|check-in)$/;

/** Null: nobody is told to come back by itself. */
function waitOf(status: number, { window }: ProblemEvidence, path: string, random: Random): Wait | null {
  if (status === 503) {
    const header = retryAfterOutage(RENEWS_LEASE.test(path), random);
    return { header, member: header };
  }
  if (status !== 429) return null;
  const { leftSeconds, periodSeconds } = window ?? { leftSeconds: BURST.periodSeconds, ...BURST };
  const header = retryAfterWindow(leftSeconds, periodSeconds, random);
  return { header, member: Math.max(header, leftSeconds) };
}
