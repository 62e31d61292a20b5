/** What the callers of one random life know: licenses sold, people, and what each is believed to be. */

import type { Random } from "../random.ts";
import type { Believed, Facts } from "./believed.ts";
import { Contradiction, endingOf } from "./believed.ts";
import type { Answer, Isolate } from "./isolate.ts";

const KEYS = 6;
const ATTEMPTS = 3;

export interface Session {
  readonly id: string;
  token: string;
  state: "live" | "ended" | "unknown";
}

export interface Sold {
  readonly id: string;
  readonly birthKey: string;
  readonly reference: string;
  /** Every key that it may have had. */
  readonly keys: Set<string>;
  readonly sessions: Session[];
  believed: Believed<Facts>;
}

export interface Person {
  readonly id: string;
  believed: Believed<{ readonly email: string }>;
}

export class World {
  readonly isolate: Isolate;
  readonly random: Random;
  readonly productId: string;
  /** Of this life: its keys, references and e-mails are no other's. */
  readonly name: string;
  readonly sold: Sold[] = [];
  readonly people: Person[] = [];
  /** Creations that were left without an answer, by their references and e-mails. */
  readonly maybeSold = new Map<string, Facts>();
  readonly maybePeople = new Set<string>();
  /** What happened, for whoever looks into a life that contradicts itself. */
  readonly trace: string[] = [];
  #count = 0;

  constructor(isolate: Isolate, random: Random, productId: string, name: string) {
    this.isolate = isolate;
    this.random = random;
    this.productId = productId;
    this.name = name;
  }

  /** Keys come back: a license may get one that another had. */
  key(): string {
    return this.random.pick(this.keys()) ?? "";
  }

  keys(): readonly string[] {
    return Array.from({ length: KEYS }, (_, index) => `${this.name}-KEY-${index}`);
  }

  /** A name that nothing has had. */
  fresh(kind: string): string {
    this.#count += 1;
    return `${this.name}-${kind}-${this.#count}`;
  }

  async v3(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await this.isolate.v3(method, path, body);
    this.note(`${method} ${path} ${body === undefined ? "" : JSON.stringify(body)}`, answer);
    return answer;
  }

  /** As a client does that hears of a failure: the same call again, which has its effect once (MGMT-4). */
  async post(path: string, body: unknown): Promise<Answer> {
    const key = this.random.chance(0.5) ? this.fresh("call") : null;
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.isolate.v3("POST", path, body, key);
      this.note(`POST ${path} ${JSON.stringify(body)} ${key ?? ""}`, answer);
      if (key === null || attempt === ATTEMPTS || endingOf(answer.status) !== "unknown") return answer;
    }
  }

  async device(method: string, path: string, body?: unknown, token: string | null = null): Promise<Answer> {
    const answer = await this.isolate.device(method, path, body, token);
    this.note(`device ${method} ${path} ${body === undefined ? "" : JSON.stringify(body)}`, answer);
    return answer;
  }

  note(what: string, { status, body }: Answer): void {
    // A bug is none of the answers that anybody is promised (ERR-2).
    if (status === 500) throw new Contradiction(`${what}: ${JSON.stringify(body)}`);
    this.trace.push(`${what} -> ${status} ${status < 300 ? "" : String(body.code)}`);
  }
}
