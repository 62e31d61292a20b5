/** What a vendor's shop does with users, and what the answers tell of them and of their licenses (REF-1, SNAP-1). */

import type { Json } from "../management.ts";
import { after, certain, Contradiction, endingOf, gone, seen, type Effect, type Facts } from "./believed.ts";
import type { Person, World } from "./world.ts";

export async function createUser(world: World): Promise<void> {
  const email = `${world.fresh("user")}@example.test`;
  const { status, body } = await world.v3("POST", "/users", { email });
  if (status === 201) world.people.push({ id: String(body.id), believed: [{ email }] });
  else world.maybePeople.add(email);
}

export async function rename(world: World, person: Person): Promise<void> {
  const email = `${world.fresh("user")}@example.test`;
  const { status } = await world.v3("PATCH", `/users/${person.id}`, { email });
  const effect: Effect<{ readonly email: string }> = (state) => (state === null ? "refused" : { email });
  person.believed = after(`the e-mail of ${person.id}`, person.believed, effect, endingOf(status));
}

/** REF-1: not while a license is for the user. */
export async function removeUser(world: World, person: Person): Promise<void> {
  const { status } = await world.v3("DELETE", `/users/${person.id}`);
  // A deleted license, or a reservation, may be in the way for a while.
  person.believed = after(`the deletion of ${person.id}`, person.believed, gone, endingOf(status, [409]));
  if (status !== 204) return;
  const license = world.sold.find(({ believed }) => certain(believed)?.userId === person.id);
  if (license !== undefined) throw new Contradiction(`${license.id} is for ${person.id}, who was deleted`);
}

/** DEL-1: first off each license. Without a yes, some may be done. */
export async function detachUser(world: World, person: Person): Promise<void> {
  const { status } = await world.v3("DELETE", `/users/${person.id}?detach=true`);
  person.believed = after(`the deletion of ${person.id}`, person.believed, gone, endingOf(status, [409]));
  if (status === 404) return;
  const leaves: Effect<Facts> = (state) => (state?.userId === person.id ? { ...state, userId: null } : state);
  for (const license of world.sold)
    license.believed = after(license.id, license.believed, leaves, status === 204 ? "yes" : "unknown");
  for (const [reference, facts] of world.maybeSold)
    if (status === 204 && facts.userId === person.id) world.maybeSold.set(reference, { ...facts, userId: null });
}

/** What D1 lists, users whose creation got no answer among them. */
export function adoptUsers(world: World, listed: readonly Json[]): void {
  for (const { id, email } of listed)
    if (world.maybePeople.delete(String(email)))
      world.people.push({ id: String(id), believed: [{ email: String(email) }] });
  world.maybePeople.clear();
  for (const person of world.people) {
    const row = listed.find(({ id }) => id === person.id);
    person.believed = seen(person.id, person.believed, row === undefined ? null : { email: String(row.email) });
  }
}
