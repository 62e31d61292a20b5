/** The HTTP application in plain Node: what it answers before it asks D1 or an object. */

import { createApp } from "../../src/app.ts";
import type { Bindings, Vars } from "../../src/config/config.ts";
import type { Deployment, NotOpen } from "../../src/operations/deployment.ts";

/** Counts what it is asked, and says whether that is still within the limit. */
export interface Counter {
  readonly charged: string[];
  isOver: boolean;
}

export interface NodeApp {
  readonly app: ReturnType<typeof createApp>;
  /** How often somebody wanted the deployment. */
  readonly opened: () => number;
  readonly limits: Readonly<Record<"BURST_LIMIT" | "MISS_LIMIT" | "ADDRESS_LIMIT", Counter>>;
  call(method: string, path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

export const SECRET = "test-only 4f9c2b7e1d8a6035c2e7b9f4a1d60e83";

/** `deployment`: what of it is there; a `NotOpen` instead of one; or an error that opening throws. */
export function nodeApp(deployment: Partial<Deployment> | NotOpen | Error, vars: Vars = {}): NodeApp {
  let opened = 0;
  const app = createApp(async () => {
    opened += 1;
    if (deployment instanceof Error) throw deployment;
    return "reason" in deployment ? deployment : { ok: true, deployment: deployment as Deployment };
  });
  const limits = { BURST_LIMIT: counter(), MISS_LIMIT: counter(), ADDRESS_LIMIT: counter() };
  const bindings = Object.fromEntries(Object.entries(limits).map(([name, one]) => [name, bindingOf(one)]));
  const env = { ROOT_SECRET: SECRET, ...bindings, ...vars } as unknown as Bindings;
  const context = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} } as unknown as ExecutionContext;
  return {
    app,
    opened: () => opened,
    limits,
    call: async (method, path, headers = {}) =>
      await app.fetch(new Request(`http://leasehold.test${path}`, { method, headers }), env, context),
  };
}

function counter(): Counter {
  return { charged: [], isOver: false };
}

function bindingOf(counted: Counter): RateLimit {
  return {
    limit: async ({ key }: { readonly key: string }) => {
      counted.charged.push(key);
      return { success: !counted.isOver };
    },
  };
}
