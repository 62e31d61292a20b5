/** Users and the licenses that are for them, in random lives: D1 failing before and after, late batches, crashes. */

import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { Violation } from "./oracle.ts";
import { Random } from "../../support/random.ts";
import { checkFacets } from "./quiet.ts";
import { checkEmails, checkReferences, UserClients } from "./user-clients.ts";
import { HAPPENINGS } from "./weather.ts";
import { World } from "./world.ts";

const STEPS = 120;
const HOUR = 3_600_000;
/** After a restore of D1 a user may be missing: that is said in the documents, not promised here. */
const WEATHER = { ...HAPPENINGS, snapshot: 0, setBack: 0, lose: 0 };

// The product tells the operator of failing D1 calls; here they fail all the time.
beforeAll(() => void vi.spyOn(console, "warn").mockImplementation(() => undefined));
afterAll(() => void vi.restoreAllMocks());

async function broken(seed: number): Promise<string | null> {
  const clients: UserClients[] = [];
  const callersOf = (world: World) => {
    const made = new UserClients(world);
    clients.push(made);
    return made;
  };
  const world = new World(new Random(seed), callersOf, WEATHER);
  try {
    for (let step = 0; step < STEPS; step += 1) {
      await world.advance();
      checkReferences(world);
    }
    await world.calm();
    for (let round = 0; round < 4; round += 1) {
      world.now += 2 * HOUR;
      for (const each of clients) void world.watch(each.carry());
      await world.calm();
    }
    checkEmails(world);
    checkFacets(world);
    return null;
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return `seed ${seed}, step ${world.step}: ${error.message}\n${world.trace.slice(-60).join("\n")}`;
  } finally {
    world.close();
  }
}

it("REF-1, SNAP-1: 300 seeds break no rule", { timeout: 240_000 }, async () => {
  for (let seed = 1; seed <= 300; seed += 1) expect(await broken(seed)).toBeNull();
});
