/** The Worker's bindings with other vars, a moment of a request, and a D1 that counts or does not answer. */

import { createExecutionContext, env, waitOnExecutionContext } from "cloudflare:test";
import { createApp } from "../../src/app.ts";
import type { Bindings, Vars } from "../../src/config/config.ts";
import { deploymentOpener, type Deployment, type OpenDeployment } from "../../src/operations/deployment.ts";
import type { Moment } from "../../src/tokens/fresh-map.ts";

export const ROOT_SECRET = "test-only 4f9c2b7e1d8a6035c2e7b9f4a1d60e83";

/** Only the vars that are named here, over the real bindings. */
export function bindingsWith(vars: Vars, db: D1Database = env.DB): Bindings {
  const { DB: _, ...bindings } = env;
  const bare = Object.fromEntries(Object.entries(bindings).filter(([, value]) => typeof value !== "string"));
  return { ...bare, DB: db, ...vars } as Bindings;
}

export function momentAt(now: number): Moment {
  return { now, waitUntil: (work) => void work };
}

/** As a fresh isolate would open it. */
export async function openWith(vars: Vars, db?: D1Database): ReturnType<OpenDeployment> {
  return await deploymentOpener()(bindingsWith(vars, db), momentAt(Date.now()));
}

export async function opened(vars: Vars, db?: D1Database): Promise<Deployment> {
  const result = await openWith(vars, db);
  if (!result.ok) throw new Error(result.detail);
  return result.deployment;
}

/** One request to a fresh isolate of the app; ends when its background work has. */
export async function fetchWith(
  bindings: Bindings,
  path: string,
  open = deploymentOpener(),
  headers: Readonly<Record<string, string>> = {},
  more: RequestInit = {},
): Promise<Response> {
  const context = createExecutionContext();
  const request = new Request(`http://leasehold.test${path}`, { headers, ...more });
  const answer = await createApp(open).fetch(request, bindings, context);
  await waitOnExecutionContext(context);
  return answer;
}

export interface WatchedDatabase {
  readonly db: D1Database;
  /** Statements and batches sent so far. */
  calls(): number;
  /** From now on every statement fails as an outage does. */
  fail(): void;
  heal(): void;
}

/** The real D1 with a wire that can be cut. */
export function watchedDatabase(): WatchedDatabase {
  let calls = 0;
  let failing = false;
  const db = new Proxy(env.DB, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...given: unknown[]) => {
        if (name === "prepare" || name === "batch" || name === "withSession") {
          calls += 1;
          if (failing) throw new Error("D1_ERROR: Network connection lost.");
        }
        return Reflect.apply(member, target, given);
      };
    },
  });
  return {
    db,
    calls: () => calls,
    fail: () => {
      failing = true;
    },
    heal: () => {
      failing = false;
    },
  };
}

/** A D1 that takes statements and never answers. */
export function hangingDatabase(): D1Database {
  const statement = { bind: () => statement, first: never, all: never, raw: never, run: never };
  return { prepare: () => statement, batch: never } as unknown as D1Database;
}

async function never(): Promise<never> {
  return await new Promise(() => {});
}
