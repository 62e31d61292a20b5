/**
 * EVT-2 in the random model: whatever fails between an object, D1 and webhooks, every event arrives, and is the same
 * each time.
 */

import { expect, it } from "vitest";

import { wantsEvent } from "../../../src/webhooks/offer.ts";
import { checkQuiet } from "./quiet.ts";
import { Random } from "../../support/random.ts";
import { World } from "./world.ts";
import { EVENTS } from "../../../src/registry/events/event-tables.ts";

const STEPS = 120;
const SEEDS = 150;

const ALL = "0199f6a0-0000-7000-8000-0000000000a1";
const SOME = "0199f6a0-0000-7000-8000-0000000000a2";
const WANTED = { [ALL]: ["*"], [SOME]: ["license.created", "activation.*"] } as const;

interface Logged {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly sequence: number;
}

async function live(seed: number): Promise<World> {
  const world = new World(new Random(seed));
  for (const [id, events] of Object.entries(WANTED)) world.webhooks.add(id, events);
  for (let step = 0; step < STEPS; step += 1) await world.advance();
  await checkQuiet(world);
  return world;
}

/**
 * What an object has told of its licenses, as D1 logged it. A D1 that was set back has forgotten some, webhooks have
 * not.
 */
function logged(world: World): readonly Logged[] {
  return world.d1
    .rows(`SELECT id, type, subject_id AS subject, sequence FROM ${EVENTS} WHERE sequence > 0 ORDER BY id`)
    .map((row) => ({
      id: String(row["id"]),
      type: String(row["type"]),
      subject: String(row["subject"]),
      sequence: Number(row["sequence"]),
    }));
}

it("EVT-2: every event that D1 has logged was taken by every webhook that wants it, under one id and number", async () => {
  let events = 0;
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const world = await live(seed);
    // What a lost object had yet to tell is lost with it.
    for (const event of world.losses === 0 ? logged(world) : []) {
      for (const [webhook, patterns] of Object.entries(WANTED)) {
        const taken = world.webhooks.taken.get(webhook)?.get(event.id);
        const wanted = wantsEvent(patterns, event.type as never);
        const told =
          taken === undefined ? null : { type: taken.type, subject: taken.subjectId, sequence: taken.sequence };
        const { id: _, ...expected } = event;
        expect(told, `seed ${seed}, event ${event.id} of ${webhook}`).toEqual(wanted ? expected : null);
        events += 1;
      }
    }
    world.close();
  }
  expect(events).toBeGreaterThan(SEEDS);
});

it("EVT-2: without losses and restores, sequence numbers arrive without a gap", async () => {
  let licenses = 0;
  for (let seed = 1001; seed <= 1001 + SEEDS / 3; seed += 1) {
    const world = await live(seed);
    if (world.setBacks === 0 && world.losses === 0) {
      const numbers = new Map<string, number[]>();
      for (const event of world.webhooks.taken.get(ALL)?.values() ?? [])
        numbers.set(event.subjectId, [...(numbers.get(event.subjectId) ?? []), event.sequence]);
      for (const [subject, taken] of numbers) {
        const inOrder = taken.toSorted((one, other) => one - other);
        expect(inOrder, `seed ${seed}, ${subject}`).toEqual(inOrder.map((_, index) => index + 1));
        licenses += 1;
      }
    }
    world.close();
  }
  expect(licenses).toBeGreaterThan(0);
});
