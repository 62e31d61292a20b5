/** A test's own webhook: its row in D1, its object, and a real receiver over loopback. */

import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { inject, vi } from "vitest";
import { v7 as uuidv7 } from "uuid";

import type { LeaseholdEvent } from "../../src/domain/license/event.ts";
import type { WebhookFormat } from "../../src/domain/license/webhook.ts";
import type { WebhookRpc } from "../../src/webhooks/rpc.ts";
import type { HastyWebhookObject, TestWebhookObject, UnsteadyWebhookObject } from "./breakable-webhooks.ts";
import type { Memory, Script } from "./webhook-receiver.ts";

interface TestBindings {
  readonly TEST_WEBHOOKS: DurableObjectNamespace<TestWebhookObject>;
  readonly HASTY_WEBHOOKS: DurableObjectNamespace<HastyWebhookObject>;
  readonly UNSTEADY_WEBHOOKS: DurableObjectNamespace<UnsteadyWebhookObject>;
}

/** Later than the real clock, so that no alarm rings but by the test's hand. */
export const START = Date.UTC(2040, 0, 1);

export const TOKEN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

export interface NewWebhook {
  readonly token?: string;
  readonly format?: WebhookFormat;
  readonly events?: readonly string[];
  readonly path?: string;
  readonly isHasty?: boolean;
  /** Its D1 is in the weather of test/support/unsteady-d1.ts. */
  readonly isUnsteady?: boolean;
  readonly script?: Script;
}

export type TestWebhook = Awaited<ReturnType<typeof newWebhook>>;

export async function newWebhook(given: NewWebhook = {}) {
  const { url: receiver } = (await post(`${inject("webhookReceivers")}/new`)) as { url: string };
  const id = uuidv7();
  const bindings = env as unknown as TestBindings;
  const steady = given.isHasty === true ? bindings.HASTY_WEBHOOKS : bindings.TEST_WEBHOOKS;
  const namespace = given.isUnsteady === true ? bindings.UNSTEADY_WEBHOOKS : steady;
  // A fresh one each time: after a crash the old one is of no use.
  const stub = () => namespace.get(namespace.idFromName(id));
  const order = async (name: string, body: unknown = null) => await post(`${receiver}/-/${name}`, JSON.stringify(body));
  await env.DB.prepare(
    `INSERT INTO webhooks (id, name, url, secrets, wrapping_key, events, format, enabled, status, created_at, updated_at)
     VALUES (?1, 'test', ?2, ?3, 'none', ?4, ?5, 1, 'healthy', ?6, ?6)`,
  )
    .bind(
      id,
      `${receiver}${given.path ?? ""}`,
      JSON.stringify({ token: given.token ?? TOKEN, previous: null }),
      JSON.stringify(given.events ?? ["*"]),
      given.format ?? "json",
      Date.now(),
    )
    .run();
  if (given.script !== undefined) await order("follow", given.script);
  return {
    id,
    get stub() {
      return stub();
    },
    get rpc() {
      return stub() as unknown as WebhookRpc;
    },
    receiver,
    follow: async (script: Script) => void (await order("follow", script)),
    release: async (most: number) => void (await order("release", most)),
    /** Resolves when so many requests have come in all. */
    atLeast: async (count: number) => void (await order("atLeast", count)),
    memory: async () => (await order("memory")) as Memory,
    /** Ids of the events that came, in their order. */
    came: async () => ((await order("memory")) as Memory).received.map(({ headers }) => headers["webhook-id"]),
    /** The alarm, whenever it is armed for: everything lands that can. */
    settle: async () => {
      if (!(await runDurableObjectAlarm(stub())))
        await runInDurableObject(stub(), async (object) => await object.alarm());
    },
    alarmAt: async () => await runInDurableObject(stub(), (_, state) => state.storage.getAlarm()),
    sql: async (query: string) =>
      await runInDurableObject(stub(), (_, state) => state.storage.sql.exec(query).toArray()),
    row: async () => await env.DB.prepare("SELECT * FROM webhooks WHERE id = ?1").bind(id).first(),
    setRow: async (column: string, value: unknown) =>
      void (await env.DB.prepare(`UPDATE webhooks SET ${column} = ?2 WHERE id = ?1`).bind(id, value).run()),
    /** Events of this webhook in D1's outbox. */
    announced: async () =>
      (await env.DB.prepare("SELECT event FROM outbox ORDER BY id").all<{ event: string }>()).results
        .map(({ event }) => JSON.parse(event) as LeaseholdEvent)
        .filter(({ subjectId }) => subjectId === id),
  };
}

let sequence = 0;

export function newEvent(members: Partial<LeaseholdEvent> = {}): LeaseholdEvent {
  sequence += 1;
  return {
    id: uuidv7(),
    type: "license.created",
    at: Date.now(),
    subjectId: "the license",
    sequence,
    // EVT-4: of both tables of the log in turn.
    actor: sequence % 2 === 0 ? { type: "device" } : { type: "token", id: "the shop" },
    requestId: "test",
    changes: {},
    data: { id: "the license", key: "SECRET-KEY", notes: "n" },
    ...members,
  };
}

export function newEvents(count: number): readonly LeaseholdEvent[] {
  return Array.from({ length: count }, () => newEvent());
}

/** The test's clock moves on. */
export function pass(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

async function post(url: string, body = ""): Promise<unknown> {
  const answer = await fetch(url, { method: "POST", body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text}`);
  return JSON.parse(text);
}
