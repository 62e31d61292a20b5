/** HTTP calls that may never be answered. */

import type { Runtime } from "./runtime.ts";

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Request {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: object;
  /** The access token, unless something else is given; null = none. */
  readonly bearer?: string | null;
  /** MGMT-4. */
  readonly idempotencyKey?: string;
}

const PATIENCE_MS = 15_000;

export class Api {
  readonly runtime: Runtime;
  readonly #token: string;
  /** Answers that no call should ever get (ERR-2). */
  readonly bugs: string[] = [];
  /** How many calls were answered. */
  answers = 0;

  constructor(runtime: Runtime, token: string) {
    this.runtime = runtime;
    this.#token = token;
  }

  /** Null = no answer, or one that says that the effect is not known (503): the same call may be sent again. */
  async call({ method, path, body, bearer = this.#token, idempotencyKey }: Request): Promise<Answer | null> {
    try {
      const response = await fetch(this.runtime.url + path, {
        method,
        headers: {
          ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const said = await response.text();
      this.answers += 1;
      if (response.status === 500) this.bugs.push(`${method} ${path}: ${said}`);
      if (response.status >= 500) return null;
      return { status: response.status, body: said === "" ? {} : JSON.parse(said) };
    } catch {
      return null;
    }
  }

  /** Asks until there is an answer. For reads, and where nothing is killed. */
  async surely(request: Request): Promise<Answer> {
    for (let tries = 0; tries < 50; tries += 1) {
      await this.runtime.up();
      const answer = await this.call(request);
      if (answer !== null) return answer;
    }
    throw new Error(`${request.method} ${request.path} is not answered`);
  }

  /** A whole list, page by page. */
  async list(path: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const rows: Readonly<Record<string, unknown>>[] = [];
    for (let page = 1; ; page += 1) {
      const { status, body } = await this.surely({ method: "GET", path: `${path}?limit=100&page=${page}` });
      if (status !== 200 || !Array.isArray(body)) throw new Error(`${path} is answered ${status}`);
      rows.push(...body);
      if (body.length < 100) return rows;
    }
  }
}

/** A member that must be text. */
export function text({ body }: Answer, member: string): string {
  const value = body[member];
  if (typeof value !== "string") throw new Error(`the answer's ${member} is no text: ${JSON.stringify(body)}`);
  return value;
}

/** A member that is an instant, as epoch ms; null = it is null. */
export function instant({ body }: Pick<Answer, "body">, member: string): number | null {
  const value = body[member];
  return typeof value === "string" ? Date.parse(value) : null;
}
