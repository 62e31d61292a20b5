/** The devices, the signed-in people and the users of a simulation; a user's e-mail changes now and then (SNAP-1). */

import type { Principal, SignedInUser, UserEmail } from "../../../src/domain/license/calls.ts";
import type { LicenseUser } from "../../../src/domain/terms/license.ts";
import type { Random } from "../../support/random.ts";

export const DEVICES = 4000;
const PERSONS = 1500;
const USERS = 60;

export class People {
  readonly devices: readonly string[] = Array.from({ length: DEVICES }, (_, index) => fingerprintAt(index));
  readonly persons: readonly SignedInUser[] = Array.from({ length: PERSONS }, (_, index) => personAt(index));
  /** As D1 has them now. */
  readonly #users: LicenseUser[] = Array.from({ length: USERS }, (_, index) => ({
    id: `user ${index}`,
    email: mailbox(index),
    revision: 1,
  }));

  device(number: number): string {
    return this.devices[number % DEVICES] ?? "";
  }

  person(random: Random): SignedInUser {
    return this.persons[random.below(PERSONS)] ?? personAt(0);
  }

  /** The person behind a user, by what the e-mail was in the beginning. */
  personOf({ id }: LicenseUser): SignedInUser {
    return this.persons[Number(id.slice("user ".length))] ?? personAt(0);
  }

  user(random: Random): LicenseUser {
    return this.#users[random.below(USERS)] ?? { id: "user 0", email: mailbox(0), revision: 1 };
  }

  /** The user as D1 has it now. */
  copyOf(id: string): LicenseUser | null {
    return this.#users.find((user) => user.id === id) ?? null;
  }

  /** To another mailbox and back; the case of letters means nothing. */
  changeEmail(id: string, random: Random): UserEmail | null {
    const index = this.#users.findIndex((user) => user.id === id);
    const before = this.#users[index];
    if (before === undefined) return null;
    const mailboxes = [mailbox(index), mailbox(index).toUpperCase(), `new.${mailbox(index)}`];
    const email = random.pick(mailboxes) ?? before.email;
    const after = { id, email, revision: before.revision + 1 };
    this.#users[index] = after;
    return { userId: id, email, revision: after.revision };
  }
}

export const ANONYMOUS: Principal = { kind: "anonymous" };
export const MANAGER: Principal = { kind: "management", tokenId: "vendor", mayWriteActivations: true };
export const READER: Principal = { kind: "management", tokenId: "reader", mayWriteActivations: false };

function mailbox(index: number): string {
  return `p${index}@example.test`;
}

/** Some are texts, the others lists of parts that have a few in common with others', or one that could not be read. */
function fingerprintAt(index: number): string {
  if (index % 4 === 0) return `device ${index}`;
  const net = index % 5 === 0 ? "" : index >> 2;
  return `disk=${index >> 1};net=${net};board=${index >> 3};case=${index >> 4};cpu=${index >> 5}`;
}

/** One in seven has no known e-mail, one in fifty is an admin; every eleventh shares a mailbox with the one before. */
function personAt(index: number): SignedInUser {
  const shared = index % 11 === 10 ? index - 1 : index;
  const email = index % 7 === 6 ? null : mailbox(shared);
  return {
    kind: "user",
    issuer: "https://id.example.test",
    subject: `subject ${index}`,
    email,
    emailClaimed: email,
    role: index % 50 === 49 ? "admin" : null,
  };
}
