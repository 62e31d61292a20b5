/**
 * Answers calls: finds the license, runs the turn that the rules make of the call, and has its oracle judge the answer.
 */

import { activateOnce } from "../../../src/domain/commands/activate-once.ts";
import { deactivate, sync } from "../../../src/domain/commands/client-calls.ts";
import type { Caller } from "../../../src/domain/license/calls.ts";
import { applyDeletion, applyPatch, applyUserEmail } from "../../../src/domain/commands/change-license.ts";
import type { CountCall, DeactivateCall } from "../../../src/domain/license/client-calls.ts";
import { countUses, resetUses } from "../../../src/domain/commands/count-uses.ts";
import { endActivation, endActivations } from "../../../src/domain/commands/ending.ts";
import { viewOf } from "../../../src/domain/seats/event-data.ts";
import { maintainOnce, renewOnce } from "../../../src/domain/commands/lengthen-once.ts";
import { no, yes, type Outcome } from "../../../src/domain/outcome.ts";
import { checkIn, checkOut, look, renew } from "../../../src/domain/commands/follow-up.ts";
import type { Turn } from "../../../src/domain/turn/turn.ts";
import { counted } from "../../../src/license/callers.ts";
import { activatedBy } from "./activation-oracle.ts";
import type { Call, Message } from "./calls.ts";
import { deletedBy, emailSetBy, maintainedBy, patchedBy, renewedBy, resetBy, seenBy } from "./changes-oracle.ts";
import { countedBy, deactivatedBy, syncedBy } from "./client-oracle.ts";
import { closed } from "./closed.ts";
import { endedMany, endedOne } from "./ending-oracle.ts";
import { countGrant } from "./grants.ts";
import { must } from "./invariants.ts";
import type { Case } from "./licenses.ts";
import type { World } from "./world.ts";

/** How a turn ends (`ENDINGS` in test/models/simulator/weather.ts). */
export type Ending = "kept" | "crash-before" | "throw" | "crash-after";

type Unreached = "license-unknown" | "storage-unavailable";

/** Calls that name an activation. */
const SESSION: ReadonlySet<string> = new Set<Call["kind"]>([
  "renew",
  "check-in",
  "check-out",
  "sync",
  "deactivate",
  "count",
  "look",
  "end",
]);

/** MGMT-2: those that wait for D1. */
const CHANGES: ReadonlySet<string> = new Set<Call["kind"]>([
  ...(["patch", "renew-license", "maintain", "reset", "delete"] as const),
  ...(["end", "end-time"] as const),
]);

const DEVICE: Caller = { actor: { type: "device" }, requestId: "sim" };
const VENDOR: Caller = { actor: { type: "token", id: "vendor" }, requestId: "sim" };

export class Desk {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** What the caller is told; null = nothing, since whoever should answer has died. */
  answer(message: Message, ending: Ending): Outcome<unknown> | null {
    const { to, call } = message;
    const reached = call.kind === "activate" ? this.#byKey(call.key) : to;
    if (typeof reached === "string") return no({ code: reached });
    const outcome = this.#reached(reached, call, ending);
    if (outcome?.ok === true) {
      closed(reached, message, this.#world.step);
      countGrant(this.#world.counts, reached, call, outcome.value);
    }
    return outcome;
  }

  /** ID-4: the object that the key's locator names, else whom D1 names. */
  #byKey(key: string): Case | Unreached {
    const found = this.#lookUp(key);
    const holder = this.#world.holders.get(key);
    if (typeof found !== "string") {
      must(
        "KEY-2",
        found === holder,
        () => `${key} opens ${found.oracle.id}, and is ${holder?.oracle.id ?? "nobody"}'s`,
      );
      return found;
    }
    if (found === "storage-unavailable") return found;
    must(
      "KEY-2",
      holder === undefined || this.#world.unsure,
      () => `${key} of ${holder?.oracle.id ?? ""} is called unknown`,
    );
    return "license-unknown";
  }

  #lookUp(key: string): Case | Unreached {
    const { d1, cases, born } = this.#world;
    const first = born.get(key);
    if (first?.object.life === "held" && first.object.ledger?.license().key === key) return first;
    if (d1.down) return "storage-unavailable";
    const id = d1.keyHolder(key);
    const named = id === null ? undefined : cases.get(id);
    if (named === undefined) return "license-unknown";
    if (named.object.life === "gone") {
      // OPS-1: D1 was set back and shows it again.
      d1.remove(named.object.id);
      return "license-unknown";
    }
    if (!this.#isBorn(named)) return "storage-unavailable";
    const { life, ledger } = named.object;
    return life === "held" && ledger?.license().key === key ? named : "license-unknown";
  }

  /** ID-5: the first call of any kind gives birth; false = D1 is down, or has forgotten the license. */
  #isBorn({ object }: Case): boolean {
    if (object.life !== "unborn") return true;
    const { d1 } = this.#world;
    const license = d1.down ? null : d1.claim(object.id);
    if (license !== null) object.take(license, this.#world.clockOf(object));
    return license !== null;
  }

  #reached(to: Case, call: Call, ending: Ending): Outcome<unknown> | null {
    if (call.kind === "end-time" && to.object.life === "unborn") return yes({ ended: 0, next: null });
    if (!this.#isBorn(to)) return no({ code: "storage-unavailable" });
    const { oracle } = to;
    if (to.object.life !== "held") return no({ code: SESSION.has(call.kind) ? "session-unknown" : "license-unknown" });
    const ask = <T>(work: (turn: Turn) => Outcome<T>, judge: (told: Outcome<T>) => void) =>
      this.#turn(to, DEVICE, ending, (turn) => counted(turn, work(turn)), judge);
    const change = <T>(work: (turn: Turn) => Outcome<T>, judge: (told: Outcome<T>) => void) =>
      this.#turn(to, VENDOR, ending, work, judge);
    switch (call.kind) {
      case "activate":
        return ask(
          (turn) => activateOnce(turn, call.call),
          (told) => activatedBy(oracle, call.call, told),
        );
      case "renew":
        return ask(
          (turn) => renew(turn, call.call),
          (told) => oracle.renew(call.call, told),
        );
      case "check-in":
        return ask(
          (turn) => checkIn(turn, call.call),
          (told) => oracle.checkIn(call.call, told),
        );
      case "check-out":
        return ask(
          (turn) => checkOut(turn, call.call),
          (told) => oracle.checkOut(call.call, told),
        );
      case "sync":
        return ask(
          (turn) => withKey(turn, call.call, () => sync(turn, call.call)),
          (told) => syncedBy(oracle, call.call, told),
        );
      case "deactivate":
        return ask(
          (turn) => withKey(turn, call.call, () => deactivate(turn, call.call)),
          (told) => deactivatedBy(oracle, call.call, told),
        );
      case "count":
        return ask(
          (turn) => withKey(turn, call.call, () => countUses(turn, call.call)),
          (told) => countedBy(oracle, call.call, told),
        );
      case "look":
        return ask(
          (turn) => look(turn, call.call),
          (told) => oracle.look(call.call, told),
        );
      case "patch":
        return this.#patch(to, call, ending);
      case "renew-license":
        return change(
          (turn) => renewOnce(turn, call.call),
          (told) => renewedBy(oracle, call.call, told),
        );
      case "maintain":
        return change(
          (turn) => maintainOnce(turn, call.call),
          (told) => maintainedBy(oracle, call.call, told),
        );
      case "reset":
        return change(
          (turn) => resetUses(turn, call.call),
          (told) => resetBy(oracle, call.call, told),
        );
      case "email":
        return change(
          (turn) => applyUserEmail(turn, call.email),
          (told) => emailSetBy(oracle, call.email, told),
        );
      case "end":
        return change(
          (turn) => endActivation(turn, call.activationId, call.wanted),
          (told) => endedOne(oracle, call, told),
        );
      case "end-time":
        return change(
          (turn) => yes(endActivations(turn, call.call)),
          (told) => endedMany(oracle, call.call, told),
        );
      case "delete":
        return change(applyDeletion, (told) => {
          deletedBy(oracle, told);
          this.#world.holders.delete(oracle.key);
        });
      case "view":
        return change(
          (turn) => yes(viewOf(turn)),
          (told) => {
            if (told.ok) seenBy(oracle, told.value);
          },
        );
    }
  }

  #patch(to: Case, { patch }: Extract<Call, { kind: "patch" }>, ending: Ending): Outcome<unknown> | null {
    const { oracle } = to;
    const { key } = patch;
    const reserved = key === undefined || key === oracle.key ? null : this.#world.d1Desk.reserve(to, key);
    if (reserved === "taken") return no({ code: "already-exists", pointer: "/key" });
    if (reserved === "unavailable") return no({ code: "storage-unavailable" });
    return this.#turn(
      to,
      VENDOR,
      ending,
      (turn) => applyPatch(turn, patch),
      (told) => {
        const before = oracle.key;
        patchedBy(oracle, patch, told);
        if (told.ok && (patch.revoked === false || patch.suspended === false)) to.closedAt = null;
        if (told.ok && patch.revoked === false) to.goneAt = null;
        if (oracle.key === before) return;
        const other = this.#world.holders.get(oracle.key);
        must("KEY-2", other === undefined, () => `${oracle.key} is ${other?.oracle.id ?? ""}'s already`);
        this.#world.holders.delete(before);
        this.#world.holders.set(oracle.key, to);
        to.formerKeys.push(before);
      },
    );
  }

  #turn<T>(
    to: Case,
    caller: Caller,
    ending: Ending,
    work: (turn: Turn) => Outcome<T>,
    judge: (told: Outcome<T>) => unknown,
  ): Outcome<T> | null {
    const commits = ending === "kept" || ending === "crash-after";
    const { answer, committed, events, now } = to.object.run(caller, this.#world.clockOf(to.object), commits, work);
    if (committed) {
      to.oracle.clockTells();
      judge(answer);
      to.oracle.events.committed(events, now, to.oracle.lapsed);
    }
    if (ending !== "kept") this.#world.failed(to, ending);
    return ending === "kept" ? answer : null;
  }
}

export function waitsForD1({ kind }: Call): boolean {
  return CHANGES.has(kind);
}

/** As the keeper compares it. */
function withKey<T>(turn: Turn, { key }: DeactivateCall | CountCall, work: () => Outcome<T>): Outcome<T> {
  return key === null || key === turn.license.key ? work() : no({ code: "wrong-key" });
}
