/**
 * One seed: licenses under a virtual clock, their clients, the vendor, and everything that can fail. One step at a
 * time.
 */

import type { Grant } from "../../../src/domain/license/calls.ts";
import type { Outcome } from "../../../src/domain/outcome.ts";
import { Random } from "../../support/random.ts";
import { swarm } from "../lives/weather.ts";
import { Callers, isKeyed, nextStep, type Call, type Message } from "./calls.ts";
import { Counts } from "./counts.ts";
import { D1Desk } from "./d1-desk.ts";
import { SimD1 } from "./d1.ts";
import { Desk, waitsForD1, type Ending } from "./desk.ts";
import { remember, sessionOf, type Case } from "./licenses.ts";
import type { SimObject } from "./object.ts";
import { People } from "./people.ts";
import { Post } from "./post.ts";
import { Shop } from "./shop.ts";
import { ANSWERS, ENDINGS, HAPPENINGS, Lot, NETWORK } from "./weather.ts";
import { checkWhole } from "./whole.ts";

const BEGIN = Date.UTC(2027, 11, 31, 22);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** D1 is down for some three hundred steps. */
const BACK_UP = 0.003;
/** How often something happens to one that was deleted. */
const LEAVING = 0.04;
/** Looked at as a whole after every step: licenses with so few seats; of the others, one in so many steps. */
const SMALL = 12;
const LOOK_EVERY = 16;

export class World {
  readonly random: Random;
  readonly counts = new Counts();
  readonly people = new People();
  /** By license id, those that were deleted too. */
  readonly cases = new Map<string, Case>();
  #open: Case[] = [];
  /** Deleted, and not gone yet (DEL-1). */
  #leaving: Case[] = [];
  /** The license born with a key (ID-3), and the one whose key it is by all that was answered. */
  readonly born = new Map<string, Case>();
  readonly holders = new Map<string, Case>();
  readonly d1: SimD1;
  readonly d1Desk: D1Desk;
  readonly #desk = new Desk(this);
  readonly #callers: Callers;
  readonly #post: Post;
  readonly #happenings: Lot<keyof typeof HAPPENINGS>;
  readonly #endings: Lot<Ending>;
  readonly #network: Lot<keyof typeof NETWORK>;
  readonly #size: number;
  /** Ms that a step takes at most. */
  readonly #tempo: number;
  readonly #shop: Shop;
  /** This seed's D1 may be set back. */
  readonly isSetBack: boolean;
  /** Most calls of a while are for one license. */
  #busy: Case | null = null;
  #last: Case | null = null;
  now = BEGIN;
  step = 0;
  /** D1 was set back, and not all has been projected again. */
  unsure = false;
  /** Nothing fails any more. */
  calm = false;

  constructor(seed: number) {
    this.random = new Random(seed);
    this.#post = new Post(this.random);
    const happenings = swarm(this.random, HAPPENINGS, ["call", "relay", "create"]);
    this.#happenings = new Lot(happenings);
    this.#endings = new Lot(swarm(this.random, ENDINGS, ["kept"]));
    this.#network = new Lot(swarm(this.random, NETWORK, ["well"]));
    this.isSetBack = happenings.setBack > 0 && happenings.snapshot > 0;
    this.#size = this.random.pick([4, 12, 40, 120]) ?? 40;
    this.#tempo = this.random.pick([200, 1000, 1000, 5000, 30_000]) ?? 1000;
    this.d1 = new SimD1((id, events) => {
      const to = this.cases.get(id);
      for (const event of events) to?.oracle.events.arrived(event);
    });
    this.d1Desk = new D1Desk(this, new Lot(swarm(this.random, ANSWERS, ["well"])));
    // After a restore D1 may sell a key again that it has forgotten.
    const shop = new Shop(this, !this.isSetBack);
    this.#shop = shop;
    this.#callers = new Callers(this.random, this.people, () => shop.freeKey());
    for (let count = 0; count < this.#size; count += 1) this.#create();
  }

  clockOf(object: SimObject): number {
    return this.now + object.skew;
  }

  get open(): readonly Case[] {
    return [...this.#open, ...this.#leaving];
  }

  /** The license of the last step, for whoever looks into a violation. */
  get last(): Case | null {
    return this.#last;
  }

  advance(): void {
    this.step += 1;
    this.now += this.random.below(this.#tempo);
    const happens = this.#happenings.draw(this.random);
    this.counts.add("steps", happens);
    this.#happen(happens);
    if (this.d1.down && this.random.chance(BACK_UP)) this.d1.down = false;
    this.#look();
  }

  /** The license that the step was about, if it is small, and any other now and then. */
  #look(): void {
    const last = this.#last;
    if (last !== null && last.oracle.seats.all().length <= SMALL)
      checkWhole(last.object, last.oracle, this.clockOf(last.object));
    const to = this.step % LOOK_EVERY === 0 ? this.#any() : undefined;
    if (to === undefined) return;
    this.regard(to);
    checkWhole(to.object, to.oracle, this.clockOf(to.object));
  }

  /** A violation that follows is about this license. */
  regard(to: Case): void {
    this.#last = to;
  }

  #happen(happens: keyof typeof HAPPENINGS): void {
    const to = this.#any();
    if (happens === "create" || to === undefined) {
      if (this.#open.length < this.#size) this.#create();
      return;
    }
    switch (happens) {
      case "call":
        return this.#call(to);
      case "exact":
        return this.#exact(to);
      case "deliver":
        return this.#deliver();
      case "relay":
        this.#note(to, happens);
        return this.d1Desk.proceed(this.random.chance(0.7) ? (this.#last ?? to) : to, 1 + this.random.below(50));
      case "email":
        return this.#email(to);
      case "alarm":
      case "doubleAlarm":
      case "loseAlarm":
        this.#note(to, happens);
        return this.d1Desk.ring(to, happens, () => this.#endings.draw(this.random));
      case "evict":
        this.#note(to, happens);
        return this.d1Desk.forget(to);
      case "jump":
        this.#note(to, happens);
        to.object.skew = this.random.below(2 * HOUR) - HOUR;
        return;
      case "leap":
        this.now += this.random.below(this.random.pick([HOUR, HOUR, DAY, DAY, 35 * DAY]) ?? HOUR);
        return;
      case "lateBatch":
        return this.d1Desk.lateBatch();
      case "d1":
        this.d1.down = true;
        return;
      case "snapshot":
        return this.d1.snapshot();
      case "setBack":
        return this.#setBack();
    }
  }

  #any(): Case | undefined {
    if (this.#leaving.length > 0 && this.random.chance(LEAVING)) return this.random.pick(this.#leaving);
    if (this.#busy === null || this.random.chance(0.004)) this.#busy = this.random.pick(this.#open) ?? null;
    return this.#busy !== null && this.random.chance(0.4) ? this.#busy : this.random.pick(this.#open);
  }

  #note(to: Case, what: string, asked: unknown = null) {
    this.#last = to;
    return to.trace.note(this.step, this.clockOf(to.object), what, asked);
  }

  /** EXP-9, LEASE-4: the clock stands exactly at an end, and somebody calls. */
  #exact(to: Case): void {
    const { now } = to.oracle;
    const at = this.random.pick(to.oracle.ends().filter((end) => end > now && end < now + DAY));
    if (at !== undefined) this.now = Math.max(this.now, at - to.object.skew);
    this.#call(to);
  }

  #call(to: Case): void {
    const message: Message = { to, call: this.#callers.next(to, this.now), sentAt: this.step };
    const fate = this.#network.draw(this.random);
    if (fate !== "well") this.counts.add("network", fate);
    if (fate === "late" || fate === "twice") this.#post.add(message);
    if (fate !== "late" && fate !== "lost") this.#ask(message, fate === "reply-lost");
  }

  #deliver(): void {
    const message = this.#post.take();
    if (message !== undefined) this.#ask(message, this.random.chance(0.1));
  }

  /** The call arrives. A caller who hears nothing asks again, mostly. */
  #ask(message: Message, isDeaf: boolean): void {
    const { to, call } = message;
    const ending = this.#endings.draw(this.random);
    const line = this.#note(
      to,
      ending === "kept" ? call.kind : `${ending} in ${call.kind}`,
      "call" in call ? call.call : call,
    );
    const outcome = this.#desk.answer(isDeaf ? { ...message, sentAt: 0 } : message, ending);
    line.answered = outcome;
    this.counts.add(call.kind, outcome === null ? "no answer" : outcome.ok ? "yes" : outcome.refusal.code);
    // MGMT-4: the same call again, though it was answered.
    const resends = outcome === null || isDeaf ? 0.7 : isKeyed(call) ? 0.4 : 0;
    if (this.random.chance(resends)) this.#post.add(message);
    if (outcome?.ok === true && waitsForD1(call)) this.d1Desk.show(to);
    if (outcome !== null && !isDeaf) this.#told(to, call, outcome);
    if (to.object.life === "leaving") this.#close(to);
  }

  /** The caller hears the answer. */
  #told(to: Case, call: Call, outcome: Outcome<unknown>): void {
    if (!outcome.ok) return;
    if ((call.kind === "check-out" || call.kind === "deactivate") && this.random.chance(0.4)) {
      const session = to.sessions.find(({ id }) => id === call.call.activationId);
      if (session !== undefined) this.#ask({ to, call: this.#callers.again(to, session), sentAt: this.step }, false);
    }
    const next = nextStep(call, outcome.value);
    if (next !== null) this.#post.add({ to, call: next, sentAt: this.step });
    if (call.kind !== "activate") return;
    const grant = outcome.value as Grant;
    const session = sessionOf(call.call, grant.activationId);
    remember(to, session, this.random);
    if (grant.generation !== 1 || grant.repeated === true || !this.random.chance(0.04)) return;
    this.counts.add("faults", "token not signed");
    const withdrawal = this.#callers.withdrawal(session, grant.tokenEndBefore, call.call.idempotency);
    this.#post.add({ to, call: withdrawal, sentAt: this.step });
  }

  /** SNAP-1: a user's e-mail changes; the job that carries it may be late, and beside an older one. */
  #email(to: Case): void {
    const user = to.oracle.given.user ?? this.people.user(this.random);
    const email = this.people.changeEmail(user.id, this.random);
    if (email === null) return;
    for (const other of [to, this.#any()]) {
      if (other !== undefined) this.#post.add({ to: other, call: { kind: "email", email }, sentAt: this.step });
    }
  }

  /** The instance failed in the middle of a turn. */
  failed(to: Case, ending: Ending): void {
    this.counts.add("faults", ending);
    if (ending !== "throw") this.d1Desk.forget(to);
  }

  /** OPS-1: what D1 has forgotten and no object holds is lost. */
  #setBack(): void {
    if (!this.d1.hasSnapshot) return;
    this.counts.add("faults", "D1 set back");
    this.d1.setBack();
    this.unsure = true;
    for (const to of this.#open.filter(({ object }) => object.life === "unborn" && this.d1.row(object.id) === null)) {
      this.holders.delete(to.oracle.key);
      this.#close(to);
    }
  }

  #close(to: Case): void {
    this.#leaving = this.#leaving.filter(({ object }) => object.life === "leaving");
    if (to.object.life === "leaving" && !this.#leaving.includes(to)) this.#leaving.push(to);
    this.#open = this.#open.filter((other) => other !== to);
    if (this.#busy === to) this.#busy = null;
  }

  #create(): void {
    const to = this.#shop.sell();
    if (to === null) return;
    const { id, key } = to.oracle;
    this.cases.set(id, to);
    this.#open.push(to);
    this.born.set(key, to);
    this.holders.set(key, to);
  }

  /** A change that means nothing, and that is handed over like any other. */
  touch(to: Case): void {
    this.#note(to, "touch");
    this.#desk.answer(
      { to, call: { kind: "patch", patch: { notes: `step ${this.step}` } }, sentAt: this.step },
      "kept",
    );
  }
}
