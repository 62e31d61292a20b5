/** A receiver of webhooks on loopback, for webhooks that are made over /v3. */

import { inject } from "vitest";
import type { Memory, Received, Script } from "./webhook-receiver.ts";

export interface Receiver {
  readonly url: string;
  follow(script: Script): Promise<void>;
  /** Resolves when so many requests have come in all, with these. */
  received(count: number): Promise<readonly Received[]>;
}

export async function newReceiver(): Promise<Receiver> {
  const { url } = (await post(`${inject("webhookReceivers")}/new`, "")) as { url: string };
  const order = async (name: string, body: unknown) => await post(`${url}/-/${name}`, JSON.stringify(body));
  return {
    url,
    follow: async (script) => void (await order("follow", script)),
    received: async (count) => {
      await order("atLeast", count);
      return ((await order("memory", null)) as Memory).received;
    },
  };
}

async function post(url: string, body: string): Promise<unknown> {
  const answer = await fetch(url, { method: "POST", body });
  return await answer.json();
}
