/**
 * The crash test: writers on both APIs, a storm of kills, quiet, and then everything that was acknowledged must be
 * there.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../../test/support/random.ts";
import { Afterwards, listDisagreements } from "./afterwards.ts";
import { Api } from "./api.ts";
import { Machine } from "./devices.ts";
import { Writer } from "./persistence.ts";
import type { Prepared } from "./prepare.ts";
import type { Runtime } from "./runtime.ts";
import { Shop } from "./shop.ts";
import { readStorage, unrest } from "./storage.ts";
import { Storm } from "./storm.ts";
import { Tally } from "./tally.ts";
import { eventFaults } from "./told.ts";
import { tornIn } from "./torn.ts";

export interface CrashTest {
  readonly seed: number;
  readonly kills: number;
  /** Background work is made to come at once, where else its alarms, up to a minute late, are waited for. */
  readonly hurries: boolean;
}

export interface Report {
  readonly tally: Tally;
  readonly licenses: number;
  readonly sessions: number;
  readonly events: number;
  readonly torn: readonly string[];
  readonly overIssued: readonly string[];
  readonly bugs: readonly string[];
}

/** Between two kills. */
const MOST_ANSWERS = 120;
const SHOPS = 4;
const MACHINES = 6;
const QUIET_WITHIN_MS = 180_000;
const CRON_EVERY_MS = 5000;
const POLL_MS = 250;

export async function crashTest(runtime: Runtime, { token, productId }: Prepared, test: CrashTest): Promise<Report> {
  const tally = new Tally();
  const api = new Api(runtime, token);
  let isOver = false;
  const writer = (n: number) => new Writer(api, new Random(test.seed * 1000 + n), tally, () => isOver);
  const shops = Array.from({ length: SHOPS }, (_, n) => new Shop(writer(n), `shop${n}`, productId));
  const dossiers = () => shops.flatMap((shop) => shop.dossiers);
  const machines = Array.from(
    { length: MACHINES },
    (_, n) => new Machine(writer(100 + n), `machine-${n}`, { productId, dossiers }),
  );
  const writers = Promise.all([...shops, ...machines].map((each) => each.run()));
  await Promise.race([
    new Storm(runtime, new Random(test.seed), MOST_ANSWERS, () => api.answers).times(test.kills),
    writers,
  ]);
  isOver = true;
  await writers;

  if (test.hurries) await touchAll(api);
  await quiet(runtime, { sweeps: !test.hurries });
  const users = shops.flatMap((shop) => shop.users);
  await new Afterwards(api, tally).check(dossiers(), users);
  const unlike = await listDisagreements(api);
  await quiet(runtime, { sweeps: false });
  await runtime.kill();
  const stored = readStorage(runtime.state);
  return {
    tally,
    licenses: dossiers().length,
    sessions: dossiers().reduce((sum, { sessions }) => sum + sessions.size, 0),
    events: stored.events.length,
    torn: [...tornIn(stored), ...eventFaults(stored, dossiers()), ...unlike],
    overIssued: dossiers().flatMap((each) =>
      each.overIssued().map(({ id, grantedBy }) => `${each.id}: ${id} at ${new Date(grantedBy).toISOString()}`),
    ),
    bugs: api.bugs,
  };
}

/** A change of each license: its object hands over what waits. */
async function touchAll(api: Api): Promise<void> {
  for (const row of await api.list("/v3/licenses")) {
    const path = `/v3/licenses/${String(row["id"])}`;
    await api.surely({ method: "PATCH", path, body: { allowedFloatingClients: 1 } });
  }
}

/** Resolves when nothing is left to be done in the background: the cron is run, alarms come by themselves. */
async function quiet(runtime: Runtime, how: { readonly sweeps: boolean }): Promise<void> {
  const until = Date.now() + QUIET_WITHIN_MS;
  let cronAt = 0;
  for (;;) {
    if (Date.now() >= cronAt) {
      await runtime.cron();
      cronAt = Date.now() + CRON_EVERY_MS;
    }
    const restless = unrest(readStorage(runtime.state), how);
    if (restless.length === 0) return;
    if (Date.now() > until) throw new Error(`it never gets quiet:\n${restless.join("\n")}`);
    await sleep(POLL_MS);
  }
}
