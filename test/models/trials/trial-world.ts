/**
 * Trials of one product under a D1 that fails anywhere and calls that overlap (TRIAL-1). What stands in D1 is looked at
 * after each of its answers, against a naive memory of who has had one.
 */

import { activateTrial, type TrialGiven } from "../../../src/operations/activation/activate-trial.ts";
import { moveTrialEnd, removeTrial } from "../../../src/operations/catalogue/change-trial.ts";
import type { Outcome } from "../../../src/domain/outcome.ts";
import { NO_CLAIMS, NOWHERE } from "../../../src/domain/license/device.ts";
import { Random } from "../../support/random.ts";
import { ModelD1 } from "../lives/d1.ts";

const PRODUCT = "0199f6a0-0000-7000-8000-000000000001";
const POLICY = "0199f6a0-0000-7000-8000-000000000002";
const VENDOR = { actor: { type: "token", id: "vendor" }, requestId: "trials" } as const;
const DEVICES = ["one", "two"] as const;
const OS_USERS = [null, "ada", "bob"] as const;
const MOST_AT_ONCE = 6;
const STEPS = 70;
const ACTS = { ask: 10, answer: 34, pass: 3, lock: 1, length: 1, move: 2, remove: 3 };
const D1 = { well: 85, before: 7, after: 8 };

/** Had once, whatever became of it. */
interface Had {
  readonly id: string;
  readonly device: string;
  readonly osUser: string;
  readonly endsAt: Set<number>;
  isDeleted: boolean;
}

export class TrialWorld {
  readonly trace: string[] = [];
  readonly #random: Random;
  readonly #d1 = new ModelD1();
  readonly #worker = {};
  readonly #had = new Map<string, Had>();
  readonly #begun = new Set<string>();
  #now = Date.UTC(2027, 0, 1);
  #locked = false;
  #lengthSeconds = 3600;
  #running = 0;
  broken: string | null = null;

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.#d1.rows(
      "INSERT INTO products VALUES (?, 'App', 'App', '', '', '', '', '', 'ES256', '[]', NULL, ?, 0, 0)",
      ...[PRODUCT, POLICY],
    );
    this.#d1.rows(
      "INSERT INTO trial_policies VALUES (?, 'P', 3600, 1, 1, 0, 0, '[]', '[]', '[]', '[]', '[]', 0, 0)",
      POLICY,
    );
  }

  /** Null = no rule broken. */
  async live(): Promise<string | null> {
    for (let step = 0; step < STEPS && this.broken === null; step += 1) await this.#act();
    while (this.#running > 0 && this.broken === null) await this.#answer("well");
    // When all is quiet everybody asks once more.
    for (const device of DEVICES) {
      for (const osUser of this.#locked ? OS_USERS.slice(1) : OS_USERS) {
        this.#ask(device, osUser);
        while (this.#running > 0 && this.broken === null) await this.#answer("well");
      }
    }
    return this.broken;
  }

  async #act(): Promise<void> {
    const random = this.#random;
    const had = random.pick([...this.#had.values()]);
    switch (random.weighted(ACTS)) {
      case "ask":
        if (this.#running < MOST_AT_ONCE) this.#ask(random.pick(DEVICES) ?? "one", random.pick(OS_USERS) ?? null);
        return await quiet();
      case "answer":
        return await this.#answer(random.weighted(D1));
      case "pass":
        this.#now += random.below(2_000_000);
        return;
      case "lock":
        this.#locked = !this.#locked;
        return this.#setPolicy();
      case "length":
        this.#lengthSeconds = 60 * (1 + random.below(100));
        return this.#setPolicy();
      case "move":
        if (had !== undefined) this.#vendor("move", had, this.#now + random.below(1_000_000));
        return await quiet();
      case "remove":
        if (had !== undefined) this.#vendor("remove", had, null);
        return await quiet();
    }
  }

  /** One of the calls on their way to D1. */
  async #answer(how: keyof typeof D1): Promise<void> {
    const { pending } = this.#d1;
    const [call] = pending.splice(this.#random.below(pending.length), 1);
    if (call !== undefined) {
      this.trace.push(`  D1 ${how}: ${call.what.slice(0, 60)}`);
      const failed = new Error("D1 failed");
      try {
        const value = how === "before" ? null : call.apply();
        if (how === "well") call.resolve(value);
        else call.reject(failed);
      } catch {
        call.reject(failed);
      }
      this.#look();
    }
    await quiet();
  }

  #setPolicy(): void {
    this.trace.push(`policy: locked ${this.#locked}, ${this.#lengthSeconds} s`);
    this.#d1.rows(
      "UPDATE trial_policies SET user_locked = ?, trial_length_seconds = ?, updated_at = updated_at + 1",
      ...[Number(this.#locked), this.#lengthSeconds],
    );
  }

  #stores() {
    // Nobody has to find out by whom.
    const deviceDigest = (text: string) => Promise.resolve(text);
    return { db: this.#d1.for(this.#worker), deviceDigest, pause: () => Promise.resolve() };
  }

  #ask(fingerprint: string, userHash: string | null): void {
    const device = { ...NO_CLAIMS, userHash };
    const call = { ...{ requestId: "trials", productId: PRODUCT, fingerprint, device }, network: NOWHERE };
    const charge = () => Promise.resolve();
    this.#run(
      `${fingerprint} of ${userHash ?? "nobody"}`,
      activateTrial(this.#stores(), call, this.#now, charge),
      (told) => this.#told(fingerprint, userHash, told),
    );
  }

  #vendor(what: "move" | "remove", { id }: Had, expiresAt: number | null): void {
    if (what === "remove")
      return this.#run(`remove ${id}`, removeTrial(this.#stores(), id, VENDOR, this.#now), () => undefined);
    this.#run(`move ${id}`, moveTrialEnd(this.#stores(), id, expiresAt ?? 0, VENDOR, this.#now), (told) => {
      if (told.ok && told.value !== null && told.value.expiresAt !== expiresAt) this.#breaks(`${id} was not moved`);
    });
  }

  #run<T>(what: string, work: Promise<Outcome<T>>, judge: (told: Outcome<T>) => void): void {
    this.trace.push(what);
    this.#running += 1;
    const finish = async () => {
      try {
        const told = await work;
        this.trace.push(`${what}: ${told.ok ? JSON.stringify(told.value) : told.refusal.code}`);
        judge(told);
      } catch {
        // Nobody knows whether it took effect.
        this.trace.push(`${what}: no answer`);
      } finally {
        this.#running -= 1;
      }
    };
    void finish();
  }

  /** What a device hears is its own trial, with an end that it has or had, or that there is none to come. */
  #told(fingerprint: string, userHash: string | null, told: Outcome<TrialGiven>): void {
    const theirs = [...this.#had.values()].filter(({ device }) => device === deviceText(fingerprint));
    if (!told.ok) {
      const isFair =
        told.refusal.code === "trial-used-up"
          ? theirs.some(({ isDeleted }) => isDeleted)
          : told.refusal.code === "invalid-member" && userHash === null;
      if (!isFair) this.#breaks(`${fingerprint} is refused: ${told.refusal.code}`);
      return;
    }
    const { trial, isNew } = told.value;
    const had = theirs.find(({ id }) => id === trial.id);
    if (had === undefined) return this.#breaks(`${fingerprint} is told of ${trial.id}, which is not its own`);
    if (!had.endsAt.has(trial.expiresAt)) this.#breaks(`${trial.id} never ended at ${trial.expiresAt}`);
    if (isNew && this.#begun.has(trial.id)) this.#breaks(`${trial.id} began twice`);
    if (isNew) this.#begun.add(trial.id);
  }

  /** After each answer of D1: what is there that was not. */
  #look(): void {
    const rows = this.#d1.rows("SELECT id, device, os_user, expires_at FROM trial_activations");
    for (const row of rows) {
      const [id, endsAt] = [String(row["id"]), Number(row["expires_at"])];
      const known = this.#had.get(id) ?? this.#begins(id, String(row["device"]), String(row["os_user"]), endsAt);
      if (known.isDeleted) this.#breaks(`${id} is back`);
      known.endsAt.add(endsAt);
    }
    const ids = new Set(rows.map(({ id }) => id));
    for (const had of this.#had.values()) had.isDeleted ||= !ids.has(had.id);
    this.#lookAtEvents();
  }

  /** By the policy of this very moment. */
  #begins(id: string, device: string, osUser: string, endsAt: number): Had {
    const earlier = [...this.#had.values()].filter((had) => had.device === device);
    const twice = this.#locked ? earlier.find((had) => had.osUser === "" || had.osUser === osUser) : earlier[0];
    if (twice !== undefined) this.#breaks(`${device} of ${osUser} has ${id}, and had ${twice.id}`);
    if (this.#locked !== (osUser !== "")) this.#breaks(`${id} is of ${osUser}, locked is ${this.#locked}`);
    const had = { id, device, osUser, endsAt: new Set([endsAt]), isDeleted: false };
    this.#had.set(id, had);
    return had;
  }

  /** EVT-1: of each there is one event of its beginning, and one of its end at most; of nothing else there is any. */
  #lookAtEvents(): void {
    const told = this.#d1
      .rows("SELECT event ->> '$.type' AS type, event ->> '$.subjectId' AS id FROM outbox")
      .map(({ type, id }) => `${String(type).split(".")[1]} ${String(id)}`);
    const count = (what: string) => told.filter((each) => each === what).length;
    for (const { id, isDeleted } of this.#had.values()) {
      const isTold = count(`created ${id}`) === 1 && count(`deleted ${id}`) === Number(isDeleted);
      if (!isTold) this.#breaks(`${id} is told of by ${told.filter((each) => each.endsWith(id)).join()}`);
    }
    const stray = told.find((each) => !this.#had.has(each.split(" ")[1] ?? ""));
    if (stray !== undefined) this.#breaks(`${stray} is told of, and never was`);
  }

  #breaks(what: string): void {
    this.broken ??= what;
  }
}

/** As the product composes it. */
function deviceText(fingerprint: string): string {
  return JSON.stringify([PRODUCT, fingerprint]);
}

async function quiet(): Promise<void> {
  await new Promise(setImmediate);
}
