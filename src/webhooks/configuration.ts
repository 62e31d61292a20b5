/** The webhook's row as D1 has it, believed for a minute. One reading at a time; whoever comes meanwhile shares it. */

import type { Host, WebhookRow } from "./host.ts";

const BELIEVED = 60_000;

export class Configuration {
  readonly #host: Host;
  #row: WebhookRow | null = null;
  #readAt: number | null = null;
  #reading: Promise<WebhookRow | null> | null = null;
  /** Raised by `forget`: a reading that began under another number may have missed what has changed. */
  age = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Null = there is no such webhook. Throws while D1 does not answer. */
  async read(webhookId: string): Promise<WebhookRow | null> {
    const since = this.#readAt === null ? BELIEVED : this.#host.clock() - this.#readAt;
    if (since >= 0 && since < BELIEVED) return this.#row;
    this.#reading ??= this.#readAnew(webhookId);
    return await this.#reading;
  }

  /** The next reading asks D1. */
  forget(): void {
    this.age += 1;
    this.#readAt = null;
    this.#reading = null;
  }

  async #readAnew(webhookId: string): Promise<WebhookRow | null> {
    await Promise.resolve();
    const reading = this.#reading;
    try {
      const row = await this.#host.configuration(webhookId);
      if (this.#reading === reading) {
        this.#row = row;
        this.#readAt = this.#host.clock();
      }
      return row;
    } finally {
      if (this.#reading === reading) this.#reading = null;
    }
  }
}
