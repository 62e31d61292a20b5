/** What every test of an error says: ERR-1's shape, whole. */

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
  readonly requestId?: string;
}

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
  });
  if (status === 401) expect(answer.headers.get("WWW-Authenticate")).toMatch(/^Bearer/);
  if (status === 429 || status === 503) {
    expect(body.retryable).toBe(true);
    expect(Number(answer.headers.get("Retry-After"))).toBeGreaterThan(0);
  }
  return body;
}

/** The pointers of a validation error. */
export function pointersOf(problem: ProblemBody): readonly string[] {
  return (problem.errors ?? []).map((error) => error.pointer);
}
