/** MGMT-2: a management change is in D1's lists when it is answered, if D1 answers in time. */

import { tidy } from "../domain/commands/tidy.ts";
import { atMost } from "../durable/patience.ts";
import { ALARM } from "../domain/turn/turn.ts";
import type { Deletion } from "./deletion.ts";
import type { Held } from "./held.ts";
import type { Relay } from "./relay/relay.ts";

/** A change waits at most this long for D1 (ms). */
const WAIT_FOR_D1 = 2000;

export class Showing {
  readonly #held: Held;
  readonly #relay: Relay;
  readonly #deletion: Deletion;

  constructor(held: Held, relay: Relay, deletion: Deletion) {
    this.#held = held;
    this.#relay = relay;
    this.#deletion = deletion;
  }

  /**
   * After the commit of a change: resolves when D1 shows it, or when nobody should wait any longer. What is left goes
   * on.
   */
  async shown(): Promise<void> {
    await atMost(WAIT_FOR_D1, this.#held.host.timer, () => this.#settle());
  }

  async #settle(): Promise<void> {
    if (!this.#held.holdsLicense()) return;
    await this.#relay.handOver(this.#held.ledger.tally().eventSeq);
    const { license } = this.#held;
    if (license !== null && this.#held.isDeleted(license.id)) await this.#drain();
  }

  /** A deletion goes as far as one bounded run takes it; the alarm does the rest. */
  async #drain(): Promise<void> {
    this.#held.run(ALARM, tidy);
    await this.#relay.handOver();
    await this.#relay.settled();
    await this.#deletion.finish();
  }
}
