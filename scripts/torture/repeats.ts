/**
 * Repeated calls (MGMT-4): licenses are created, activated and renewed with Idempotency-Keys, each call sent up to five
 * times at once and later, while the runtime is killed. Each must have had its effect once, and one answer. A seat is
 * an instance's, so that nothing but its key keeps a repeated activation from taking another.
 */

import { decodeJwt } from "jose";
import { Random } from "../../test/support/random.ts";
import { type Answer, Api, instant, type Request, text } from "./api.ts";
import type { Prepared } from "./prepare.ts";
import type { Runtime } from "./runtime.ts";
import { Storm } from "./storm.ts";

export interface RepeatsTest {
  readonly seed: number;
  readonly licenses: number;
  /** Of each license. */
  readonly activations: number;
  readonly renewals: number;
  /** Between two kills, at most. */
  readonly answersPerLife: number;
}

export interface RepeatsReport {
  readonly licenses: number;
  readonly activations: number;
  readonly renewals: number;
  readonly sent: number;
  readonly unanswered: number;
  readonly faults: readonly string[];
}

const MOST_COPIES = 5;
const CLIENTS = 6;
const PERIOD_SECONDS = 86_400;

export async function repeats(
  runtime: Runtime,
  { token, productId }: Prepared,
  { seed, licenses, activations, renewals, answersPerLife }: RepeatsTest,
): Promise<RepeatsReport> {
  const api = new Api(runtime, token);
  const random = new Random(seed);
  const repeater = new Repeater(api, random);
  const names = Array.from({ length: licenses }, (_, n) => `repeated-${seed}-${n}`);
  const lives = names.map((name) => new Life(repeater, name, productId, { activations, renewals }));
  const waiting = [...lives];
  const client = async () => {
    for (let life = waiting.pop(); life !== undefined; life = waiting.pop()) await life.live();
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, client));
  await new Storm(runtime, new Random(seed + 1), answersPerLife, () => api.answers).until(clients);
  // Later: all of it once more, on a runtime that has been killed since.
  await runtime.kill();
  await runtime.start();
  for (const life of lives) await life.again();
  const faults = (await Promise.all(lives.map((life) => life.check(api)))).flat();
  const { sent, unanswered } = repeater;
  return {
    licenses,
    activations: licenses * activations,
    renewals: licenses * renewals,
    sent,
    unanswered,
    faults: [...repeater.faults, ...faults, ...(await doubled(api, names)), ...api.bugs],
  };
}

/** Sends calls again under their keys, and compares what they are answered. */
class Repeater {
  sent = 0;
  unanswered = 0;
  readonly faults: string[] = [];
  readonly random: Random;
  readonly #api: Api;
  readonly #answers = new Map<string, string>();

  constructor(api: Api, random: Random) {
    this.#api = api;
    this.random = random;
  }

  /** One to five copies at once, and then one after the other until there is an answer. */
  async persist(request: Request & { readonly idempotencyKey: string }, same = whole): Promise<Answer> {
    const copies = Array.from({ length: 1 + this.random.below(MOST_COPIES) }, () => this.#once(request, same));
    const first = (await Promise.all(copies)).find((answer) => answer !== null);
    if (first !== undefined) return first;
    for (;;) {
      const answer = await this.#once(request, same);
      if (answer !== null) return answer;
    }
  }

  async #once(
    request: Request & { readonly idempotencyKey: string },
    same: (answer: Answer) => unknown,
  ): Promise<Answer | null> {
    await this.#api.runtime.up();
    this.sent += 1;
    const answer = await this.#api.call(request);
    if (answer === null) this.unanswered += 1;
    else this.#compare(request.idempotencyKey, JSON.stringify([answer.status, same(answer)]));
    return answer;
  }

  #compare(key: string, told: string): void {
    const before = this.#answers.get(key);
    if (before === undefined) this.#answers.set(key, told);
    else if (before !== told) this.faults.push(`${key} is answered ${told} after ${before}`);
  }
}

function whole({ body }: Answer): unknown {
  return body;
}

/** A repeated activation is signed anew. */
function session({ body }: Answer): unknown {
  return [body["sessionId"], body["leaseExpiresAt"]];
}

/** The same of v3's, whose answer is a token alone. */
function sessionInToken({ status, body }: Answer): unknown {
  if (status !== 201) return body;
  const { aid, leat } = decodeJwt(String(body["activationToken"]));
  return [aid, leat];
}

/** One license, from its creation on. */
class Life {
  readonly #repeater: Repeater;
  readonly #name: string;
  readonly #productId: string;
  readonly #size: Pick<RepeatsTest, "activations" | "renewals">;
  #id = "";
  #createdAt = 0;
  #key = "";

  constructor(
    repeater: Repeater,
    name: string,
    productId: string,
    size: Pick<RepeatsTest, "activations" | "renewals">,
  ) {
    this.#repeater = repeater;
    this.#name = name;
    this.#productId = productId;
    this.#size = size;
  }

  /** Activations and renewals go at the same time: any of them gives birth. */
  async live(): Promise<void> {
    const created = await this.#create();
    this.#id = text(created, "id");
    this.#key = text(created, "key");
    this.#createdAt = instant(created, "createdAt") ?? 0;
    const { activations, renewals } = this.#size;
    const times = <T>(count: number, work: (n: number) => T) => Array.from({ length: count }, (_, n) => work(n));
    await Promise.all([
      ...times(activations, (n) => (n % 2 === 0 ? this.#activate(n) : this.#activateByV3(n))),
      ...times(renewals, (n) => this.#renew(n)),
    ]);
  }

  async again(): Promise<void> {
    await this.live();
  }

  async check(api: Api): Promise<readonly string[]> {
    const seen = await api.surely({ method: "GET", path: `/v3/licenses/${this.#id}` });
    const added = ((instant(seen, "expiresAt") ?? 0) - this.#createdAt) / (PERIOD_SECONDS * 1000);
    const { activations, renewals } = this.#size;
    const live = seen.body["totalActivations"];
    return [
      ...(added === 1 + renewals ? [] : [`${this.#name} has ${added} periods, not ${1 + renewals}`]),
      ...(live === activations ? [] : [`${this.#name} has ${String(live)} activations, not ${activations}`]),
    ];
  }

  #create(): Promise<Answer> {
    const body = {
      productId: this.#productId,
      notes: this.#name,
      type: "hosted-floating",
      leasingStrategy: "per-instance",
      allowedActivations: this.#size.activations,
      leaseDuration: 3600,
      validity: PERIOD_SECONDS,
    };
    const idempotencyKey = `create ${this.#name}`;
    return this.#repeater.persist({ method: "POST", path: "/v3/licenses", body, idempotencyKey });
  }

  #activate(n: number): Promise<Answer> {
    const body = { activationCode: this.#key, fingerprint: this.#name };
    const path = "/api/v1/activations/license";
    const idempotencyKey = `activate ${n} of ${this.#name}`;
    return this.#repeater.persist({ method: "POST", path, body, bearer: null, idempotencyKey }, session);
  }

  #activateByV3(n: number): Promise<Answer> {
    const body = { key: this.#key, productId: this.#productId, fingerprint: this.#name };
    const path = "/v3/activations";
    const idempotencyKey = `activate ${n} of ${this.#name} by v3`;
    return this.#repeater.persist({ method: "POST", path, body, bearer: null, idempotencyKey }, sessionInToken);
  }

  #renew(n: number): Promise<Answer> {
    const path = `/v3/licenses/${this.#id}/renew`;
    return this.#repeater.persist({ method: "POST", path, idempotencyKey: `renew ${n} of ${this.#name}` });
  }
}

/** Names under which there is not exactly one license. */
async function doubled(api: Api, names: readonly string[]): Promise<readonly string[]> {
  const notes = (await api.list("/v3/licenses")).map((license) => license["notes"]);
  return names
    .map((name) => ({ name, made: notes.filter((note) => note === name).length }))
    .filter(({ made }) => made !== 1)
    .map(({ name, made }) => `${name} was created ${made} times`);
}
