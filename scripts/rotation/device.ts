/** One device of a product's license: it activates, renews and checks in by turns, and its vendor reads. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../../test/support/random.ts";
import { type Calls, type Reply, textIn } from "./calls.ts";
import type { Product, Token } from "./product.ts";

const WEIGHTS = { activate: 10, activateByV3: 10, renew: 45, checkIn: 25, read: 10 };
const PAUSE_MS = 25;
const PATH = "/api/v1/activations";
const LICENSE_TOKEN = "license+jwt";
const ACTIVATION_TOKEN = "activation+jwt";

interface Known {
  readonly sessionId: string;
  readonly token: Token;
}

export class Device {
  /** Renewals and check-ins that were refused since their token's key is compromised. */
  turnedAway = 0;
  readonly #calls: Calls;
  readonly #random: Random;
  readonly #product: Product;
  readonly #name: string;
  /** Access token. */
  readonly #vendor: string;
  #known: Known | null = null;
  #isolate = 0;

  constructor(calls: Calls, random: Random, product: Product, name: string, vendor: string) {
    this.#calls = calls;
    this.#random = random;
    this.#product = product;
    this.#name = name;
    this.#vendor = vendor;
  }

  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await this.once();
      await sleep(PAUSE_MS);
    }
  }

  async once(): Promise<void> {
    this.#isolate = this.#random.below(this.#calls.runtime.urls.length);
    const does = this.#random.weighted(WEIGHTS);
    if (this.#known === null || does === "activate") await this.activate();
    else if (does === "activateByV3") await this.#activateByV3();
    else if (does === "read") await this.#read();
    else await this.#goOn(this.#known, does === "renew" ? "renew" : "check-in");
  }

  async activate(): Promise<void> {
    const body = { activationCode: this.#product.key, fingerprint: this.#name };
    const call = { method: "POST", path: `${PATH}/license`, body } as const;
    const reply = await this.#calls.send("activate", this.#isolate, call);
    if (reply.status < 300) await this.#learn(reply);
  }

  /** With the token that it has. */
  async renew(): Promise<void> {
    if (this.#known !== null) await this.#goOn(this.#known, "renew");
  }

  async #activateByV3(): Promise<void> {
    const { key, id: productId } = this.#product;
    const body = { key, productId, fingerprint: this.#name };
    const call = { method: "POST", path: "/v3/activations", body } as const;
    const reply = await this.#calls.send("activate by v3", this.#isolate, call);
    if (reply.status >= 300) return;
    await this.#product.judge(textIn(reply, "activationToken"), ACTIVATION_TOKEN, reply.sentAt);
  }

  /** A device whose token's key is compromised is turned away, and activates again: its seat is still its own. */
  async #goOn({ sessionId, token }: Known, verb: "renew" | "check-in"): Promise<void> {
    const path = `${PATH}/${sessionId}/${verb}`;
    const reply = await this.#calls.send(
      verb,
      this.#isolate,
      { method: "POST", path, bearer: token.token },
      (status) => status === 401 && this.#product.isDoomed(token),
    );
    if (reply.status === 401) {
      this.turnedAway += 1;
      await this.activate();
    } else if (reply.status < 300) {
      const { doom } = this.#product;
      if (doom?.kid === token.kid && reply.sentAt > doom.outBy)
        this.#calls.faults.push(`${verb} takes a token of the compromised key ${token.kid}`);
      if (verb === "renew") await this.#learn(reply);
    }
  }

  async #read(): Promise<void> {
    const paths = [`/v3/licenses/${this.#product.licenseId}`, "/v3/licenses?limit=5", "/v3/products"];
    const path = this.#random.pick(paths) ?? "/v3/products";
    await this.#calls.send("read by v3", this.#isolate, { method: "GET", path, bearer: this.#vendor });
  }

  async #learn(reply: Reply): Promise<void> {
    const sessionId = textIn(reply, "sessionId");
    if (this.#known !== null && this.#known.sessionId !== sessionId)
      this.#calls.faults.push(`${this.#name} lost its seat ${this.#known.sessionId}`);
    const token = await this.#product.judge(textIn(reply, "licenseToken"), LICENSE_TOKEN, reply.sentAt);
    this.#known = { sessionId, token };
  }
}
