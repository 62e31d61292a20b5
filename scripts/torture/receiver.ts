/** A webhook's receiver on loopback: verifies each delivery, takes its time, and remembers what came. */

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { Webhook } from "standardwebhooks";

/** So that a kill meets deliveries whose answer is under way (ms). */
const SLOWNESS_MS = 10;

export class Receiver {
  /** Event id to the first body that came under it. */
  readonly bodies = new Map<string, string>();
  /** Requests that were answered, the same event again included. */
  deliveries = 0;
  /** A bad signature, or another body under the same id; in words. */
  readonly faults: string[] = [];
  readonly #server = createServer((request, response) => void this.#take(request, response));
  #webhook: Webhook | null = null;

  /** Its address. */
  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/`;
  }

  /** The token that signs from now on. */
  expect(token: string): void {
    this.#webhook = new Webhook(token);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await text(request);
      this.#note(body, String(request.headers["webhook-id"]), request);
      await sleep(SLOWNESS_MS);
      response.writeHead(204).end();
    } catch {
      // Cut off: the sender is dead.
      response.destroy();
    }
  }

  #note(body: string, id: string, { headers }: IncomingMessage): void {
    this.deliveries += 1;
    const known = this.bodies.get(id);
    if (known !== undefined && known !== body) this.faults.push(`event ${id} came again with another body`);
    this.bodies.set(id, known ?? body);
    try {
      this.#webhook?.verify(body, headers as Record<string, string>);
    } catch {
      this.faults.push(`event ${id} is not signed as it should be`);
    }
  }
}
