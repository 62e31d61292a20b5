/**
 * What goes on between the objects and D1: reservations, hand-overs, deletions, alarms; D1 fails before or after it
 * applied, or applies late.
 */

import type { Caller } from "../../../src/domain/license/calls.ts";
import { tidy } from "../../../src/domain/commands/tidy.ts";
import type { Batch } from "./d1.ts";
import type { Ending } from "./desk.ts";
import { same } from "./invariants.ts";
import type { Case } from "./licenses.ts";
import type { Lot, ANSWERS } from "./weather.ts";
import type { World } from "./world.ts";

const ALARM: Caller = { actor: { type: "system", id: "alarm" }, requestId: "sim" };
/** Of a dead instance's batches: how many arrive all the same. */
const ARRIVES = 0.6;
/** As the product's: then the alarm takes over. */
const MOST_BATCHES = 20;

export class D1Desk {
  readonly #world: World;
  readonly #answers: Lot<keyof typeof ANSWERS>;
  /** Batches that D1 will apply some time, though their senders think that they failed. */
  readonly #late: Batch[] = [];

  constructor(world: World, answers: Lot<keyof typeof ANSWERS>) {
    this.#world = world;
    this.#answers = answers;
  }

  /** KEY-2. */
  reserve({ object }: Case, key: string): "reserved" | "taken" | "unavailable" {
    const { d1, counts } = this.#world;
    const clock = this.#world.clockOf(object);
    const fences = object.reserving(clock);
    const how = this.#how();
    counts.add("reservations", how);
    if (how === "before" || how === "late") return "unavailable";
    const { result, fenceBefore } = d1.reserve(object.id, key, fences);
    if (how === "after") return "unavailable";
    object.reserved(fences.fence, fenceBefore, clock);
    return result === "license-missing" ? "unavailable" : result;
  }

  /** The object hands over by itself: the wait for it is over, or D1 answers. */
  proceed(to: Case, most: number): void {
    const { object } = to;
    if (object.isDue(this.#world.clockOf(object))) this.relay(to, most);
    else if (object.hasWork()) this.#world.counts.add("batches", "waits");
  }

  /** MGMT-2: what a call waits for goes at once, with all before it, and shows if D1 takes it. */
  show(to: Case): void {
    const { object } = to;
    for (let batch = 0; batch < MOST_BATCHES && object.hasWork(); batch += 1) {
      if (this.relay(to) !== "well") return;
    }
    if (object.ledger === null || this.#world.unsure) return;
    this.#world.counts.add("batches", "shown");
    const row = this.#world.d1.row(object.id);
    same("MGMT-2", "the revision in D1", row?.revision, object.ledger.license().revision);
    same("MGMT-2", "totalActivations in D1", row?.totalActivations, object.tally().activationsTaken);
    same("MGMT-2", "the number of events that D1 lacks", object.ledger.waiting.size, 0);
  }

  /** One batch, sent or answered. `most`: events in it. Null: there was nothing to send. */
  relay({ object }: Case, most?: number): keyof typeof ANSWERS | null {
    if (object.ledger === null) return null;
    const clock = this.#world.clockOf(object);
    const wasFlying = object.sent !== null;
    const sent = object.send(clock, most);
    if (sent === null) return null;
    const how = this.#how();
    if (how === "flying" && !wasFlying) return how;
    this.#world.counts.add("batches", how);
    if (how === "well" || how === "flying") object.settle(this.#world.d1.commit(sent.batch));
    else {
      if (how === "after") this.#world.d1.commit(sent.batch);
      if (how === "late") this.#late.push(sent.batch);
      object.failed(clock);
    }
    return how === "flying" ? "well" : how;
  }

  #how(): keyof typeof ANSWERS {
    if (this.#world.d1.down) return "before";
    return this.#world.calm ? "well" : this.#answers.draw(this.#world.random);
  }

  /** The instance is gone; what it had sent may arrive. */
  forget({ object }: Case): void {
    if (object.sent !== null && this.#world.random.chance(ARRIVES)) this.#late.push(object.sent.batch);
    object.forget();
  }

  lateBatch(): void {
    const { random, d1, counts } = this.#world;
    if (this.#late.length === 0 || d1.down) return;
    const [batch] = this.#late.splice(random.below(this.#late.length), 1);
    if (batch === undefined) return;
    counts.add("batches", "applied late");
    d1.commit(batch);
  }

  get lateBatches(): number {
    return this.#late.length;
  }

  /** One that is due, or one that rings for nothing; a lost one is gone with the instance. */
  ring(to: Case, how: "alarm" | "doubleAlarm" | "loseAlarm", ending: () => Ending): void {
    const { object } = to;
    const isDue = object.alarmAt !== null && object.alarmAt <= this.#world.clockOf(object);
    this.#world.counts.add("alarms", isDue ? how : `${how} early`);
    if (how === "loseAlarm") {
      object.loseAlarm();
      return this.forget(to);
    }
    this.alarm(to, ending());
    if (how === "doubleAlarm") this.alarm(to, ending());
  }

  /** Bounded work, then the next alarm; one that is cut off rings again. */
  alarm(to: Case, ending: Ending): void {
    const { object, oracle } = to;
    if (object.ledger === null) return;
    const commits = ending === "kept" || ending === "crash-after";
    const { committed, events, now } = object.run(ALARM, this.#world.clockOf(object), commits, tidy);
    if (committed) {
      oracle.clockTells();
      oracle.events.committed(events, now, oracle.lapsed);
    }
    if (ending !== "kept") {
      this.#world.failed(to, ending);
      object.alarmAt = this.#world.clockOf(object);
      return;
    }
    this.relay(to);
    this.#finishDeletion(to);
    object.rearm(this.#world.clockOf(object));
  }

  /** DEL-1. */
  #finishDeletion({ object }: Case): void {
    if (object.life !== "leaving" || !object.isDrained()) return;
    const how = this.#how();
    this.#world.counts.add("removals", how);
    if (how === "before" || how === "late") return;
    this.#world.d1.remove(object.id);
    if (how !== "after") object.finishDeletion();
  }
}
