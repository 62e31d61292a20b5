/** ERR-1: every error on the wire is `application/problem+json` (RFC 9457), made here and nowhere else. */

import { codeIn, kindOf, slugOf, type Action, type Dialect, type ProblemCode } from "./codes.ts";
import { INSTANCE_CHARACTERS, RETRY_AFTER_SECONDS } from "./limits.ts";

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
  /** Seconds: member `retryAfter`, and the `Retry-After` header of a 429 or 503. */
  readonly retryAfter?: number;
  readonly limit?: number;
  readonly used?: number;
  readonly requestId?: string;
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

/** The answer: status, headers and body. `path` is as the routes see it, decoded; `instance` as it was asked for. */
export function renderProblem(problem: Problem, request: { readonly path: string; readonly url: string }): Response {
  const code = codeIn(dialectOf(request.path), problem.code);
  const status = problem.evidence.status ?? kindOf(code).status;
  const instance = new URL(request.url).pathname.slice(0, INSTANCE_CHARACTERS);
  return new Response(JSON.stringify(bodyOf(problem, code, status, instance)), {
    status,
    headers: {
      "Content-Type": "application/problem+json",
      ...headersOf(status, problem.evidence),
      ...problem.evidence.headers,
    },
  });
}

function bodyOf(problem: Problem, code: ProblemCode, status: number, instance: string): Record<string, unknown> {
  const { title, action, retryable } = kindOf(code);
  const { evidence } = problem;
  return {
    type: `/problems/${slugOf(code)}`,
    title,
    status,
    detail: problem.detail,
    instance,
    code,
    message: problem.detail,
    errors: evidence.errors,
    action: action === undefined ? undefined : (evidence.action ?? action),
    retryable: evidence.retryable ?? retryable,
    limit: evidence.limit,
    used: evidence.used,
    retryAfter: evidence.retryAfter,
    requestId: evidence.requestId,
  };
}

/** RFC 9110: a 401 names the scheme, a 429 or 503 when to come back. */
function headersOf(status: number, evidence: ProblemEvidence): Record<string, string> {
  if (status === 401) return { "WWW-Authenticate": "Bearer" };
  if (status !== 429 && status !== 503) return {};
  return { "Retry-After": String(evidence.retryAfter ?? RETRY_AFTER_SECONDS) };
}
