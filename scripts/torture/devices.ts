/**
 * The users' side: one machine that activates, renews, checks in and out on any license, by either API, one call at a
 * time.
 */

import { decodeJwt } from "jose";

import { type Answer, instant, text } from "./api.ts";
import type { Dossier, Session } from "./dossier.ts";
import type { Writer } from "./persistence.ts";
import type { Kind } from "./tally.ts";

const PATH = "/api/v1/activations";
const V3 = "/v3/activations";
const WEIGHTS = { activate: 50, renew: 20, checkIn: 15, checkOut: 15 };
/** Standing, seats, and what a session's end looks like; v3 says the first two, and another key, by 400. */
const REFUSALS = [400, 403, 404, 409];
/** Of what either API can do. */
const BY_V3 = 0.4;
/** The server's clock and this one are the same, each read in whole milliseconds. */
const CLOCK_SLACK_MS = 2;

interface Known {
  readonly session: Session;
  readonly dossier: Dossier;
}

export class Machine {
  readonly #writer: Writer;
  readonly #name: string;
  readonly #productId: string;
  readonly #dossiers: () => readonly Dossier[];
  /** Its own sessions, as far as it believes in them. */
  #sessions: Known[] = [];

  constructor(
    writer: Writer,
    name: string,
    { productId, dossiers }: { readonly productId: string; readonly dossiers: () => readonly Dossier[] },
  ) {
    this.#writer = writer;
    this.#name = name;
    this.#productId = productId;
    this.#dossiers = dossiers;
  }

  async run(): Promise<void> {
    while (!this.#writer.isOver) {
      const dossier = this.#writer.random.pick(this.#dossiers());
      if (dossier === undefined) await new Promise(setImmediate);
      else await this.#once(dossier);
    }
  }

  async #once(dossier: Dossier): Promise<void> {
    const { random } = this.#writer;
    const does = random.weighted(WEIGHTS);
    const known = random.pick(this.#sessions);
    const byV3 = random.chance(BY_V3);
    if (does === "activate" || known === undefined) return await this.#activate(dossier, byV3);
    const { token } = known.session;
    if (does === "checkOut") return await this.#giveBack(known, byV3 ? null : token);
    if (byV3 || token === null) return await this.#sync(known);
    return await this.#goOn(known, token, does === "renew" ? "renew" : "check-in");
  }

  async #activate(dossier: Dossier, byV3: boolean): Promise<void> {
    const sentAt = Date.now() - CLOCK_SLACK_MS;
    const kind = byV3 ? "activate by v3" : "activate";
    const answer = await this.#ask(
      kind,
      byV3 ? V3 : `${PATH}/license`,
      byV3
        ? this.#about(dossier)
        : {
            activationCode: dossier.key.sure,
            fingerprint: this.#name,
          },
    );
    if (answer === null || answer.status >= 300) return;
    const told = byV3 ? toldByV3(answer) : toldBy(answer);
    const token = byV3 ? null : text(answer, "licenseToken");
    const known = dossier.sessions.get(told.id);
    if (known !== undefined) {
      known.token = token ?? known.token;
      return prove(known, told);
    }
    const session: Session = {
      id: told.id,
      device: this.#name,
      token,
      grantedFrom: byV3 ? sentAt : told.at,
      grantedBy: byV3 ? Date.now() + CLOCK_SLACK_MS : told.at,
      provedAt: told.at,
      leaseEnd: told.leaseEnd,
      checkOutSentAt: Infinity,
      checkedOut: false,
    };
    dossier.sessions.set(told.id, session);
    this.#sessions.push({ session, dossier });
  }

  async #goOn(known: Known, token: string, verb: "renew" | "check-in"): Promise<void> {
    const { session } = known;
    const kind = verb === "renew" ? "renew a session" : "check in";
    const request = { method: "POST", path: `${PATH}/${session.id}/${verb}`, bearer: token } as const;
    const answer = await this.#writer.persist(kind, request, REFUSALS);
    if (answer?.status === 200) prove(session, toldBy(answer));
    if (answer?.status === 404) this.#forget(session);
  }

  async #sync({ session, dossier }: Known): Promise<void> {
    const request = { method: "PATCH", path: `${V3}/${session.id}`, body: this.#about(dossier), bearer: null } as const;
    const answer = await this.#writer.persist("sync", request, REFUSALS);
    if (answer?.status === 200) prove(session, toldByV3(answer));
    if (answer?.status === 404) this.#forget(session);
  }

  /** `token`: null = by v3. */
  async #giveBack({ session }: Known, token: string | null): Promise<void> {
    session.checkOutSentAt = Math.min(session.checkOutSentAt, Date.now());
    const byV3 = { productId: this.#productId, fingerprint: this.#name };
    const answer =
      token === null
        ? await this.#ask("deactivate", `${V3}/${session.id}/deactivate`, byV3)
        : await this.#writer.persist(
            "check out",
            { method: "POST", path: `${PATH}/${session.id}/check-out`, bearer: token },
            REFUSALS,
          );
    // Sent again, it is gone already.
    if (answer?.status === 200 || answer?.status === 404) session.checkedOut = true;
    if (session.checkedOut) this.#forget(session);
  }

  #about(dossier: Dossier): object {
    return { key: dossier.key.sure, productId: this.#productId, fingerprint: this.#name };
  }

  #forget(session: Session): void {
    this.#sessions = this.#sessions.filter((each) => each.session !== session);
  }

  async #ask(kind: Kind, path: string, body: object): Promise<Answer | null> {
    return await this.#writer.persist(kind, { method: "POST", path, body, bearer: null }, REFUSALS);
  }
}

/** Instants in epoch ms, of v3 rounded down to seconds. */
interface Told {
  readonly id: string;
  readonly at: number;
  readonly leaseEnd: number;
}

function toldBy(answer: Answer): Told {
  const id = text(answer, "sessionId");
  return { id, at: instant(answer, "serverTime") ?? 0, leaseEnd: instant(answer, "leaseExpiresAt") ?? Infinity };
}

/** TOK-3. */
function toldByV3(answer: Answer): Told {
  const { aid, iat, leat } = decodeJwt(text(answer, "activationToken"));
  return { id: String(aid), at: Number(iat) * 1000, leaseEnd: leat === 0 ? Infinity : Number(leat) * 1000 };
}

function prove(session: Session, { at, leaseEnd }: Told): void {
  session.provedAt = Math.max(session.provedAt, at);
  session.leaseEnd = Math.max(session.leaseEnd, leaseEnd);
}
