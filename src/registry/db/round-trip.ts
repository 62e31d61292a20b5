/** What goes to D1 in one round trip (0066-one-round-trip-to-d1.md). */

import { answersOf, ask, type Bearer, type Question } from "./question.ts";

/** Rejects when D1 fails. */
export type Asking = <Answer>(question: Question<Answer>) => Promise<Answer>;

/** Each question on its own. */
export function askingAlone(db: D1Database): Asking {
  return async (question) => await ask(db, question);
}

/** Questions that come before it is sent go in one round trip; later ones each in their own. */
export class RoundTrip {
  readonly #db: D1Database;
  #waiting: Waiting[] | null = [];

  constructor(db: D1Database) {
    this.#db = db;
  }

  /** `bearer`: to whom alone D1 answers; null = to anybody. */
  asking(bearer: Bearer | null = null): Asking {
    return async <Answer>(question: Question<Answer>) => {
      const waiting = this.#waiting;
      if (waiting === null) return await ask(this.#db, question);
      return (await new Promise<unknown>((resolve, reject) => {
        waiting.push({ question, bearer, resolve, reject });
      })) as Answer;
    };
  }

  send(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    void this.#settle(waiting);
  }

  async #settle(waiting: readonly Waiting[]): Promise<void> {
    try {
      const answers = await answersOf(this.#db, waiting);
      for (const [at, { resolve }] of waiting.entries()) resolve(answers[at]);
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}

interface Waiting {
  readonly question: Question<unknown>;
  readonly bearer: Bearer | null;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What `work` asks before it first waits goes in one round trip. */
export async function inOneTrip<T>(db: D1Database, work: (asked: Asking) => Promise<T>): Promise<T> {
  const trip = new RoundTrip(db);
  const done = work(trip.asking());
  trip.send();
  return await done;
}
