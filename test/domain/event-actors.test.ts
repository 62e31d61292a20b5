/** Who an event of a license names (EVT-1): whoever asked for the change, and for what the clock did, the alarm. */

import { describe, expect, it } from "vitest";

import type { Caller } from "../../src/domain/license/calls.ts";
import type { EventType } from "../../src/domain/license/event.ts";
import { DEVICE, person, VENDOR } from "../support/world.ts";
import { CREATED, DAY, MONTHLY, value } from "./samples.ts";
import { fill, floating, HOUR, MINUTE, nodeLocked, type MapWorld } from "./worlds.ts";

const ALARM: Caller = { actor: { type: "system", id: "alarm" }, requestId: "alarm" };

/** Of the latest event of that type. */
function callerOf(world: MapWorld, type: EventType): Caller {
  const event = world.events().findLast((one) => one.type === type);
  const { actor, requestId } = JSON.parse(event?.body ?? "{}") as Caller;
  return { actor, requestId };
}

/** A license's events that its object writes; `license.created` is D1's. */
type Told = Exclude<Extract<EventType, `license.${string}` | `activation.${string}`>, "license.created">;

/** Each brings its event about, and says whose it is. */
const EVENTS: Readonly<Record<Told, { readonly world: () => MapWorld; readonly by: Caller }>> = {
  "license.updated": { by: VENDOR, world: () => done(nodeLocked(), (world) => world.patch({ notes: "n" })) },
  "license.deleted": { by: VENDOR, world: () => done(nodeLocked(), (world) => world.deleteLicense()) },
  "license.renewed": { by: VENDOR, world: () => done(nodeLocked({ validity: 9 }), (world) => world.renewLicense()) },
  "license.extended": { by: VENDOR, world: () => done(nodeLocked({ validity: 9 }), (world) => world.extendLicense(9)) },
  "license.expired": { by: ALARM, world: () => expired(DAY / 1000 - 1, 0) },
  "license.expiring-soon": { by: ALARM, world: () => expired(2 * DAY, DAY * 2) },
  "license.maintenance-expired": { by: ALARM, world: () => maintained(DAY / 1000 - 1, 0) },
  "license.maintenance-expiring-soon": { by: ALARM, world: () => maintained(2 * DAY, DAY * 2) },
  "license.expiresAt.updated": {
    by: VENDOR,
    world: () => done(nodeLocked(), (world) => world.setExpiresAt(CREATED + 9 * DAY)),
  },
  "license.subscription.updated": {
    by: VENDOR,
    world: () => done(nodeLocked(), (world) => world.patch({ subscriptionInterval: MONTHLY })),
  },
  "license.first-activated": { by: DEVICE, world: () => done(nodeLocked(), (world) => world.activate("a")) },
  "license.activation.limit-reached": { by: DEVICE, world: () => full() },
  "license.activation.overage": { by: DEVICE, world: () => over() },
  "activation.created": { by: DEVICE, world: () => done(nodeLocked(), (world) => world.activate("a")) },
  "activation.updated": { by: DEVICE, world: () => takenOver() },
  "activation.deleted": { by: DEVICE, world: () => checkedOut() },
  "activation.lease-expired": { by: ALARM, world: () => done(lapsed().world, (world) => world.activate("b")) },
};

function done(world: MapWorld, work: (world: MapWorld) => { readonly ok: boolean }): MapWorld {
  expect(work(world).ok).toBe(true);
  return world;
}

function expired(validity: number, expiringSoonEventOffset: number): MapWorld {
  const world = nodeLocked({ validity, expiringSoonEventOffset });
  world.activate("a");
  return world;
}

function maintained(seconds: number, expiringSoonEventOffset: number): MapWorld {
  const flags = { allowMajorVersionUpdates: true, allowMinorVersionUpdates: true } as const;
  const policy = { id: "p", period: { months: 0, seconds }, expirationStrategy: "immediate", ...flags } as const;
  const world = nodeLocked({ maintenance: policy, expiringSoonEventOffset });
  world.activate("a");
  return world;
}

function full(): MapWorld {
  const world = nodeLocked();
  fill(world, 1);
  expect(world.activate("b").ok).toBe(false);
  return world;
}

function over(): MapWorld {
  const world = nodeLocked({ allowedOverage: 1 });
  fill(world, 2);
  return world;
}

function takenOver(): MapWorld {
  const world = nodeLocked();
  fill(world, 1);
  return done(world, () => world.activate("device 0", { principal: person("anna") }));
}

function checkedOut(): MapWorld {
  const world = nodeLocked();
  return done(world, () => world.checkOut(value(world.activate("a")).activationId));
}

/** One seat, whose lease is over. */
function lapsed(): { readonly world: MapWorld; readonly id: string } {
  const world = floating();
  const id = value(world.activate("a")).activationId;
  world.pass(HOUR + MINUTE);
  return { world, id };
}

/** Every call that may be the first to find a lapse. */
const FINDERS: Readonly<Record<string, (world: MapWorld, id: string) => unknown>> = {
  "another device's activation": (world) => world.activate("b"),
  "the same device's activation": (world) => world.activate("a"),
  "its renewal": (world, id) => world.renew(id),
  "its check-in": (world, id) => world.checkIn(id),
  "its check-out": (world, id) => world.checkOut(id),
  "the vendor's end of it": (world, id) => world.endActivation(id),
  "a ninth switch of the rule": (world) => {
    for (let times = 0; times < 9; times += 1) {
      value(world.patch({ seatRelease: times % 2 === 0 ? "after-token" : "at-once" }));
    }
  },
  "the alarm": (world) => world.tidy(),
};

describe("an event's actor", () => {
  it.for(Object.keys(EVENTS) as Told[])("EVT-1: of %s", (type) => {
    const { world, by } = EVENTS[type];
    expect(callerOf(world(), type)).toEqual(by);
  });

  it.for(Object.keys(FINDERS))("EVT-1, LEASE-4: of a lapse is the alarm, found by %s", (finder) => {
    const { world, id } = lapsed();
    FINDERS[finder]?.(world, id);
    expect(world.eventTypes().filter((type) => type === "activation.lease-expired")).toHaveLength(1);
    expect(callerOf(world, "activation.lease-expired")).toEqual(ALARM);
  });
});
