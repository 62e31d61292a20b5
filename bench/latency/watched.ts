/**
 * The Worker's wires to D1 and to the objects, made long and counted. Each trip takes so long that what does not wait
 * for it has begun before it ends, and one to D1 so much longer that what nobody waits for is not there at the answer.
 */

import type { Route, Trip } from "./trips.ts";

/** Milliseconds that a trip takes longer. */
export const DELAYS: Readonly<Record<Route, number>> = {
  "worker to object": 20,
  "worker to D1": 60,
  "object to D1": 60,
};

/** One request at a time: objects live in the Worker's isolate. */
let events = 0;
let begun: { readonly route: Route; readonly begunAt: number; endedAt: number | null }[] = [];

/** Forgets the trips so far: of another request, or of what it left behind. */
export function forget(): void {
  begun = [];
}

/** Those that have ended. */
export function taken(): readonly Trip[] {
  return begun.flatMap(({ route, begunAt, endedAt }) => (endedAt === null ? [] : [{ route, begunAt, endedAt }]));
}

async function travel<T>(route: Route, work: () => Promise<T>): Promise<T> {
  const trip = { route, begunAt: (events += 1), endedAt: null as number | null };
  begun.push(trip);
  await scheduler.wait(DELAYS[route]);
  try {
    return await work();
  } finally {
    trip.endedAt = events += 1;
  }
}

type Method = (...given: unknown[]) => unknown;
const ASKS: ReadonlySet<PropertyKey> = new Set(["all", "first", "raw", "run"]);

/** Statements keep what they stand for, since a batch takes no others. */
const originals = new WeakMap<object, D1PreparedStatement>();

export function watchedDatabase<Database extends D1Database | D1DatabaseSession>(
  database: Database,
  route: Route,
): Database {
  return withMethods(database, (name, method) => {
    if (name === "prepare") return (...given) => watchedStatement(method(...given) as D1PreparedStatement, route);
    if (name === "withSession") return (...given) => watchedDatabase(method(...given) as D1DatabaseSession, route);
    if (name !== "batch") return method;
    return (statements) => {
      const inner = (statements as readonly object[]).map((one) => originals.get(one) ?? one);
      return travel(route, async () => await method(inner));
    };
  });
}

function watchedStatement(statement: D1PreparedStatement, route: Route): D1PreparedStatement {
  const watched = withMethods(statement, (name, method) => {
    if (name === "bind") return (...given) => watchedStatement(method(...given) as D1PreparedStatement, route);
    return ASKS.has(name) ? (...given) => travel(route, async () => await method(...given)) : method;
  });
  originals.set(watched, statement);
  return watched;
}

export function watchedObjects<Objects extends object>(objects: Objects): Objects {
  return withMethods(objects, (name, method) =>
    name === "get" || name === "getByName" ? (...given) => watchedStub(method(...given) as object) : method,
  );
}

function watchedStub(stub: object): object {
  return new Proxy(stub, {
    get(target, name) {
      // Every name is a method of a stub, and it wants to be called where it is.
      return (...given: unknown[]) =>
        travel("worker to object", async () => await (Reflect.get(target, name, target) as Method)(...given));
    },
  });
}

function withMethods<Target extends object>(
  target: Target,
  change: (name: PropertyKey, method: Method) => Method,
): Target {
  return new Proxy(target, {
    get(_, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return change(name, (...given) => Reflect.apply(member, target, given) as unknown);
    },
  });
}
