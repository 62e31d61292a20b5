/** The users' side: one machine that activates, renews, checks in and out on any license, one call at a time. */

import { type Answer, instant, text } from "./api.ts";
import type { Dossier, Session } from "./dossier.ts";
import type { Writer } from "./persistence.ts";

const PATH = "/api/v1/activations";
const WEIGHTS = { activate: 50, renew: 20, checkIn: 15, checkOut: 15 };
/** Standing, seats, and what a session's end looks like. */
const REFUSALS = [403, 404, 409];

export class Machine {
  readonly #writer: Writer;
  readonly #name: string;
  readonly #dossiers: () => readonly Dossier[];
  /** Its own sessions, as far as it believes in them. */
  #sessions: Session[] = [];

  constructor(writer: Writer, name: string, dossiers: () => readonly Dossier[]) {
    this.#writer = writer;
    this.#name = name;
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
    const does = this.#writer.random.weighted(WEIGHTS);
    const session = this.#writer.random.pick(this.#sessions);
    if (does === "activate" || session === undefined) return await this.#activate(dossier);
    if (does === "renew") await this.#goOn("renew a session", session, "renew");
    if (does === "checkIn") await this.#goOn("check in", session, "check-in");
    if (does === "checkOut") await this.#checkOut(session);
  }

  async #activate(dossier: Dossier): Promise<void> {
    const body = { activationCode: dossier.key.sure, fingerprint: this.#name };
    const request = { method: "POST", path: `${PATH}/license`, body, bearer: null } as const;
    const answer = await this.#writer.persist("activate", request, REFUSALS);
    if (answer?.status !== 200) return;
    const id = text(answer, "sessionId");
    const known = dossier.sessions.get(id);
    const at = instant(answer, "serverTime") ?? 0;
    const leaseEnd = instant(answer, "leaseExpiresAt") ?? Infinity;
    if (known !== undefined) return prove(known, answer);
    const session: Session = {
      id,
      device: this.#name,
      token: text(answer, "licenseToken"),
      grantedAt: at,
      provedAt: at,
      leaseEnd,
      checkOutSentAt: Infinity,
      checkedOut: false,
    };
    dossier.sessions.set(id, session);
    this.#sessions.push(session);
  }

  async #goOn(kind: "renew a session" | "check in", session: Session, verb: string): Promise<void> {
    const answer = await this.#ask(kind, session, verb);
    if (answer?.status === 200) prove(session, answer);
    if (answer?.status === 404) this.#forget(session);
  }

  async #checkOut(session: Session): Promise<void> {
    session.checkOutSentAt = Math.min(session.checkOutSentAt, Date.now());
    const answer = await this.#ask("check out", session, "check-out");
    // Sent again, it is gone already.
    if (answer?.status === 200 || answer?.status === 404) session.checkedOut = true;
    if (session.checkedOut) this.#forget(session);
  }

  #forget(session: Session): void {
    this.#sessions = this.#sessions.filter((each) => each !== session);
  }

  async #ask(kind: "renew a session" | "check in" | "check out", session: Session, verb: string) {
    const path = `${PATH}/${session.id}/${verb}`;
    return await this.#writer.persist(kind, { method: "POST", path, bearer: session.token }, REFUSALS);
  }
}

function prove(session: Session, answer: Answer): void {
  session.provedAt = Math.max(session.provedAt, instant(answer, "serverTime") ?? 0);
  session.leaseEnd = Math.max(session.leaseEnd, instant(answer, "leaseExpiresAt") ?? Infinity);
}
