/**
 * The vendor's side: one writer that creates, changes, renews and deletes its own licenses and users, one call at a
 * time.
 */

import { Claim } from "./claim.ts";
import { Dossier, type Revocation } from "./dossier.ts";
import { type Answer, instant, text } from "./api.ts";
import type { Writer } from "./persistence.ts";

const WEIGHTS = {
  create: 14,
  notes: 20,
  limit: 14,
  suspend: 8,
  revoke: 8,
  renew: 14,
  rename: 10,
  erase: 4,
  newUser: 6,
  moveUser: 6,
  assign: 8,
  removeUser: 2,
};
/** A day: what one renewal adds. */
const VALIDITY_SECONDS = 86_400;
/** Leases that end between two kills, and leases that outlive several. */
const LEASE_SECONDS = [3, 30];
const MOST_LICENSES = 12;

/** A user as its shop knows it; deleted: `email` is void. */
export interface User {
  readonly id: string;
  readonly email: Claim<string>;
  deletion: "none" | "asked" | "done";
}

export class Shop {
  readonly dossiers: Dossier[] = [];
  readonly users: User[] = [];
  readonly #writer: Writer;
  readonly #name: string;
  readonly #productId: string;
  #made = 0;

  constructor(writer: Writer, name: string, productId: string) {
    this.#writer = writer;
    this.#name = name;
    this.#productId = productId;
  }

  async run(): Promise<void> {
    for (let first = 0; first < MOST_LICENSES / 2; first += 1) await this.#create();
    while (!this.#writer.isOver) await this.#once();
  }

  async #once(): Promise<void> {
    const does = this.#writer.random.weighted(WEIGHTS);
    if (does === "create") return await this.#create();
    if (does === "newUser") return await this.#newUser();
    const user = this.#writer.random.pick(this.users.filter(({ deletion }) => deletion === "none"));
    if (does === "moveUser" && user !== undefined) return await this.#moveUser(user);
    if (does === "removeUser" && user !== undefined) return await this.#removeUser(user);
    const dossier = this.#writer.random.pick(this.#standing());
    if (dossier === undefined) return;
    if (does === "notes") await this.#note(dossier);
    if (does === "limit") await this.#limit(dossier);
    if (does === "suspend") await this.#patch(dossier, "suspended", dossier.suspended, !dossier.suspended.sure);
    if (does === "revoke") await this.#revoke(dossier);
    if (does === "renew") await this.#renew(dossier);
    if (does === "rename") await this.#rename(dossier);
    if (does === "erase") await this.#erase(dossier);
    if (does === "assign" && user !== undefined) await this.#assign(dossier, user);
  }

  #standing(): Dossier[] {
    return this.dossiers.filter(({ id, deletion }) => id !== null && deletion === "none");
  }

  /** A text that nobody else writes. */
  #word(what: string): string {
    this.#made += 1;
    return `${this.#name}-${what}-${this.#made}`;
  }

  async #create(): Promise<void> {
    if (this.#standing().length >= MOST_LICENSES) return;
    const { random } = this.#writer;
    const reference = this.#word("order");
    const dossier = new Dossier(reference, `KEY ${reference}`, 1 + random.below(4));
    this.dossiers.push(dossier);
    const body = {
      productId: this.#productId,
      key: dossier.key.sure,
      externalReference: reference,
      allowedActivations: dossier.limit.sure,
      validity: VALIDITY_SECONDS,
      ...(random.chance(0.7)
        ? { type: "hosted-floating", leaseDuration: random.pick(LEASE_SECONDS) }
        : { type: "node-locked" }),
    };
    const answer = await this.#writer.persist("create a license", { method: "POST", path: "/v3/licenses", body });
    if (answer === null) return;
    dossier.id = text(answer, "id");
    dossier.expiresAt = instant(answer, "expiresAt") ?? 0;
  }

  async #patch<T>(dossier: Dossier, member: string, claim: Claim<T>, value: T): Promise<Answer | null> {
    const request = { method: "PATCH", path: `/v3/licenses/${dossier.id}`, body: { [member]: value } } as const;
    const answer = await this.#writer.persist(member === "key" ? "change a key" : "change a license", request);
    if (answer === null) claim.doubt(value);
    else if (answer.status === 200) claim.settle(value);
    return answer;
  }

  async #note(dossier: Dossier): Promise<void> {
    const notes = this.#word("note");
    const answer = await this.#patch(dossier, "notes", dossier.notes, notes);
    if (answer?.status === 200) dossier.acknowledgedNotes.add(notes);
  }

  async #limit(dossier: Dossier): Promise<void> {
    const change = { value: 1 + this.#writer.random.below(4), sentAt: Date.now(), doneAt: Infinity };
    dossier.limits.push(change);
    const answer = await this.#patch(dossier, "allowedActivations", dossier.limit, change.value);
    if (answer !== null) change.doneAt = Date.now();
  }

  async #revoke(dossier: Dossier): Promise<void> {
    const to = !dossier.revoked.sure;
    const revocation: Revocation = { sentAt: Date.now(), doneAt: Infinity, at: null };
    // Where an earlier one was given up, `updatedAt` may tell of that one.
    const isSettled = dossier.revoked.certain !== null;
    if (to) dossier.revocations.push(revocation);
    const answer = await this.#patch(dossier, "revoked", dossier.revoked, to);
    revocation.doneAt = Date.now();
    if (answer !== null && isSettled) revocation.at = instant(answer, "updatedAt");
  }

  async #renew(dossier: Dossier): Promise<void> {
    const renewalReference = this.#word("invoice");
    const path = `/v3/licenses/${dossier.id}/renew`;
    const request = { method: "POST", path, body: { renewalReference } } as const;
    // EXP-7: a revoked license is not renewed.
    const answer = await this.#writer.persist("renew a license", request, [400]);
    if (answer === null) dossier.maybeRenewals.add(renewalReference);
    else if (answer.status === 200) dossier.renewals.add(renewalReference);
  }

  async #rename(dossier: Dossier): Promise<void> {
    await this.#patch(dossier, "key", dossier.key, `KEY ${this.#word("key")}`);
  }

  async #erase(dossier: Dossier): Promise<void> {
    dossier.deletion = "asked";
    dossier.deletionSentAt = Date.now();
    // Sent again, it is gone already.
    const request = { method: "DELETE", path: `/v3/licenses/${dossier.id}` } as const;
    const answer = await this.#writer.persist("delete a license", request, [404]);
    if (answer !== null) dossier.deletion = "done";
  }

  async #newUser(): Promise<void> {
    const email = `${this.#word("user")}@torture.test`;
    const request = { method: "POST", path: "/v3/users", body: { email } } as const;
    // Sent again, the address is taken: by this user, whose id is then looked up.
    const answer = await this.#writer.persist("create a user", request, [409]);
    if (answer === null) return;
    const id = answer.status === 201 ? text(answer, "id") : await this.#idOf(email);
    this.users.push({ id, email: new Claim(email), deletion: "none" });
  }

  async #idOf(email: string): Promise<string> {
    const found = await this.#writer.api.surely({
      method: "GET",
      path: `/v3/users?email=${encodeURIComponent(email)}`,
    });
    const [user] = Array.isArray(found.body) ? found.body : [];
    return text({ ...found, body: user ?? {} }, "id");
  }

  async #moveUser(user: User): Promise<void> {
    const email = `${this.#word("user")}@torture.test`;
    const request = { method: "PATCH", path: `/v3/users/${user.id}`, body: { email } } as const;
    const answer = await this.#writer.persist("change a user", request);
    if (answer === null) user.email.doubt(email);
    else if (answer.status === 200) user.email.settle(email);
  }

  async #assign(dossier: Dossier, user: User): Promise<void> {
    await this.#patch(dossier, "userId", dossier.userId, user.id);
  }

  /** DEL-1: takes the user off its licenses first, one by one. */
  async #removeUser(user: User): Promise<void> {
    user.deletion = "asked";
    const request = { method: "DELETE", path: `/v3/users/${user.id}?detach=true` } as const;
    const answer = await this.#writer.persist("delete a user", request, [404, 409]);
    if (answer !== null && answer.status !== 409) user.deletion = "done";
    for (const { userId } of this.dossiers) {
      if (!userId.allows(user.id)) continue;
      if (user.deletion === "done") userId.settle(null);
      else userId.doubt(null);
    }
  }
}
