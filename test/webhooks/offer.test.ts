/** The offer of events to webhooks: who is asked for what, and what is known of those that did not take it. */

import { describe, expect, it } from "vitest";
import type { EventType, LeaseholdEvent } from "../../src/domain/license/event.ts";
import type { StartTimer } from "../../src/durable/patience.ts";
import { isWanted, offerEvents, wantsEvent } from "../../src/webhooks/offer.ts";
import type { WebhookRpc } from "../../src/webhooks/rpc.ts";

const NEVER: StartTimer = () => ({ over: new Promise(() => undefined), cancel: () => undefined });
const AT_ONCE: StartTimer = () => ({ over: Promise.resolve(), cancel: () => undefined });

function event(id: string, type: EventType): LeaseholdEvent {
  const happened = { at: 0, subjectId: "l", sequence: 1, requestId: "r" };
  return { id, type, ...happened, actor: { type: "device" }, changes: {}, data: {} };
}

const EVENTS = [event("1", "license.created"), event("2", "activation.created"), event("3", "license.deleted")];

/** Webhooks by how each takes events; a mailbox of who was given what. */
function webhooks(takes: Readonly<Record<string, () => Promise<unknown>>>) {
  const given: [string, readonly string[]][] = [];
  const at = (id: string) =>
    ({
      take: async (_: string, events: readonly LeaseholdEvent[]) => {
        given.push([id, events.map((one) => one.id)]);
        await takes[id]?.();
        return { taken: events.length };
      },
    }) as Partial<WebhookRpc> as WebhookRpc;
  return { given, directory: { at } };
}

describe("the offer of events", () => {
  it("EVT-3: gives each webhook what it wants, whole and in order, and asks none that wants nothing", async () => {
    const { given, directory } = webhooks({});
    const live = [
      { id: "all", events: ["*"] },
      { id: "licenses", events: ["license.*"] },
      { id: "one", events: ["activation.created"] },
      { id: "none", events: ["user.*"] },
    ];
    expect(await offerEvents({ webhooks: directory, timer: NEVER }, live, EVENTS)).toEqual([]);
    expect(given).toEqual([
      ["all", ["1", "2", "3"]],
      ["licenses", ["1", "3"]],
      ["one", ["2"]],
    ]);
  });

  it("EVT-3: answers who has not taken, and why, in the order of the webhooks; the others have", async () => {
    const [one, other] = [new Error("one"), new Error("other")];
    const { given, directory } = webhooks({ a: () => Promise.reject(one), c: () => Promise.reject(other) });
    const live = ["a", "b", "c"].map((id) => ({ id, events: ["*"] }));
    const heard: unknown[] = [];
    const failed = (id: string, error: unknown) => void heard.push([id, error]);
    expect(await offerEvents({ webhooks: directory, timer: NEVER, failed }, live, EVENTS)).toEqual([
      { webhookId: "a", error: one },
      { webhookId: "c", error: other },
    ]);
    expect(given.map(([id]) => id)).toEqual(["a", "b", "c"]);
    expect(heard).toEqual([
      ["a", one],
      ["c", other],
    ]);
  });

  it("EVT-3: waits for nobody longer than its time, and hears of a failure that comes after", async () => {
    const { promise, reject } = Promise.withResolvers<never>();
    const { directory } = webhooks({ slow: () => promise });
    const heard: string[] = [];
    const failed = (id: string) => void heard.push(id);
    const live = [{ id: "slow", events: ["*"] }];
    expect(await offerEvents({ webhooks: directory, timer: AT_ONCE, failed }, live, EVENTS)).toEqual([
      { webhookId: "slow", error: new Error("the webhook's object does not answer") },
    ]);
    expect(heard).toEqual([]);
    reject(new Error("long after"));
    await promise.catch(() => undefined);
    await Promise.resolve();
    expect(heard).toEqual(["slow"]);
  });

  it("HOOK-1: patterns are exact types, a prefix with a star, or a star", () => {
    expect(wantsEvent(["license.created"], "license.created")).toBe(true);
    expect(wantsEvent(["license.created"], "license.deleted")).toBe(false);
    expect(wantsEvent(["user.*", "license.*"], "license.deleted")).toBe(true);
    expect(wantsEvent(["license.*"], "product.created")).toBe(false);
    expect(wantsEvent(["*"], "product.created")).toBe(true);
    expect(wantsEvent([], "product.created")).toBe(false);
    expect(
      isWanted(
        [
          { id: "a", events: [] },
          { id: "b", events: ["*"] },
        ],
        "product.created",
      ),
    ).toBe(true);
    expect(isWanted([], "product.created")).toBe(false);
  });
});
