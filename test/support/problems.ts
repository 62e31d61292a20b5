/** What every test of an error says: ERR-1's shape, whole, and ERR-4's times. */

import { expect } from "vitest";

export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: string;
  readonly message: string;
  readonly action?: string;
  readonly retryable?: boolean;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  readonly limit?: number;
  readonly used?: number;
  readonly retryAfter?: number;
  readonly requestId: string;
}

/** What a problem has for its request id that a test renders itself, so that nobody stamps it. */
export const UNSTAMPED = "unstamped";

/** The body of an answer that must be a problem of this status and code. */
export async function problemOf(answer: Response, status: number, code: string): Promise<ProblemBody> {
  const text = await answer.text();
  expect({ status: answer.status, text }).toEqual({ status, text });
  expect(answer.headers.get("Content-Type")).toBe("application/problem+json");
  const body = JSON.parse(text) as ProblemBody;
  expect(body.code).toBe(code);
  expect(body).toMatchObject({
    type: `/problems/${code.toLowerCase().replaceAll("_", "-")}`,
    title: expect.any(String),
    status,
    detail: expect.any(String),
    instance: expect.stringMatching(/^\//),
    message: body.detail,
    requestId: answer.headers.get("X-Request-Id") ?? UNSTAMPED,
  });
  if (!/[A-Z]/.test(code)) expect(body.action).toEqual(expect.any(String));
  if (status === 401) expect(answer.headers.get("WWW-Authenticate")).toMatch(/^Bearer/);
  if (status === 429 || status === 503) {
    expect(body.retryable).toBe(true);
    const header = answer.headers.get("Retry-After") ?? "";
    expect(header).toMatch(/^[1-9]\d?$/);
    const [least, most] = boundsOf(status, body.instance);
    expect(Number(header)).toBeGreaterThanOrEqual(least);
    expect(Number(header)).toBeLessThanOrEqual(most);
    expect(body.retryAfter).toBeGreaterThanOrEqual(Number(header));
  }
  return body;
}

/** ERR-4. */
function boundsOf(status: number, instance: string): readonly [least: number, most: number] {
  if (status === 429) return [1, 60];
  return /^\/api\/.*\/(renew|check-in)$/.test(instance) ? [5, 30] : [30, 90];
}

/** The pointers of a validation error. */
export function pointersOf(problem: ProblemBody): readonly string[] {
  return (problem.errors ?? []).map((error) => error.pointer);
}
