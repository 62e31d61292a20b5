/**
 * Calls that have to be answered. What is cut off by a restart is sent again; whatever else is refused or lost is a
 * fault.
 */

import type { Runtime } from "../torture/runtime.ts";

export interface Call {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly bearer?: string;
  readonly body?: object;
}

export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  /** Epoch ms, of the call that was answered. */
  readonly sentAt: number;
}

export type Expectation = (status: number) => boolean;

const successAlone: Expectation = () => false;
const PATIENCE_MS = 20_000;
const MOST_LOST = 5;

export class Calls {
  readonly runtime: Runtime;
  /** In words. */
  readonly faults: string[] = [];
  /** Answers by kind of call. */
  readonly answered = new Map<string, number>();
  /** Cut off by a restart, and sent again. */
  cutOff = 0;

  constructor(runtime: Runtime) {
    this.runtime = runtime;
  }

  /** The answer, which is a success or one that `expects`, asked when it is there, allows. */
  async send(kind: string, isolate: number, call: Call, expects: Expectation = successAlone): Promise<Reply> {
    for (let lost = 0; lost < MOST_LOST;) {
      const { killedAt } = this.runtime;
      await this.runtime.up();
      const reply = await this.#once(isolate, call);
      const isGood = reply !== null && (reply.status < 300 || expects(reply.status));
      if (!isGood && (reply === null || reply.status === 503) && this.runtime.killedAt !== killedAt) {
        this.cutOff += 1;
        continue;
      }
      if (reply === null) {
        this.faults.push(`${kind}: no answer, and nothing was restarted`);
        lost += 1;
        continue;
      }
      this.answered.set(kind, (this.answered.get(kind) ?? 0) + 1);
      if (!isGood) this.faults.push(`${kind} is answered ${reply.status}: ${reply.text}`);
      return reply;
    }
    throw new Error(`${kind} is not answered`);
  }

  /** A member of the answer's JSON that must be text. */
  async ask(kind: string, call: Call, member: string): Promise<string> {
    return textIn(await this.send(kind, 0, call), member);
  }

  async #once(isolate: number, { method, path, bearer, body }: Call): Promise<Reply | null> {
    const sentAt = Date.now();
    try {
      const response = await fetch(`${this.runtime.urls[isolate]}${path}`, {
        method,
        headers: {
          ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      return { status: response.status, text: await response.text(), headers: response.headers, sentAt };
    } catch {
      return null;
    }
  }
}

export function textIn({ text, status }: Reply, member: string): string {
  const { [member]: value }: Readonly<Record<string, unknown>> = JSON.parse(text);
  if (typeof value !== "string") throw new Error(`an answer ${status} has no ${member}: ${text}`);
  return value;
}
