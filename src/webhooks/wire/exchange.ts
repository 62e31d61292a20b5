/**
 * One HTTP exchange with a receiver (HOOK-2). A body that breaks off is no answer; what went wrong becomes words, never
 * an exception.
 */

import { beginningOf } from "../../stream.ts";
import { retryAfterAt } from "./schedule.ts";

export interface Letter {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For the whole exchange. */
  readonly timeoutMs: number;
}

export interface Answer {
  /** Null = no answer came. */
  readonly status: number | null;
  /** A 2xx whose body arrived to its end. */
  readonly delivered: boolean;
  /** The first 2 KB of the body. */
  readonly response: string;
  /** What went wrong below HTTP; null = nothing. */
  readonly error: string | null;
  /** When the receiver wants the next one, if it is too busy now (epoch ms). */
  readonly heldUntil: number | null;
}

/** A body is read up to here, then left: who answers 2xx with more has understood (bytes). */
const MOST_READ = 65_536;
const MOST_KEPT = 2048;
const NO_ANSWER: Answer = { status: null, delivered: false, response: "", error: null, heldUntil: null };

/** `now` in epoch ms. */
export async function exchange({ url, headers, body, timeoutMs }: Letter, now: () => number): Promise<Answer> {
  // Not `AbortSignal.timeout`: its timer cannot be ended, and a timer keeps the object in memory.
  const { signal, end } = deadline(timeoutMs);
  let status: number | null = null;
  let heldUntil: number | null = null;
  try {
    // HOOK-3: a redirect would lead past the checks of the URL.
    const response = await fetch(url, { method: "POST", redirect: "manual", headers, body, signal });
    status = response.status;
    // Only these two say that it is about the receiver and not about this event (RFC 6585, RFC 9110).
    if (status === 429 || status === 503) heldUntil = retryAfterAt(response.headers.get("retry-after"), now());
    const text = await startOf(response);
    return { status, delivered: status >= 200 && status < 300, response: text, error: null, heldUntil };
  } catch (error) {
    return { ...NO_ANSWER, status, heldUntil, error: wordsFor(error, status, signal.aborted, timeoutMs) };
  } finally {
    end();
  }
}

function deadline(ms: number): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ms);
  return { signal: controller.signal, end: () => clearTimeout(timer) };
}

/** Reads to the end, so that a body that breaks off is noticed; throws then. */
async function startOf({ body }: Response): Promise<string> {
  if (body === null) return "";
  const { bytes } = await beginningOf(body, MOST_READ);
  return new TextDecoder().decode(bytes.subarray(0, MOST_KEPT));
}

function wordsFor(error: unknown, status: number | null, isLate: boolean, timeoutMs: number): string {
  if (isLate) return `${status === null ? "no answer" : "no end of the answer"} within ${timeoutMs / 1000} s`;
  if (status !== null) return "the answer broke off";
  // The runtime's own words name no more than its reasons: refused, reset, unknown host, a bad certificate.
  return `no connection: ${error instanceof Error ? error.message.slice(0, 200) : "unknown"}`;
}
