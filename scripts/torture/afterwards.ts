/** After the storm: whether everything that was acknowledged is there, asked through the API. */

import type { Answer, Api } from "./api.ts";
import type { Dossier, Session } from "./dossier.ts";
import type { User } from "./shop.ts";
import type { Tally } from "./tally.ts";

const DAY_MS = 86_400_000;

export class Afterwards {
  readonly #api: Api;
  readonly #tally: Tally;

  constructor(api: Api, tally: Tally) {
    this.#api = api;
    this.#tally = tally;
  }

  async check(dossiers: readonly Dossier[], users: readonly User[]): Promise<void> {
    for (const user of users) await this.#user(user);
    for (const dossier of dossiers) await this.#license(dossier);
  }

  async #user({ id, email, deletion }: User): Promise<void> {
    if (deletion === "asked") return;
    const found = await this.#get(`/v3/users/${id}`);
    if (deletion === "done") {
      if (found.status !== 404) this.#tally.lost("delete a user", `${id} is there`);
    } else if (found.status !== 200) this.#tally.lost("create a user", `${id} is not there`);
    else if (!email.allows(found.body["email"])) this.#tally.lost("change a user", `${id}: the e-mail is not ${email}`);
  }

  async #license(dossier: Dossier): Promise<void> {
    const { id, deletion } = dossier;
    if (id === null || deletion === "asked") return;
    const found = await this.#get(`/v3/licenses/${id}`);
    if (deletion === "done") {
      if (found.status !== 404) this.#tally.lost("delete a license", `${id} is there`);
      return;
    }
    if (found.status !== 200) return this.#tally.lost("create a license", `${id} is answered ${found.status}`);
    this.#terms(id, dossier, found);
    await this.#renewedOnce(id, dossier, found);
    await this.#copiedEmail(id, found);
    for (const session of dossier.sessions.values()) await this.#session(dossier, session);
  }

  #terms(id: string, dossier: Dossier, { body }: Answer): void {
    const claims = [
      ["notes", dossier.notes, body["notes"]],
      ["allowedActivations", dossier.limit, body["allowedActivations"]],
      ["suspended", dossier.suspended, body["suspended"]],
      ["revoked", dossier.revoked, body["revoked"]],
      ["userId", dossier.userId, idOf(body["user"])],
    ] as const;
    for (const [name, claim, value] of claims) {
      if (!claim.allows(value))
        this.#tally.lost("change a license", `${id}: ${name} is ${String(value)}, not ${claim}`);
    }
    if (!dossier.key.allows(body["key"])) this.#tally.lost("change a key", `${id}: its key is not one that was set`);
    if (body["externalReference"] !== dossier.reference)
      this.#tally.lost("create a license", `${id} is another order's`);
    const added = (Date.parse(String(body["expiresAt"])) - dossier.expiresAt) / DAY_MS;
    const least = dossier.renewals.size;
    const most = least + dossier.maybeRenewals.size;
    if (!Number.isInteger(added) || added < least || added > most)
      this.#tally.lost("renew a license", `${id}: ${added} periods were added, not ${least} to ${most}`);
  }

  /** EXP-11: each renewal that was acknowledged is remembered, and sent again it adds nothing. */
  async #renewedOnce(id: string, { renewals }: Dossier, { body }: Answer): Promise<void> {
    for (const renewalReference of renewals) {
      const path = `/v3/licenses/${id}/renew`;
      const again = await this.#api.surely({ method: "POST", path, body: { renewalReference } });
      if (again.status !== 200 || again.body["expiresAt"] !== body["expiresAt"])
        this.#tally.lost("renew a license", `${id}: ${renewalReference} was added once more`);
    }
  }

  /** SNAP-1: the license's copy of its user's e-mail. */
  async #copiedEmail(id: string, { body }: Answer): Promise<void> {
    const userId = idOf(body["user"]);
    if (userId === null) return;
    const user = await this.#get(`/v3/users/${userId}`);
    if (JSON.stringify(user.body["email"]) !== JSON.stringify(member(body["user"], "email")))
      this.#tally.lost("change a user", `${id} has an older e-mail of its user`);
  }

  /** An activation lives as long as nothing has ended it; one that has ended never comes back (LEASE-5). */
  async #session(dossier: Dossier, session: Session): Promise<void> {
    const path = `/api/v1/activations/${session.id}`;
    const bearer = session.token === null ? {} : { bearer: session.token };
    const { status } = await this.#api.surely({ method: "GET", path, ...bearer });
    const isLive = status === 200;
    const isRevoked = dossier.isRevoked(session);
    if (isLive && session.checkedOut) this.#tally.lost("check out", `${session.id} lives`);
    if (isLive && isRevoked === true) this.#tally.lost("change a license", `${session.id} outlived its revocation`);
    if (isLive || session.checkOutSentAt !== Infinity || isRevoked !== false) return;
    if (session.leaseEnd > Date.now()) this.#tally.lost("activate", `${session.id} is answered ${status}`);
  }

  #get(path: string): Promise<Answer> {
    return this.#api.surely({ method: "GET", path });
  }
}

/** MGMT-2: what the list shows of each license, against what its object answers. */
export async function listDisagreements(api: Api): Promise<readonly string[]> {
  const rows = await api.list("/v3/licenses");
  const faults: string[] = [];
  for (const row of rows) {
    const { body } = await api.surely({ method: "GET", path: `/v3/licenses/${String(row["id"])}` });
    for (const [name, value] of Object.entries(body)) {
      if (!BY_THE_CLOCK.has(name) && JSON.stringify(value) !== JSON.stringify(row[name]))
        faults.push(`${String(row["id"])}: the list shows another ${name}`);
    }
  }
  return faults;
}

/** Lists apply no clock filter to leases, and renewals are not handed over (MGMT-2, LEASE-6). */
const BY_THE_CLOCK: ReadonlySet<string> = new Set(["totalActivations", "lastUsedAt"]);

function idOf(user: unknown): string | null {
  const id = member(user, "id");
  return typeof id === "string" ? id : null;
}

function member(of: unknown, name: string): unknown {
  return typeof of === "object" && of !== null ? Reflect.get(of, name) : undefined;
}
