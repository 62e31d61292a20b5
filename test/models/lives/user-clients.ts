/**
 * A shop that creates users, changes their e-mails, says whom licenses are for and deletes either, and the cron that
 * carries e-mails: the product's own operations, with everything failing (REF-1, SNAP-1).
 */

import { newTerms } from "../../../src/domain/license/creation.ts";
import { idWithLocator } from "../../../src/domain/terms/identifier.ts";
import type { Terms } from "../../../src/domain/terms/license.ts";
import { readTerms } from "../../../src/domain/terms/stored-terms.ts";
import { carryEmails } from "../../../src/operations/upkeep/carry-emails.ts";
import { patchLicense } from "../../../src/operations/license/change-license.ts";
import { changeUser } from "../../../src/operations/catalogue/change-user.ts";
import type { Deployment } from "../../../src/operations/deployment.ts";
import { removeUser } from "../../../src/operations/catalogue/remove-user.ts";
import { insertLicense } from "../../support/insert-license.ts";
import { findUser, insertUser } from "../../../src/registry/rows/users.ts";
import { SHOP, type Callers } from "./clients.ts";
import type { ModelObject } from "./object.ts";
import { Violation } from "./oracle.ts";
import { swarm } from "./weather.ts";
import { KEYS, locator, PRODUCT, WORKER, type World } from "./world.ts";

const CALLS = {
  ...{ newUser: 6, renameUser: 24, removeUser: 12, detachUser: 3, carry: 30 },
  ...{ create: 8, assign: 30, leave: 8, touch: 4, erase: 3 },
};
const EMAILS = ["a@example.test", "b@example.test", "c@example.test", "d@example.test"] as const;

export class UserClients implements Callers {
  readonly #world: World;
  readonly #weights: Readonly<Record<keyof typeof CALLS, number>>;
  readonly #users: string[] = [];
  readonly #licenses: string[] = [];
  #ids = 0;

  constructor(world: World) {
    this.#world = world;
    this.#weights = swarm(world.random, CALLS, ["newUser", "create", "assign"]);
  }

  call(): void {
    const { random } = this.#world;
    const does = random.weighted(this.#weights);
    const user = random.pick(this.#users.slice(-2)) ?? "nobody";
    const email = random.pick(EMAILS) ?? "a@example.test";
    const license = random.pick(this.#licenses.slice(-2));
    this.#world.note(`${does} ${user} ${email} ${license}`);
    void this.#world.watch(this.#do(does, user, email, license).catch(lostOnly));
  }

  async carry(): Promise<void> {
    await carryEmails(this.#stores(), this.#world.now);
  }

  async #do(does: keyof typeof CALLS, userId: string, email: string, id: string | undefined): Promise<unknown> {
    const [stores, now] = [this.#stores(), this.#world.now];
    if (does === "carry") return await this.carry();
    if (does === "newUser") return await this.#newUser(email);
    if (does === "renameUser") return await changeUser(stores, userId, { email, fixed: {} }, SHOP, now);
    if (does === "removeUser") return await removeUser(stores, userId, "if-unused", SHOP, now);
    if (does === "detachUser") return await removeUser(stores, userId, "detach", SHOP, now);
    if (does === "create") return await this.#create(userId);
    if (id === undefined) return null;
    if (does === "assign") return await patchLicense(stores, id, { userId }, SHOP);
    if (does === "leave") return await patchLicense(stores, id, { userId: null }, SHOP);
    if (does === "touch") return await patchLicense(stores, id, { notes: `step ${this.#world.step}` }, SHOP);
    return await this.#world.keeperOf(id).deleteLicense(id, SHOP);
  }

  /** As `createUser` does, but for the id. */
  async #newUser(email: string): Promise<void> {
    const { now } = this.#world;
    const id = `00000000-0000-7000-8000-${String(this.#users.length + 1).padStart(12, "0")}`;
    this.#users.push(id);
    const names = { firstName: null, lastName: null, company: null };
    const user = { id, email, ...names, metadata: [], tags: [], revision: now, createdAt: now, updatedAt: now };
    await insertUser(this.#world.d1.for(WORKER), user, this.#event("user.created", id));
  }

  /** As `createLicense` does, but for the ids: a seed replays them. */
  async #create(userId: string): Promise<void> {
    const db = this.#world.d1.for(WORKER);
    const key = this.#world.random.pick(KEYS) ?? "K1";
    const user = await findUser(db, userId);
    if (user === null) return;
    const copied = { id: user.id, email: user.email, revision: user.revision };
    const terms = newTerms({ productId: PRODUCT, user: copied }, this.#world.now);
    if (!terms.ok) throw new Violation("the model's terms are refused");
    this.#ids += 1;
    const id = idWithLocator(locator(key), Uint8Array.from([0, 0, 0, 0, 0, 0, this.#ids >> 8, this.#ids & 255]));
    this.#licenses.push(id);
    const license = { id, key, revision: 1, terms: terms.value };
    const listed = { expiresAt: null };
    await insertLicense(db, license, listed, this.#event("license.created", id));
  }

  #event(type: "user.created" | "license.created", subjectId: string) {
    this.#ids += 1;
    const id = `event-${this.#ids}`;
    return { id, type, at: this.#world.now, subjectId, sequence: 0, ...SHOP, changes: {}, data: {} } as const;
  }

  /** What these operations need of a deployment. */
  #stores(): Deployment {
    return this.#world.stores() as unknown as Deployment;
  }
}

/** REF-1: whatever has failed until now, a user to whom a license refers is there. */
export function checkReferences(world: World): void {
  const known = new Set(world.d1.rows("SELECT id FROM users").map(({ id }) => id));
  for (const { id, user_id: userId } of world.d1.rows("SELECT id, user_id FROM licenses WHERE user_id IS NOT NULL"))
    if (!known.has(userId))
      throw new Violation(`D1's row of ${String(id)} refers to the deleted user ${String(userId)}`);
  for (const object of world.objects.values()) {
    const user = userIn(object);
    if (user !== null && !known.has(user.id)) throw new Violation(`an object refers to the deleted user ${user.id}`);
  }
}

/** SNAP-1, REF-1: when all is quiet, every license has its user's e-mail, D1 says the same, and nothing is reserved. */
export function checkEmails(world: World): void {
  checkReferences(world);
  const emails = new Map(world.d1.rows("SELECT id, email FROM users").map(({ id, email }) => [id, email]));
  if (world.d1.rows("SELECT 1 FROM user_email_jobs").length > 0) throw new Violation("a job never ends");
  if (world.d1.rows("SELECT 1 FROM license_references").length > 0) throw new Violation("a reservation is left");
  for (const row of world.d1.rows("SELECT id, user_id, terms FROM licenses")) {
    const user = readTerms(String(row["terms"])).user;
    if ((user?.id ?? null) !== row["user_id"])
      throw new Violation(`D1 is of two minds about the user of ${String(row["id"])}`);
    if (user !== null && emails.get(user.id) !== user.email)
      throw new Violation(`D1 shows an old e-mail of ${user.id}`);
  }
  for (const object of world.objects.values()) {
    const user = userIn(object);
    if (user !== null && emails.get(user.id) !== user.email)
      throw new Violation(`an object has an old e-mail of ${user.id}`);
  }
}

/** Of the license that an object holds, deleted ones left out. */
function userIn(object: ModelObject): Terms["user"] {
  const license = object.license();
  if (license === null || object.tombstones().includes(license.id)) return null;
  return readTerms(String(object.rows("SELECT terms FROM license")[0]?.["terms"])).user;
}

function lostOnly(error: unknown): void {
  const isLost = (from: unknown): boolean =>
    from instanceof Error && (from.message === "Network connection lost." || isLost(from.cause));
  if (!isLost(error)) throw error;
}
