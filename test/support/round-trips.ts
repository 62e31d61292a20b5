/**
 * What a call of the Worker waits for, one after the other: each call of D1 or of an object is one trip, which is one
 * deeper than the deepest that had come back when it began.
 */

import { env } from "cloudflare:workers";
import type { Issued } from "./explained.ts";

export interface Trip {
  readonly to: "d1" | "object";
  /** Of D1, in order. */
  readonly statements: readonly Issued[];
  readonly depth: number;
}

export interface Trips {
  readonly db: D1Database;
  readonly licenses: typeof env.LICENSES;
  /** Those that began since the last time. */
  taken(): readonly Trip[];
  /** Until it is opened, answers of these are kept back. */
  holdBack(to: Trip["to"]): { open(): void };
}

export function recordedTrips(): Trips {
  let trips: Trip[] = [];
  let deepest = 0;
  const gates = new Map<Trip["to"], Promise<void>>();
  const trip = async <T>(to: Trip["to"], statements: readonly Issued[], go: () => Promise<T>): Promise<T> => {
    const depth = deepest + 1;
    trips.push({ to, statements, depth });
    try {
      return await go();
    } finally {
      await gates.get(to);
      deepest = Math.max(deepest, depth);
    }
  };
  return {
    db: recordedDatabase((statements, go) => trip("d1", statements, go)),
    licenses: recordedObjects((go) => trip("object", [], go)),
    taken: () => {
      const taken = trips;
      trips = [];
      deepest = 0;
      return taken;
    },
    holdBack: (to) => {
      const gate = Promise.withResolvers<void>();
      gates.set(to, gate.promise);
      return {
        open: () => {
          gates.delete(to);
          gate.resolve();
        },
      };
    },
  };
}

interface Recorded {
  readonly issued: Issued;
  readonly inner: D1PreparedStatement;
}

function recordedDatabase(record: <T>(issued: readonly Issued[], go: () => Promise<T>) => Promise<T>): D1Database {
  const statement = ({ issued, inner }: Recorded) => ({
    issued,
    inner,
    bind: (...values: unknown[]) => statement({ issued: { ...issued, values }, inner: inner.bind(...values) }),
    all: () => record([issued], () => inner.all()),
    run: () => record([issued], () => inner.run()),
    raw: () => record([issued], () => inner.raw()),
    first: (column: string) => record([issued], () => (column === undefined ? inner.first() : inner.first(column))),
  });
  const database = {
    prepare: (text: string) => statement({ issued: { text, values: [] }, inner: env.DB.prepare(text) }),
    batch: (statements: readonly Recorded[]) =>
      record(
        statements.map(({ issued }) => issued),
        () => env.DB.batch(statements.map(({ inner }) => inner)),
      ),
    withSession: (): unknown => database,
  };
  return database as unknown as D1Database;
}

function recordedObjects(record: <T>(go: () => Promise<T>) => Promise<T>): typeof env.LICENSES {
  const recorded = (stub: object) =>
    new Proxy(stub, {
      get(target, name) {
        const method = Reflect.get(target, name, target) as (...given: unknown[]) => Promise<unknown>;
        return async (...given: unknown[]) =>
          await record(() => Reflect.apply(method, target, given) as Promise<unknown>);
      },
    });
  return new Proxy(env.LICENSES, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      if (name !== "get") return (...given: unknown[]) => Reflect.apply(member, target, given) as unknown;
      return (...given: unknown[]) => recorded(Reflect.apply(member, target, given) as object);
    },
  });
}
