/** Follows the events of one license as they are written and as they arrive in D1's log (EVT-1, EVT-2). */

import type { OutboxRow } from "../../../src/domain/turn/ledger.ts";
import { must, same } from "./invariants.ts";

const LIMIT_EVENT_EVERY = 60_000;

/** What an event tells, as far as the watch looks. */
interface Body {
  readonly at: number;
  readonly subjectId: string;
  readonly data: { readonly id?: string; readonly used?: number; readonly limit?: number };
}

/** Types that must be foretold; of others, known or not, only number and instant are looked at. */
const FORETOLD = new Set([
  "license.updated",
  "license.subscription.updated",
  "license.deleted",
  "license.renewed",
  "license.first-activated",
  "license.activation.overage",
  "license.maintenance-expired",
  "activation.created",
  "activation.updated",
  "activation.deleted",
  "activation.lease-expired",
]);

export class EventWatch {
  readonly #licenseId: string;
  /** Ids by sequence. */
  readonly #ids: string[] = [];
  readonly #arrived = new Set<number>();
  /** What the turn that runs has to write, and how often: type, and the activation's id. */
  readonly #due = new Map<string, number>();
  /** Activations that a watermark has ended: one event each, some time. */
  readonly #endings = new Set<string>();
  #limitEventAt = Number.NEGATIVE_INFINITY;
  lastAt = 0;

  constructor(licenseId: string) {
    this.#licenseId = licenseId;
  }

  get written(): number {
    return this.#ids.length;
  }

  /** The turn that runs must write this. */
  expect(type: string, activationId = ""): void {
    const due = `${type} ${activationId}`;
    this.#due.set(due, (this.#due.get(due) ?? 0) + 1);
  }

  /** Ended by a watermark; its event follows. */
  endsLater(activationId: string): void {
    this.#endings.add(activationId);
  }

  /** All that a turn at `now` has written. `lapsed`: an activation is told to have lapsed; false = it has not. */
  committed(rows: readonly OutboxRow[], now: number, lapsed: (activationId: string) => boolean): void {
    for (const row of rows) this.#one(row, now, lapsed);
    const missing = [...this.#due.keys()];
    this.#due.clear();
    must("EVT-1", missing.length === 0, () => `the turn wrote no ${missing.join(", ")}`);
  }

  #one({ seq, id, type, body }: OutboxRow, now: number, lapsed: (activationId: string) => boolean): void {
    same("EVT-1", "the next event's number", seq, this.#ids.length + 1);
    this.#ids.push(id);
    const { at, subjectId, data } = JSON.parse(body) as Body;
    same("EVT-1", "an event's instant", at, now);
    same("EVT-1", "an event's subject", subjectId, this.#licenseId);
    must("CLOCK-1", at >= this.lastAt, () => `event ${seq} is older than the one before`);
    this.lastAt = at;
    if (type === "license.activation.limit-reached") {
      must("EVT-1", now - this.#limitEventAt >= LIMIT_EVENT_EVERY, () => "two limit events within a minute");
      this.#limitEventAt = now;
    }
    if (FORETOLD.has(type)) this.#foretold(type, type.startsWith("activation.") ? (data.id ?? "") : "", lapsed);
  }

  #foretold(type: string, activationId: string, lapsed: (activationId: string) => boolean): void {
    const due = `${type} ${activationId}`;
    const times = this.#due.get(due) ?? 0;
    if (times > 1) this.#due.set(due, times - 1);
    else this.#due.delete(due);
    if (times > 0) return;
    if (type === "activation.deleted" && this.#endings.delete(activationId)) return;
    if (type === "activation.lease-expired" && lapsed(activationId)) return;
    must("EVT-1", false, () => `${type} ${activationId} is told of without a cause, or twice`);
  }

  arrived(row: OutboxRow): void {
    same("EVT-2", `the id of event ${row.seq}`, row.id, this.#ids[row.seq - 1]);
    this.#arrived.add(row.seq);
  }

  quiet(): void {
    same("EVT-2", `the number of events of ${this.#licenseId} that arrived`, this.#arrived.size, this.#ids.length);
    must("EVT-1", this.#endings.size === 0, () => `nobody was told of the end of ${[...this.#endings].join(", ")}`);
  }
}
