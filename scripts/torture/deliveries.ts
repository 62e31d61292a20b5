/** Events to a webhook while the runtime is killed: every one is delivered, under one id, and none is lost (EVT-2). */

import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../../test/support/random.ts";
import { Api, text } from "./api.ts";
import type { Prepared } from "./prepare.ts";
import { Receiver } from "./receiver.ts";
import type { Runtime } from "./runtime.ts";
import { readStorage, type Row, type Stored, unrest, webhookBacklog } from "./storage.ts";
import { Storm } from "./storm.ts";

export interface DeliveriesTest {
  readonly seed: number;
  /** Activations, each of which is an event. */
  readonly count: number;
  readonly kills: number;
  /** Alarms, up to a minute late, are not waited for. */
  readonly hurries: boolean;
}

export interface DeliveriesReport {
  readonly activations: number;
  /** In the log. */
  readonly events: number;
  readonly delivered: number;
  /** The same event came again. */
  readonly repeated: number;
  readonly faults: readonly string[];
}

const LICENSES = 10;
const MACHINES = 6;
const QUIET_WITHIN_MS = 240_000;
const POLL_MS = 500;

export async function deliveries(
  runtime: Runtime,
  { token, productId }: Prepared,
  { seed, count, kills, hurries }: DeliveriesTest,
): Promise<DeliveriesReport> {
  const api = new Api(runtime, token);
  const receiver = new Receiver();
  try {
    const body = { name: "torture", url: await receiver.listen(), events: ["license.*", "activation.*"] };
    const webhook = await api.surely({ method: "POST", path: "/v3/webhooks", body });
    receiver.expect(text(webhook, "token"));
    const webhookId = text(webhook, "id");
    const path = `/v3/webhooks/${webhookId}`;
    const sessions = new Set<string>();
    const answers = () => api.answers + receiver.deliveries;
    const storm = new Storm(runtime, new Random(seed), Math.ceil((2 * count) / kills), answers);
    await Promise.all([storm.times(kills), activations(api, productId, count, sessions)]);
    await quiet(api, hurries ? path : null);
    const faults = undelivered(readStorage(runtime.state), receiver, { webhookId, sessions });
    const { bodies } = receiver;
    await api.surely({ method: "DELETE", path });
    return {
      activations: sessions.size,
      events: faults.events,
      delivered: bodies.size,
      repeated: receiver.deliveries - bodies.size,
      faults: [...faults.words, ...receiver.faults, ...api.bugs],
    };
  } finally {
    receiver.close();
  }
}

/** So many devices on a few licenses without a limit, each until it is answered. */
async function activations(api: Api, productId: string, count: number, sessions: Set<string>): Promise<void> {
  const keys: string[] = [];
  for (let n = 0; n < LICENSES; n += 1) {
    const body = { productId, externalReference: `deliveries-${n}`, allowedActivations: 0 };
    keys.push(text(await api.surely({ method: "POST", path: "/v3/licenses", body }), "key"));
  }
  let next = 0;
  const machine = async () => {
    while (next < count) {
      const device = (next += 1);
      const body = { activationCode: keys[device % LICENSES], fingerprint: `device-${device}` };
      const path = "/api/v1/activations/license";
      sessions.add(text(await api.surely({ method: "POST", path, body, bearer: null }), "sessionId"));
    }
  };
  await Promise.all(Array.from({ length: MACHINES }, machine));
}

/**
 * Resolves when nothing waits any more. `touched`: the webhook's path, to be changed again and again, which sends at
 * once.
 */
async function quiet(api: Api, touched: string | null): Promise<void> {
  const { runtime } = api;
  const until = Date.now() + QUIET_WITHIN_MS;
  for (let round = 0; ; round += 1) {
    if (round % 10 === 0) await runtime.cron();
    if (touched !== null && round % 4 === 0) await hurry(api, touched, round);
    const backlog = webhookBacklog(runtime.state);
    const restless = unrest(readStorage(runtime.state), { sweeps: false });
    if (backlog === 0 && restless.length === 0) return;
    if (Date.now() > until) throw new Error(`${backlog} events wait for ever\n${restless.join("\n")}`);
    await sleep(POLL_MS);
  }
}

/** A change of the webhook sends what waits there; one of a license hands over what waits in its object. */
async function hurry(api: Api, webhook: string, round: number): Promise<void> {
  await api.surely({ method: "PATCH", path: webhook, body: { name: `torture ${round}` } });
  if (round > 0) return;
  for (const { id } of await api.list("/v3/licenses"))
    await api.surely({ method: "PATCH", path: `/v3/licenses/${String(id)}`, body: { allowedFloatingClients: 2 } });
}

interface Undelivered {
  readonly events: number;
  readonly words: readonly string[];
}

/** A body, as far as it is read here. */
interface Told extends Row {
  readonly event: string;
  readonly sequence: number;
  readonly data: { readonly id: string };
}

interface Expected {
  readonly webhookId: string;
  readonly sessions: ReadonlySet<string>;
}

/**
 * Each event of the log since the webhook's creation came, as the log has it, and each activation that was acknowledged
 * is told by one.
 */
function undelivered({ events }: Stored, { bodies }: Receiver, { webhookId, sessions }: Expected): Undelivered {
  const told = new Map<unknown, Told>([...bodies].map(([id, body]) => [id, JSON.parse(body)]));
  const created = [...told.values()].filter(({ event }) => event === "activation.created");
  const activated = new Set(created.map(({ data }) => data.id));
  // Ids are UUIDv7: they sort by time.
  const wanted = events.filter(
    (event) => /^(license|activation)\./.test(String(event["type"])) && String(event["id"]) > webhookId,
  );
  const places = new Set(wanted.map((event) => `${String(event["subject_id"])} ${String(event["sequence"])}`));
  const logged = new Set(events.map(({ id }) => id));
  return {
    events: wanted.length,
    words: [
      ...[...bodies.keys()].filter((id) => !logged.has(id)).map((id) => `event ${id} came and is not in the log`),
      ...wanted.flatMap((event) => missing(event, told.get(event["id"]))),
      ...[...sessions].filter((id) => !activated.has(id)).map((id) => `nobody was told of the activation ${id}`),
      ...(places.size === wanted.length ? [] : ["two events have the same license and sequence"]),
    ],
  };
}

function missing({ id, type, sequence }: Row, came: Row | undefined): string[] {
  if (came === undefined) return [`event ${String(id)} (${String(type)}) was never delivered`];
  const isSame = came["event"] === type && came["sequence"] === sequence;
  return isSame ? [] : [`event ${String(id)} came as another one`];
}
