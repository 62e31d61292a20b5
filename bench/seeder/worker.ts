/**
 * Fills licenses with live seats on the storage of the measured Worker, by the rules themselves but without HTTP,
 * tokens and events: a hundred thousand seats in seconds. Nothing deploys it. `POST /<locator>/<seats>`.
 */

import { DurableObject } from "cloudflare:workers";
import { UNTOLD } from "../../src/domain/license/device.ts";
import { activate } from "../../src/domain/commands/activation.ts";
import { Held } from "../../src/license/held.ts";
import type { Host } from "../../src/license/host.ts";

interface Bindings {
  readonly DB: D1Database;
  readonly LICENSES: DurableObjectNamespace<LicenseObject>;
}

/** Activations in one transaction. */
const AT_ONCE = 5_000;
const CALLER = { actor: { type: "device" }, requestId: "seeder" } as const;
const NOTHING = {
  requestedLeaseSeconds: null,
  email: null,
  ...UNTOLD,
  idempotency: null,
};

/** By the name of the one that it stands in for, so that both find the same storage. */
export class LicenseObject extends DurableObject<Bindings> {
  fill(seats: number): number {
    const held = new Held(hostOf(this.ctx, this.env), null);
    for (let taken = 0; taken < seats; taken += AT_ONCE) {
      held.run(CALLER, (turn) => {
        for (let seat = taken; seat < Math.min(seats, taken + AT_ONCE); seat += 1) {
          const call = {
            principal: { kind: "anonymous" },
            requestId: "seeder",
            fingerprint: `seeded ${seat}`,
          } as const;
          const answer = activate(turn, { ...call, ...NOTHING });
          if (!answer.ok) throw new Error(`no seat: ${answer.refusal.code}`);
        }
      });
    }
    this.ctx.storage.sql.exec("DELETE FROM outbox");
    return held.ledger.tally().activationsTaken;
  }

  /** The object's own alarm, which the fill has set: with an empty outbox there is nothing to do. */
  override alarm(): void {}
}

function hostOf({ storage }: DurableObjectState, { DB }: Bindings): Host {
  return {
    sql: { rows: (query, ...bindings) => storage.sql.exec(query, ...bindings).toArray() },
    db: DB,
    webhooks: {
      at: () => {
        throw new Error("a seeder tells nobody");
      },
    },
    transact: (work) => storage.transactionSync(work),
    setAlarm: () => undefined,
    wipe: () => {
      throw new Error("a seeder wipes nothing");
    },
    clock: () => Date.now(),
    timer: () => ({ over: new Promise(() => undefined), cancel: () => undefined }),
    report: (what, error) => {
      throw new Error(what, { cause: error });
    },
  };
}

export default {
  async fetch(request, env) {
    const [, locator = "", seats = ""] = new URL(request.url).pathname.split("/");
    return Response.json({ live: await env.LICENSES.getByName(locator).fill(Number(seats)) });
  },
} satisfies ExportedHandler<Bindings>;
