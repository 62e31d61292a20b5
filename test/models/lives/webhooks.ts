/**
 * Webhooks' objects as a license's object meets them: a call that takes events may fail, arrive late, or be cut off.
 */

import type { LeaseholdEvent } from "../../../src/domain/license/event.ts";
import type { WebhookDirectory } from "../../../src/webhooks/stub.ts";
import { webhooksThat } from "../../support/webhooks.ts";
import type { ModelD1 } from "./d1.ts";
import { Violation } from "./oracle.ts";

export class ModelWebhooks {
  readonly #d1: ModelD1;
  /** Webhook and event id to the event as it was first taken. */
  readonly taken = new Map<string, Map<string, LeaseholdEvent>>();

  constructor(d1: ModelD1) {
    this.#d1 = d1;
  }

  /** A webhook in D1 that wants these events. Without one, nothing of this is in the way of a seed. */
  add(id: string, events: readonly string[]): void {
    this.#d1.rows(
      `INSERT INTO webhooks (id, name, url, secrets, wrapping_key, events, format, enabled, status, created_at, updated_at)
       VALUES (?, '', '', '', '', ?, 'json', 1, 'healthy', 0, 0)`,
      id,
      JSON.stringify(events),
    );
    this.taken.set(id, new Map());
  }

  /** As `owner`, an object's keeper, calls them. */
  for(owner: object): WebhookDirectory {
    return webhooksThat((id, events) => this.#d1.send(owner, `take ${id}`, () => this.#take(id, events)));
  }

  /** The same id twice is the same event, whatever crashed between (EVT-2). */
  #take(id: string, events: readonly LeaseholdEvent[]): void {
    const known = this.taken.get(id);
    if (known === undefined) throw new Violation(`${id} is no webhook`);
    for (const event of events) {
      const before = known.get(event.id);
      if (before !== undefined && JSON.stringify(before) !== JSON.stringify(event))
        throw new Violation(`event ${event.id} was taken twice and is not the same`);
      known.set(event.id, event);
    }
  }
}
